// Why: what counts for a class in a picture, and what against it.
import { h, field, option, short, newestOnly } from "/dom.js";
import { postFrame } from "/api.js";
import { LayerView } from "/maps.js";

/** A part of the page that opens when it is asked for, and computes only then. */
export class WhyPanel {
  constructor() {
    this.views = new Map();
    this.labels = h("select", { onchange: () => this.refresh() });
    this.status = h("p", { class: "soft small", role: "status" });
    this.maps = h("div", { class: "why-maps" });
    this.element = h("details", { class: "why", hidden: true, ontoggle: () => this.refresh() },
      h("summary", { "aria-label": "Why? Maps of what counts" }, "Why? Maps of what counts"),
      field("Class explained", this.labels), this.status, this.maps);
    this.ask = newestOnly((seen) => this.fetch(seen));
  }

  /** What the network was given: the model's name, the input's bytes, and what the classes are called. */
  update({ model, bytes, classes }) {
    if (this.seen?.model !== model || this.labels.length !== classes.length + 1) {
      this.labels.replaceChildren(option("", "the likeliest"), ...classes.map((name, i) => option(i, name)));
    }
    this.seen = { model, bytes };
    this.element.hidden = false;
    this.refresh();
  }

  hide() {
    this.seen = undefined;
    this.element.hidden = true;
  }

  refresh() {
    if (this.element.open && this.seen) this.ask({ ...this.seen, label: this.labels.value });
  }

  async fetch({ model, bytes, label }) {
    this.status.className = "soft small";
    this.status.textContent = "computing …";
    let answer;
    try {
      answer = await postFrame("/api/why", { model, as: "pixels", label }, bytes);
    } catch (error) {
      this.status.className = "error";
      this.status.textContent = error.message;
      this.maps.replaceChildren();
      this.views.clear();
      return;
    }
    this.status.textContent = `Blue counts for “${answer.name}”, orange against it; saliency and SmoothGrad tell sizes alone. `
      + `Its score is ${short(answer.score)}. ${answer.milliseconds.toFixed(0)} ms`;
    const key = answer.maps.map((map) => `${map.method}:${map.shape}`).join("|");
    if (key !== this.key || this.views.size === 0) this.build(answer.maps, key);
    for (const map of answer.maps) {
      const size = map.shape.reduce((a, b) => a * b, 1), { view, note } = this.views.get(map.method);
      view.update(answer.floats.subarray(map.offset, map.offset + size));
      note.textContent = [map.setting, map.gap === null ? "" : `gap ${short(map.gap)}`].filter(Boolean).join(", ");
    }
  }

  build(maps, key) {
    this.key = key;
    this.views.clear();
    this.maps.replaceChildren(...maps.map((map) => {
      const view = new LayerView({ name: map.title, shape: map.shape });
      const note = h("p", { class: "soft small" });
      this.views.set(map.method, { view, note });
      view.element.dataset.method = map.method;
      view.element.append(h("p", { class: "small" }, map.meaning), h("p", { class: "small" }, h("code", {}, map.equation)), note);
      return view.element;
    }));
  }
}
