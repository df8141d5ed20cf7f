// A layer as pictures: every map of it side by side, every number a square.
import { h, short, shapeText, onThemeChange } from "/dom.js";
import { colours, place, reach, legend } from "/colour.js";

/** How the numbers of a shape are laid out: maps × rows × columns. */
function layout(shape) {
  if (shape.length === 3) return { maps: shape[0], rows: shape[1], columns: shape[2] };
  if (shape.length === 2) return { maps: shape[0], rows: 1, columns: shape[1] };
  const count = shape.reduce((a, b) => a * b, 1);
  return { maps: 1, rows: Math.ceil(count / 40), columns: Math.min(40, count), isVector: true };
}

/** Screen pixels of one number: more where all maps still stand in one row. */
function cellSize({ maps, columns, rows, isVector }, width) {
  if (isVector) return Math.max(6, Math.min(14, Math.floor(width / columns)));
  const side = Math.max(columns, rows);
  const least = side > 112 ? 1 : side > 40 ? 2 : side > 16 ? 3 : side > 8 ? 6 : side > 4 ? 10 : 14;
  const most = Math.max(least, Math.floor(Math.min(140, 6 * side, width) / side));
  const fitting = Math.floor((width + 6) / maps - 6) / columns;
  return Math.max(least, Math.min(most, Math.floor(fitting)));
}

export class LayerView {
  /** `onChoose(index)` is called with the place of a number that is to be explained: [3, 7, 9]. */
  constructor({ name, layer, shape, onChoose, note }) {
    Object.assign(this, { name, shape, onChoose });
    this.grid = layout(shape);
    this.at = 0;
    this.readout = h("output", { class: "readout", "aria-live": "polite" });
    this.legend = h("span");
    this.canvas = h("canvas", {
      class: "maps", tabIndex: onChoose ? 0 : -1, role: onChoose ? "application" : "img",
      onpointermove: (event) => this.point(event), onpointerleave: () => this.tell(null),
      onclick: (event) => { this.point(event); this.choose(); },
      onkeydown: (event) => this.key(event),
      onfocus: () => this.tell(this.at), onblur: () => this.mark.hidden = true,
    });
    this.mark = h("div", { class: "mark", hidden: true });
    this.chosen = h("div", { class: "mark chosen", hidden: true });
    const text = layer && layer !== name ? layer : "";
    this.box = h("div", { class: "maps-box" }, this.canvas, this.mark, this.chosen);
    this.element = h("section", { class: "layer", "data-layer": name },
      h("header", {},
        h("h3", {}, name), text ? h("code", {}, text) : null,
        h("span", { class: "shape" }, shapeText(shape)), note ? h("span", { class: "soft" }, note) : null,
        this.legend, this.readout),
      this.box);
    new ResizeObserver(() => this.arrange()).observe(this.box);
    onThemeChange(() => this.draw());
  }

  /** New numbers, in the order of the shape. */
  update(values) {
    this.values = values;
    this.scale = reach(values);
    this.draw();
    // What was read is another number now.
    if (this.readout.textContent) this.tell(this.hovered);
  }

  arrange() {
    if (this.box.clientWidth === 0) return;
    const { columns, rows, maps } = this.grid;
    const width = Math.max(1, this.box.clientWidth - 4);
    const size = cellSize(this.grid, width), resized = size !== this.size;
    this.size = size;
    this.gap = Math.max(1, Math.round(6 / size));
    const step = (columns + this.gap) * this.size;
    const across = Math.max(1, Math.min(maps, Math.floor((width + this.gap * this.size) / step)));
    const isNew = across !== this.across || resized;
    this.across = across;
    this.down = Math.ceil(maps / across);
    const pixels = [across * (columns + this.gap) - this.gap, this.down * (rows + this.gap) - this.gap];
    if (isNew || !this.arranged) {
      this.arranged = true;
      [this.canvas.width, this.canvas.height] = pixels;
      this.canvas.style.width = `${pixels[0] * this.size}px`;
      this.canvas.style.height = `${pixels[1] * this.size}px`;
      this.image = new ImageData(...pixels);
      this.draw();
      this.showChosen();
    }
  }

