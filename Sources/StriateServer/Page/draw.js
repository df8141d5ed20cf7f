// Draw: a pen, and what a network takes the drawing for while the pen moves.
import { h, field, fillModels, option } from "/dom.js";
import { getFrame } from "/api.js";
import { Inspector } from "/inspector.js";
import { paint } from "/maps.js";

const side = 140, pen = 6;

export class DrawTab {
  constructor(section, start) {
    this.start = start;
    this.inspector = new Inspector("What the network makes of the drawing");
    this.canvas = h("canvas", {
      id: "pad", width: side, height: side, tabIndex: 0, role: "application",
      "aria-label": "Drawing area. With the keyboard: arrow keys move the pen, Space lowers and lifts it, "
        + "Delete clears.",
      onpointerdown: (event) => this.down(event), onpointermove: (event) => this.moveTo(event),
      onpointerup: () => this.last = null, onpointercancel: () => this.last = null,
      onkeydown: (event) => this.key(event), onblur: () => this.cursor.hidden = true,
    });
    this.cursor = h("div", { class: "pen-cursor", hidden: true });
    this.context = this.canvas.getContext("2d", { willReadFrequently: true });
    this.models = h("select", { id: "draw-model", onchange: () => this.chooseModel() });
    this.colour = h("input", { type: "color", value: "#ffffff" });
    this.colourField = field("Pen", this.colour);
    this.hint = h("p", { class: "soft small" });
    this.data = h("select", { "aria-label": "Data to take a picture from" },
      ...start.data.map((data) => option(data.name, data.name)));
    section.append(h("div", { class: "columns" },
      h("div", { class: "side" },
        field("Model", this.models),
        h("div", { class: "pad-box" }, this.canvas, this.cursor),
        h("div", { class: "row" },
          h("button", { type: "button", onclick: () => this.clear() }, "Clear"),
          h("button", { type: "button", onclick: () => this.sample() }, "Take a test picture"),
          start.data.length > 1 ? this.data : null),
        this.colourField, this.hint, this.inspector.message, this.inspector.summary),
      h("div", { class: "wide" }, this.empty = h("div", { class: "empty" }), this.inspector.body),
      this.inspector.trace.element));
    this.at = [side / 2, side / 2];
    this.isPenDown = false;
    this.fill();
    this.refresh(false);
  }

  refresh(hasTraining) {
    fillModels(this.models, this.start.models, hasTraining);
    this.chooseModel();
  }

  get model() {
    return this.start.models.find((m) => m.id === this.models.value) ?? this.trainedModel;
  }

  chooseModel() {
    const isNone = this.models.length === 0;
    this.empty.replaceChildren(...(isNone
      ? [h("h3", {}, "No model yet"),
        h("p", {}, "Train one in a few seconds under ", h("a", { href: "#train" }, "Train"),
          ", or start the program with a model file: ",
          h("code", {}, "striate serve --model digits.safetensors"), ".")]
      : [h("h3", {}, "Draw a digit"),
        h("p", {}, "Every layer's maps appear here while the pen moves. Choose any number in them to see "
          + "where it comes from.")]));
    this.empty.hidden = Boolean(this.inspector.bytes) && !isNone;
    const model = this.model;
    this.colourField.hidden = !model || model.shape[0] !== 3;
    this.hint.textContent = !model ? ""
      : model.finds_digit
        ? "The digit is found, scaled and centred as in MNIST: draw it anywhere, at any size."
        : `The drawing becomes ${model.shape.join(" × ")}.`;
    if (this.hasInk) this.send();
  }

  fill() {
    this.context.fillStyle = "#000";
    this.context.fillRect(0, 0, side, side);
    this.hasInk = false;
  }

  clear() {
    this.fill();
    this.inspector.clear();
    this.empty.hidden = false;
  }

  place(event) {
    const bounds = this.canvas.getBoundingClientRect();
    return [(event.clientX - bounds.left) / bounds.width * side,
      (event.clientY - bounds.top) / bounds.height * side];
  }

  down(event) {
    event.preventDefault();
    this.canvas.focus({ preventScroll: true });
    this.cursor.hidden = true;
    this.canvas.setPointerCapture(event.pointerId);
    this.last = this.place(event);
    this.stroke(this.last, this.last);
  }

  moveTo(event) {
    if (!this.last) return;
    for (const each of event.getCoalescedEvents?.() ?? [event]) {
      const point = this.place(each);
      this.stroke(this.last, point);
      this.last = point;
    }
  }

  stroke([x0, y0], [x1, y1]) {
    const { context } = this;
    context.strokeStyle = this.colourField.hidden ? "#fff" : this.colour.value;
    context.lineWidth = 2 * pen;
    context.lineCap = context.lineJoin = "round";
    context.beginPath();
    context.moveTo(x0, y0);
    context.lineTo(x1, y1 + (x0 === x1 && y0 === y1 ? 0.01 : 0));
    context.stroke();
    this.at = [x1, y1];
    this.hasInk = true;
    this.send();
  }

  key(event) {
    const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const step = steps[event.key];
    if (step) {
      event.preventDefault();
      const from = this.at, size = event.shiftKey ? 1 : 5;
      const to = from.map((v, i) => Math.max(pen, Math.min(side - pen, v + size * step[i])));
      this.at = to;
      if (this.isPenDown) this.stroke(from, to);
    } else if (event.key === " ") {
      event.preventDefault();
      this.isPenDown = !this.isPenDown;
      if (this.isPenDown) this.stroke(this.at, this.at);
    } else if (event.key === "Delete" || event.key === "Backspace") {
      event.preventDefault();
      this.clear();
    } else {
      return;
    }
    this.cursor.hidden = false;
    this.cursor.classList.toggle("down", this.isPenDown);
    this.cursor.style.left = `${this.at[0] / side * 100}%`;
    this.cursor.style.top = `${this.at[1] / side * 100}%`;
  }

  send() {
    if (!this.models.value) return;
    this.empty.hidden = true;
    const channels = this.model?.shape[0] === 3 ? 3 : 1;
    const { data } = this.context.getImageData(0, 0, side, side);
    const bytes = new Uint8Array(side * side * channels);
    for (let i = 0; i < side * side; i++) {
      for (let k = 0; k < channels; k++) bytes[i * channels + k] = data[4 * i + k];
    }
    this.inspector.show(this.models.value,
      { as: "drawing", width: side, height: side, channels }, bytes);
  }

  /** A picture that no training has seen, in the place of a drawing. */
  async sample() {
    try {
      const answer = await getFrame("/api/picture",
        { data: this.data.value || this.start.data[0].name, index: Math.floor(Math.random() * 1e6) });
      const small = document.createElement("canvas");
      paint(small, answer.bytes, answer.shape);
      this.fill();
      this.context.imageSmoothingEnabled = true;
      this.context.drawImage(small, 0, 0, side, side);
      this.hasInk = true;
      this.send();
    } catch (error) {
      this.inspector.message.textContent = error.message;
      this.inspector.message.hidden = false;
    }
  }
}
