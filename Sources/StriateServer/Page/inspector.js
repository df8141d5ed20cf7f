// What a network makes of one picture: probabilities, the maps of every layer, and each number explained.
import { h, percent, short, newestOnly, option, field } from "/dom.js";
import { postFrame } from "/api.js";
import { LayerView, paint } from "/maps.js";
import { TracePanel } from "/trace.js";

let count = 0;

export class Inspector {
  /** `onSeen` is called after each picture with the model, the input's bytes and the classes. */
  constructor(label, { onSeen } = {}) {
    this.onSeen = onSeen;
    this.views = new Map();
    this.mode = "values";
    const group = `mode-${count += 1}`;
    const choice = (value, text) => h("label", { class: "choice" },
      h("input", {
        type: "radio", name: group, value, checked: value === this.mode,
        onchange: () => { this.mode = value; this.again(); },
      }), text);
    this.verdict = h("p", { class: "verdict", role: "status" });
    this.bars = h("ol", { class: "bars", "aria-label": "Probability of each class" });
    this.speed = h("p", { class: "soft small speed" });
    this.seen = h("canvas", { class: "picture seen", width: 1, height: 1, role: "img", "aria-label": "What the network is given" });
    this.labels = h("select", { onchange: () => this.again() });
    this.labelField = field("Class in the loss", this.labels);
    this.summary = h("div", { class: "summary" },
      h("div", { class: "given" }, this.seen, h("p", { class: "soft small" }, "the network's input")),
      this.verdict, this.bars, this.speed);
    this.layers = h("div", { class: "layers" });
    this.message = h("p", { class: "error", role: "alert", hidden: true });
    this.trace = new TracePanel({
      onWalk: (cell) => this.explain(cell),
      onClose: () => this.choose(null),
      onMode: () => {},
    });
    this.body = h("div", { class: "inspector-body", "aria-label": label, hidden: true },
      h("div", { class: "switches" },
        h("fieldset", {}, h("legend", {}, "Show"), choice("values", "values"),
          choice("gradient", "gradients ∂loss/∂value")),
        this.labelField),
      this.layers);
    this.look = newestOnly((asked) => this.fetch(asked));
  }

  /** What to look at: a model's name, how the bytes are meant, and the bytes. */
  show(model, query, bytes) {
    this.asked = { model, query, bytes };
    return this.look(this.asked);
  }

  again() {
    if (this.bytes) this.look({ model: this.asked.model, query: { as: "pixels" }, bytes: this.bytes });
  }

  clear() {
    this.asked = this.bytes = undefined;
    this.body.hidden = true;
    this.verdict.textContent = "";
    this.bars.replaceChildren();
    this.speed.textContent = "";
    this.seen.hidden = true;
    this.trace.hide();
  }

  async fetch({ model, query, bytes }) {
    const began = performance.now();
    const asked = { ...query, model };
    if (this.mode === "gradient") {
      asked.gradient = 1;
      if (this.labels.value && this.model === model) asked.label = this.labels.value;
    }
    let answer;
    try {
      answer = await postFrame("/api/see", asked, bytes);
    } catch (error) {
      this.message.textContent = error.message;
      this.message.hidden = false;
      return;
    }
    this.message.hidden = true;
    this.model = model;
    this.bytes = answer.bytes;
    this.render(answer);
    const whole = performance.now() - began;
    this.speed.textContent =
      `${answer.milliseconds.toFixed(1)} ms in the engine, ${whole.toFixed(0)} ms until it is drawn`;
    this.speed.dataset.milliseconds = whole.toFixed(1);
    this.onSeen?.({ model, bytes: this.bytes, classes: this.classes });
    if (this.trace.cell) await this.trace.show(this.asking(), this.trace.cell, true);
  }

  render(answer) {
    const { classes, probabilities } = answer;
    this.classes = classes;
    this.classIndex = answer.class;
    const best = classes[answer.class];
    this.verdict.replaceChildren(h("strong", {}, best), ` ${percent(probabilities[answer.class])}`);
    this.verdict.dataset.class = best;
    this.renderBars(classes, probabilities, answer.class);
    this.seen.hidden = false;
    paint(this.seen, answer.bytes, answer.layers[0].shape);
    if (this.labels.length !== classes.length || this.labels.dataset.model !== this.model) {
      this.labels.dataset.model = this.model;
      this.labels.replaceChildren(option("", "the likeliest"), ...classes.map((name, i) => option(i, name)));
    }
    this.labelField.hidden = this.mode !== "gradient";
    const key = answer.layers.map((l) => `${l.name}:${l.shape}`).join("|");
    if (key !== this.key) this.build(answer, key);
    for (const layer of answer.layers) {
      const view = this.views.get(layer.name);
      if (layer.offset !== null) {
        const size = layer.shape.reduce((a, b) => a * b, 1);
        view.update(answer.floats.subarray(layer.offset, layer.offset + size));
      } else if (view.values) {
        this.fetchLayer(layer.name);
      }
    }
    this.body.hidden = false;
  }

  renderBars(classes, probabilities, best) {
    const order = classes.map((_, i) => i);
    const shown = classes.length > 12
      ? order.sort((a, b) => probabilities[b] - probabilities[a]).slice(0, 10) : order;
    if (this.bars.children.length !== shown.length) {
      this.bars.replaceChildren(...shown.map(() =>
        h("li", {}, h("span", { class: "name" }), h("span", { class: "bar", "aria-hidden": "true" },
          h("span")), h("span", { class: "share" }))));
    }
    shown.forEach((k, row) => {
      const [name, bar, share] = this.bars.children[row].children;
      name.textContent = classes[k];
      bar.firstChild.style.width = `${100 * (probabilities[k] ?? 0)}%`;
      share.textContent = percent(probabilities[k] ?? 0);
      this.bars.children[row].classList.toggle("best", k === best);
    });
  }

  build(answer, key) {
    this.key = key;
    this.views.clear();
    this.layers.replaceChildren(...answer.layers.map((layer) => {
      const view = new LayerView({
        name: layer.name, layer: layer.layer, shape: layer.shape,
        onChoose: (index, name) => this.explain({ name, index }),
      });
      this.views.set(layer.name, view);
      if (layer.offset !== null) return view.element;
      const button = h("button", {
        type: "button", onclick: () => { button.remove(); this.fetchLayer(layer.name); },
      }, "show these maps");
      view.element.append(button);
      return view.element;
    }));
  }

  /** The maps of a layer that was too large to come along with the others. */
  async fetchLayer(name) {
    const query = { model: this.model, as: "pixels", layers: name };
    if (this.mode === "gradient") Object.assign(query, { gradient: 1, label: this.labels.value });
    const answer = await postFrame("/api/see", query, this.bytes);
    this.views.get(name)?.update(answer.floats);
  }

  asking() {
    return {
      model: this.model, bytes: this.bytes, gradient: this.mode === "gradient",
      label: this.labels.value === "" ? this.classIndex : this.labels.value,
    };
  }

  explain(cell) {
    this.choose(cell);
    this.trace.show(this.asking(), cell);
  }

  choose(cell) {
    for (const [name, view] of this.views) {
      view.markChosen(cell && cell.name === name ? cell.index : null);
    }
  }
}
