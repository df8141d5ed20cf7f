// Loss and accuracy over the steps, and bars of gradient norms.
import { h, s, short, percent } from "/dom.js";

const width = 560, height = 200, left = 46, right = 10, top = 12, bottom = 30;

/** Round numbers that divide a range well. */
function ticks(least, most, wanted = 4) {
  const span = most - least || 1;
  const raw = span / wanted, power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map((m) => m * power).find((m) => m >= raw);
  const result = [];
  for (let t = Math.ceil(least / step - 1e-9) * step; t <= most + 1e-9 * span; t += step) result.push(t);
  return result;
}

export class Curve {
  /** `range` is fixed, or null for what the numbers need from 0 on. */
  constructor(title, { range = null, format = short } = {}) {
    Object.assign(this, { title, range, format });
    this.svg = s("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", class: "curve" });
    this.value = h("span", { class: "value" });
    this.element = h("figure", {},
      h("figcaption", {}, h("h3", {}, title), this.value,
        h("span", { class: "keys" },
          h("span", { class: "key training" }, "training, mean of the steps"),
          h("span", { class: "key test" }, "test"))),
      this.svg);
  }

  /** Lists of [step, value]. */
  update(training, test) {
    const all = [...training, ...test].map((p) => p[1]).filter((v) => v !== null);
    const lastStep = Math.max(10, ...training.slice(-1).map((p) => p[0]), ...test.slice(-1).map((p) => p[0]));
    const [least, most] = this.range ?? [0, Math.max(0.1, ...all.slice(0, 1), ...all)];
    const x = (step) => left + (width - left - right) * step / lastStep;
    const y = (v) => top + (height - top - bottom) * (1 - (Math.min(v, most) - least) / (most - least));
    const path = (points) => points.filter((p) => p[1] !== null)
      .map((p, i) => `${i ? "L" : "M"}${x(p[0]).toFixed(1)} ${y(p[1]).toFixed(1)}`).join("");
    const parts = [];
    for (const t of ticks(least, most)) {
      parts.push(s("line", { x1: left, x2: width - right, y1: y(t), y2: y(t), class: "grid" }),
        s("text", { x: left - 6, y: y(t) + 4, "text-anchor": "end" }, this.format(t)));
    }
    for (const t of ticks(0, lastStep, 5)) {
      parts.push(s("text", { x: x(t), y: height - bottom + 16, "text-anchor": "middle" }, String(Math.round(t))));
    }
    parts.push(s("text", { x: width - right, y: height - 2, "text-anchor": "end" }, "step"));
    parts.push(s("path", { d: path(training), class: "line training" }));
    parts.push(s("path", { d: path(test), class: "line test" }));
    for (const p of test.slice(-60)) {
      if (p[1] !== null) parts.push(s("circle", { cx: x(p[0]), cy: y(p[1]), r: 2.6, class: "dot" }));
    }
    this.svg.replaceChildren(...parts);
    const [lastTraining, lastTest] = [training, test].map((list) => list.length ? list[list.length - 1][1] : null);
    this.value.textContent = lastTraining === null ? ""
      : `${this.format(lastTraining)}${lastTest === null ? "" : `, test ${this.format(lastTest)}`}`;
    this.svg.setAttribute("aria-label", lastTraining === null ? `${this.title}: nothing yet`
      : `${this.title} after ${lastStep} steps: training ${this.format(lastTraining)}`
        + (lastTest === null ? "" : `, test ${this.format(lastTest)}`));
  }
}

export const lossCurve = () => new Curve("Loss");
export const accuracyCurve = () => new Curve("Accuracy", { range: [0, 1], format: percent });

/** A bar for every layer that learns, on a logarithmic scale. */
export class NormBars {
  constructor() {
    this.list = h("ul", { class: "norms" });
    this.element = h("section", {}, h("h3", {}, "Gradient norm of each layer, ‖∂loss/∂w‖₂ of the last batch"),
      this.list, h("p", { class: "soft small" }, "logarithmic, from 10⁻⁶ to 10²"));
  }

  update(norms) {
    if (this.list.children.length !== norms.length) {
      this.list.replaceChildren(...norms.map(() => h("li", {}, h("span", { class: "name" }),
        h("span", { class: "bar", "aria-hidden": "true" }, h("span")), h("span", { class: "share" }))));
    }
    norms.forEach(({ layer, norm }, i) => {
      const [name, bar, value] = this.list.children[i].children;
      name.textContent = layer;
      const share = norm > 0 ? (Math.log10(norm) + 6) / 8 : 0;
      bar.firstChild.style.width = `${100 * Math.max(0, Math.min(1, share))}%`;
      value.textContent = short(norm);
    });
  }
}
