// A network as text and as a list of layers: both can be edited, and mistakes are shown where they are.
import { h, option, field, grouped, shapeText } from "/dom.js";
import { postJSON } from "/api.js";

const kinds = [
  ["conv 8 3x3 padding 1", "convolution, 8 maps of 3 × 3"],
  ["conv 16 5x5", "convolution, 16 maps of 5 × 5"],
  ["relu", "ReLU"], ["sigmoid", "sigmoid"], ["tanh", "tanh"],
  ["maxpool 2", "max-pooling 2 × 2"], ["avgpool 2", "average pooling 2 × 2"],
  ["batchnorm", "batch normalisation"], ["dropout 0.5", "dropout ½"],
  ["residual(conv 8 3x3 padding 1, relu)", "residual block"],
  ["globalavgpool", "global average pooling"], ["flatten", "flatten"],
  ["dense 64", "dense, 64 outputs"], ["dense 10", "dense, 10 outputs"], ["softmax", "softmax"],
];

export class NetworkEditor {
  /** `data()` names the data whose shape the network takes. */
  constructor(data) {
    this.data = data;
    this.text = h("textarea", {
      id: "network", rows: 3, spellcheck: false, autocomplete: "off",
      "aria-describedby": "network-error network-total",
      oninput: () => this.later(),
    });
    this.error = h("p", { id: "network-error", class: "error", role: "alert", hidden: true });
    this.total = h("p", { id: "network-total", class: "soft small", role: "status" });
    this.list = h("ol", { class: "parts", "aria-label": "Layers" });
    this.kind = h("select", { id: "layer-kind" }, ...kinds.map(([text, name]) => option(text, name)));
    this.element = h("div", { class: "editor" },
      field("Network", this.text), this.error, this.total,
      this.list,
      h("div", { class: "row" },
        h("label", { for: "layer-kind", class: "sr" }, "Kind of layer"), this.kind,
        h("button", { type: "button", onclick: () => this.add() }, "Add layer")));
    this.asked = 0;
  }

  get value() { return this.text.value.trim(); }
  set value(text) {
    this.text.value = text;
    this.check();
  }

  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.check(), 150);
  }

  async check() {
    const asked = this.asked += 1;
    let answer;
    try {
      answer = await postJSON("/api/network", { data: this.data(), text: this.value });
    } catch (error) {
      answer = { error: error.message, parts: [], layers: [], part: null };
    }
    if (asked !== this.asked) return;
    this.parts = answer.parts;
    this.isValid = !answer.error;
    this.error.hidden = this.isValid;
    this.error.textContent = answer.error ?? "";
    this.text.setAttribute("aria-invalid", String(!this.isValid));
    this.total.textContent = this.isValid
      ? `${grouped(answer.parameters)} parameters, ${grouped(answer.multiply_adds)} multiply-adds an image`
      : "";
    this.renderParts(answer);
    this.onCheck?.(this.isValid);
  }

  renderParts(answer) {
    const rows = answer.parts.length
      ? answer.parts.map((part, i) => this.row(part, i, answer))
      : answer.layers.map((layer) => h("li", {}, h("code", {}, layer.layer),
        h("span", { class: "shape" }, shapeText(layer.output))));
    this.list.replaceChildren(...rows);
  }

  row(part, i, answer) {
    const isWrong = answer.part === i;
    const tool = (text, name, change, disabled = false) => h("button", {
      type: "button", class: "tool", "aria-label": `${name}: layer ${i + 1}, ${part.text}`, disabled, onclick: change,
    }, text);
    const shape = part.output ? shapeText(part.output) : "";
    const select = h("button", {
      type: "button", class: "part", "aria-pressed": String(this.chosen === i),
      onclick: () => {
        this.chosen = this.chosen === i ? undefined : i;
        this.text.focus();
        this.text.setSelectionRange(part.from, part.to);
        this.renderParts(answer);
      },
    }, h("code", {}, part.text));
    return h("li", { class: isWrong ? "wrong" : "" }, select,
      h("span", { class: "shape" }, isWrong ? "does not fit" : shape),
      part.parameters ? h("span", { class: "soft small" }, grouped(part.parameters)) : h("span"),
      h("span", { class: "tools" },
        tool("↑", "Move up", () => this.move(i, -1), i === 0),
        tool("↓", "Move down", () => this.move(i, 1), i === answer.parts.length - 1),
        tool("×", "Remove", () => this.write(this.texts().filter((_, k) => k !== i)))));
  }

  texts() { return this.parts.map((part) => part.text); }

  write(texts) {
    this.chosen = undefined;
    this.value = texts.join(", ");
  }

  move(i, by) {
    const texts = this.texts();
    [texts[i], texts[i + by]] = [texts[i + by], texts[i]];
    this.write(texts);
  }

  add() {
    const texts = this.texts();
    texts.splice(this.chosen === undefined ? texts.length : this.chosen + 1, 0, this.kind.value);
    this.write(texts);
  }
}
