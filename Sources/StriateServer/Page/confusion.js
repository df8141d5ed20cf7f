// Which classes were taken for which; every cell opens its pictures.
import { h, percent, newestOnly } from "/dom.js";
import { getJSON, getFrame } from "/api.js";
import { picture } from "/maps.js";

export class Confusion {
  /** `onPicture(bytes)` is called with a picture that is to be looked into. */
  constructor(onPicture) {
    this.onPicture = onPicture;
    this.table = h("div", { class: "scroll" });
    this.caption = h("p", { class: "soft small" });
    this.pictures = h("div", { class: "pictures", "aria-live": "polite" });
    this.element = h("section", { hidden: true }, h("h3", {}, "Confusion matrix"), this.caption,
      this.table, this.pictures);
    this.refresh = newestOnly(() => this.fetch());
  }

  clear() {
    this.element.hidden = true;
    this.pictures.replaceChildren();
  }

  async fetch() {
    const answer = await getJSON("/api/training/confusion");
    this.element.hidden = false;
    const { classes, matrix } = answer;
    this.caption.textContent = `${answer.images} test images after step ${answer.step}: `
      + `${percent(answer.accuracy)} on the diagonal. Rows: the class; columns: what it was taken for. `
      + "A cell opens its pictures.";
    const key = classes.join("|");
    if (key !== this.key) this.build(classes, key);
    const most = Math.max(1, ...matrix.map((row) => Math.max(...row)));
    matrix.forEach((row, t) => row.forEach((count, p) => {
      const cell = this.cells[t][p];
      const depth = count === 0 ? 0 : Math.ceil(9 * (count / most) ** 0.5);
      cell.textContent = count || "";
      cell.disabled = count === 0;
      cell.className = `${t === p ? "right" : "missed"} depth-${depth}`;
      cell.setAttribute("aria-label", `${count} of class ${classes[t]} taken for ${classes[p]}`);
    }));
  }

  build(classes, key) {
    this.key = key;
    this.cells = classes.map((_, t) => classes.map((_, p) =>
      h("button", { type: "button", onclick: () => this.open(t, p) })));
    this.table.replaceChildren(h("table", { class: "confusion" },
      h("thead", {}, h("tr", {}, h("td"), ...classes.map((name) => h("th", { scope: "col" }, name)))),
      h("tbody", {}, ...classes.map((name, t) =>
        h("tr", {}, h("th", { scope: "row" }, name), ...this.cells[t].map((cell) => h("td", {}, cell)))))));
  }

  async open(truth, prediction) {
    let answer;
    try {
      answer = await getFrame("/api/training/pictures", { truth, prediction });
    } catch (error) {
      this.pictures.replaceChildren(h("p", { class: "error" }, error.message));
      return;
    }
    const size = answer.shape.reduce((a, b) => a * b, 1);
    const scale = Math.max(1, Math.round(56 / answer.shape[2]));
    this.pictures.replaceChildren(
      h("p", {}, `${answer.count} of class ${answer.truth} taken for ${answer.prediction}`
        + (answer.count > answer.images.length ? `, the first ${answer.images.length}` : "")),
      h("ul", { class: "thumbnails" }, ...answer.images.map((index, i) => {
        const bytes = answer.bytes.slice(i * size, (i + 1) * size);
        return h("li", {}, h("button", {
          type: "button", "aria-label": `Look into test image ${index}`, onclick: () => this.onPicture(bytes),
        }, picture(bytes, answer.shape, scale)));
      })));
  }
}