  draw() {
    if (!this.values) return;
    if (!this.image) {
      if (this.box.clientWidth > 0) this.arrange();
      return;
    }
    const { columns, rows, maps } = this.grid, { image, values, scale, gap, across } = this;
    const table = colours(), data = image.data, width = image.width;
    data.fill(0);
    for (let m = 0; m < maps; m++) {
      const left = (m % across) * (columns + gap), top = Math.floor(m / across) * (rows + gap);
      for (let y = 0; y < rows; y++) {
        for (let x = 0; x < columns; x++) {
          const k = (m * rows + y) * columns + x;
          if (k >= values.length) break;
          const i = 3 * place(values[k], scale), o = 4 * ((top + y) * width + left + x);
          data[o] = table[i];
          data[o + 1] = table[i + 1];
          data[o + 2] = table[i + 2];
          data[o + 3] = 255;
        }
      }
    }
    this.canvas.getContext("2d").putImageData(image, 0, 0);
    let least = Infinity, most = -Infinity;
    for (const value of values) {
      if (value < least) least = value;
      if (value > most) most = value;
    }
    this.legend.replaceChildren(legend(scale, least < 0));
    this.canvas.setAttribute("aria-label",
      `${this.name}, ${shapeText(this.shape)}, from ${short(least)} to ${short(most)}.`
      + (this.onChoose ? " Arrow keys move, page keys change the map, Enter explains the number." : ""));
  }

  // Places

  /** [channel, row, column], or [index] of a vector. */
  index(k) {
    const { rows, columns } = this.grid;
    if (this.shape.length === 3) {
      return [Math.floor(k / (rows * columns)), Math.floor(k / columns) % rows, k % columns];
    }
    return this.shape.length === 2 ? [Math.floor(k / columns), k % columns] : [k];
  }

  offset(index) {
    return index.reduce((sum, i, axis) => sum * this.shape[axis] + i, 0);
  }

  point(event) {
    const bounds = this.canvas.getBoundingClientRect();
    const { columns, rows, maps } = this.grid, { gap } = this;
    const x = Math.floor((event.clientX - bounds.left) / this.size);
    const y = Math.floor((event.clientY - bounds.top) / this.size);
    const [i, j] = [Math.floor(x / (columns + gap)), Math.floor(y / (rows + gap))];
    const [u, v] = [x - i * (columns + gap), y - j * (rows + gap)];
    const m = j * this.across + i, k = (m * rows + v) * columns + u;
    const isInside = u >= 0 && v >= 0 && u < columns && v < rows && m < maps && i < this.across
      && k < this.values.length;
    this.tell(isInside ? k : null);
  }

  move(mark, k) {
    const { columns, rows } = this.grid, { size, gap } = this;
    const m = Math.floor(k / (rows * columns)), rest = k % (rows * columns);
    const left = ((m % this.across) * (columns + gap) + rest % columns) * size;
    const top = (Math.floor(m / this.across) * (rows + gap) + Math.floor(rest / columns)) * size;
    Object.assign(mark.style,
      { left: `${left}px`, top: `${top}px`, width: `${size}px`, height: `${size}px` });
    mark.hidden = false;
  }

  tell(k) {
    this.hovered = k;
    if (k === null || !this.values) {
      this.mark.hidden = true;
      this.readout.textContent = "";
      return;
    }
    this.at = k;
    this.move(this.mark, k);
    this.readout.textContent = `${this.name}[${this.index(k).join(", ")}] = ${short(this.values[k])}`;
  }

  key(event) {
    const { rows, columns } = this.grid, area = rows * columns;
    const steps = {
      ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns, PageUp: -area, PageDown: area,
    };
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      this.hovered = this.at;
      this.choose();
    } else if (steps[event.key] && this.values) {
      event.preventDefault();
      const k = this.at + steps[event.key];
      if (k >= 0 && k < this.values.length) this.tell(k);
    }
  }

  choose() {
    if (this.hovered === null || this.hovered === undefined || !this.onChoose) return;
    this.onChoose(this.index(this.hovered), this.name);
  }

  /** Marks the number that is being explained; null for none. */
  markChosen(index) {
    this.chosenIndex = index;
    this.showChosen();
  }

  showChosen() {
    if (!this.chosenIndex || !this.arranged) { this.chosen.hidden = true; return; }
    this.move(this.chosen, this.offset(this.chosenIndex));
  }
}

/** Bytes [C, H, W] as a picture. */
export function picture(bytes, [channels, height, width], size = 2) {
  const canvas = h("canvas", { width, height, class: "picture", role: "img", "aria-label": `picture of ${width} × ${height} pixels` });
  paint(canvas, bytes, [channels, height, width]);
  canvas.style.width = `${width * size}px`;
  canvas.style.height = `${height * size}px`;
  return canvas;
}

export function paint(canvas, bytes, [channels, height, width]) {
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  const image = new ImageData(width, height), area = width * height;
  for (let i = 0; i < area; i++) {
    for (let k = 0; k < 3; k++) image.data[4 * i + k] = bytes[(channels === 3 ? k : 0) * area + i];
    image.data[4 * i + 3] = 255;
  }
  canvas.getContext("2d").putImageData(image, 0, 0);
}
