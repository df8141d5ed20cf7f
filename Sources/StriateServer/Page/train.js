// Train: a network learns while everything about it is shown.
import { h, option, field, grouped, percent, newestOnly } from "/dom.js";
import { getFrame, getJSON, postJSON } from "/api.js";
import { NetworkEditor } from "/editor.js";
import { lossCurve, accuracyCurve, NormBars } from "/curve.js";
import { Confusion } from "/confusion.js";
import { Inspector } from "/inspector.js";
import { LayerView } from "/maps.js";

const underWay = ["preparing", "running", "paused"];

export class TrainTab {
  constructor(section, start) {
    this.start = start;
    this.makeForm();
    this.makeResults();
    section.append(h("div", { class: "columns" },
      h("div", { class: "side form" }, this.form),
      h("div", { class: "wide" }, this.results),
      this.inspector.trace.element));
    this.editor.value = start.presets.find((preset) => preset.name === "numpy-cnn")?.text ?? "flatten, dense 10";
    this.listen();
  }

  // The form

  makeForm() {
    const { start } = this;
    this.data = h("select", { onchange: () => this.editor.check() },
      ...start.data.map((data) => option(data.name, `${data.name}, ${data.shape.join(" × ")}, ${data.classes.length} classes`)));
    this.preset = h("select", { onchange: () => this.choosePreset() },
      ...start.presets.map((preset) => option(preset.name, preset.name, preset.name === "numpy-cnn")));
    this.editor = new NetworkEditor(() => this.data.value);
    this.editor.onCheck = () => this.enable();
    this.optimizer = h("select", {}, ...start.optimizers.map((name) => option(name, name, name === "adam")));
    const number = (value, least, step) => h("input", { type: "number", value: String(value), min: String(least), step });
    this.rate = number(0.001, 0, "any");
    this.batch = number(32, 1, "1");
    this.epochs = number(5, 1, "1");
    this.pace = h("select", { onchange: () => this.command("pace", { steps: this.paceValue }) },
      option("", "as fast as it goes"), option("30", "30 steps a second"), option("5", "5 steps a second"),
      option("1", "1 step a second"));
    const button = (name, text, action, kind = "") =>
      this[name] = h("button", { type: "button", class: kind, onclick: action }, text);
    this.problem = h("p", { class: "error", role: "alert", hidden: true });
    this.form = h("form", { onsubmit: (event) => { event.preventDefault(); this.begin(); } },
      field("Data", this.data), field("Begin with", this.preset), this.editor.element,
      h("div", { class: "pairs" }, field("Optimizer", this.optimizer), field("Learning rate", this.rate),
        field("Batch, images", this.batch), field("Epochs", this.epochs)),
      field("Speed", this.pace),
      h("div", { class: "row buttons" },
        button("startButton", "Start", () => this.begin(), "main"),
        button("pauseButton", "Pause", () => this.command(this.phase === "paused" ? "resume" : "pause")),
        button("stepButton", "Step", () => this.command("step")),
        button("stopButton", "Stop", () => this.command("stop"))),
      this.problem);
  }

  get paceValue() { return this.pace.value ? Number(this.pace.value) : null; }

  choosePreset() {
    const preset = this.start.presets.find((each) => each.name === this.preset.value);
    this.optimizer.value = preset.optimizer;
    this.rate.value = preset.rate;
    this.batch.value = preset.batch;
    const classes = this.start.data.find((each) => each.name === this.data.value)?.classes.length ?? 10;
    this.editor.value = preset.text.replace(/dense 10(?=(, sigmoid)?$)/, `dense ${classes}`);
  }

  async begin() {
    await this.ask(() => postJSON("/api/training", {
      data: this.data.value, network: this.editor.value, optimizer: this.optimizer.value,
      rate: this.rate.value === "" ? null : Number(this.rate.value),
      batch: Number(this.batch.value), epochs: Number(this.epochs.value), pace: this.paceValue,
    }));
  }

  async command(name, value) {
    if (name === "pace" && !underWay.includes(this.phase)) return;
    await this.ask(() => postJSON(`/api/training/${name}`, value));
  }

  async ask(request) {
    try {
      this.problem.hidden = true;
      this.take(await request());
    } catch (error) {
      this.problem.textContent = error.message;
      this.problem.hidden = false;
    }
  }

  enable() {
    const isOn = underWay.includes(this.phase);
    this.startButton.disabled = isOn || this.editor.isValid === false;
    this.pauseButton.disabled = this.stopButton.disabled = !isOn;
    this.stepButton.disabled = !isOn || this.phase === "preparing";
    this.pauseButton.textContent = this.phase === "paused" ? "Go on" : "Pause";
  }

  // What is shown

  makeResults() {
    this.state = h("p", { class: "state", role: "status", id: "training-state" }, "Nothing is being trained.");
    this.details = h("p", { class: "soft small", id: "training-details" });
    this.progress = h("progress", { max: 1, value: 0, "aria-label": "Part of the epoch" });
    this.save = h("a", { class: "button", href: "/api/training/model", download: "trained.safetensors", hidden: true }, "Save the model");
    this.loss = lossCurve();
    this.accuracy = accuracyCurve();
    this.norms = new NormBars();
    this.parameter = h("select", { id: "filters-of", onchange: () => this.refreshFilters() });
    this.filters = h("div", {});
    this.filterSection = h("section", { id: "filters", hidden: true },
      h("h3", {}, "Filters"), field("Weights of", this.parameter), this.filters);
    this.inspector = new Inspector("What the network makes of a test picture");
    this.confusion = new Confusion((bytes) => this.lookInto(bytes));
    this.sample = h("section", { id: "sample", hidden: true }, h("h3", {}, "A test picture in the network"),
      h("div", { class: "row" },
        h("button", { type: "button", onclick: () => this.takeSample() }, "Another picture")),
      this.inspector.message, this.inspector.summary, this.inspector.body);
    this.results = h("div", { class: "results" },
      h("div", { class: "row state-row" }, h("div", {}, this.state, this.details), this.save),
      this.progress,
      h("div", { class: "curves" }, this.loss.element, this.accuracy.element),
      h("div", { class: "halves" }, this.norms.element, this.filterSection),
      this.confusion.element, this.sample);
    this.loss.update([], []);
    this.accuracy.update([], []);
    this.norms.element.hidden = true;
    this.refreshFilters = newestOnly(() => this.fetchFilters());
    this.points = [];
  }

  // News

  listen() {
    const source = new EventSource("/api/training/events");
    source.onmessage = (event) => this.take(JSON.parse(event.data));
    source.onopen = () => this.onConnection?.(true);
    source.onerror = () => this.onConnection?.(false);
  }

  take(news) {
    if (news.run < this.run) return;
    if (news.run !== this.run || news.edition !== this.edition) this.points = [];
    if (news.run !== this.run) this.renew(news);
    [this.run, this.edition, this.phase] = [news.run, news.edition, news.phase];
    if (news.from <= this.points.length) this.points = this.points.slice(0, news.from).concat(news.points);
    this.onNews?.(news);
    this.enable();
    this.tell(news);
    this.loss.update(this.points.map((p) => [p[0], p[1]]), news.evaluations.map((e) => [e[0], e[1]]));
    this.accuracy.update(this.points.map((p) => [p[0], p[2]]), news.evaluations.map((e) => [e[0], e[2]]));
    this.norms.element.hidden = news.gradient_norms.length === 0;
    this.norms.update(news.gradient_norms);
    if (news.run === 0) return;
    this.save.hidden = news.step === 0;
    if (news.snapshot !== this.snapshot) {
      this.snapshot = news.snapshot;
      this.refreshFilters();
      if (this.bytes) this.inspector.show("training", { as: "pixels" }, this.bytes);
    }
    if (news.evaluations.length && news.evaluations.at(-1)[0] !== this.measured) {
      this.measured = news.evaluations.at(-1)[0];
      this.confusion.refresh();
    }
  }

  renew(news) {
    this.measured = this.snapshot = undefined;
    this.confusion.clear();
    this.inspector.clear();
    this.bytes = undefined;
    this.parameter.replaceChildren();
    if (news.run > 0) this.takeSample(news.data);
  }

  tell(news) {
    const texts = {
      idle: "Nothing is being trained.", preparing: "Preparing the data…",
      running: `Training: epoch ${news.epoch} of ${news.epochs}`,
      paused: `Paused after step ${grouped(news.step)}`, finished: "Finished", stopped: "Stopped",
      failed: `Failed: ${news.message}`,
    };
    if (this.state.textContent !== texts[news.phase]) this.state.textContent = texts[news.phase];
    this.state.dataset.phase = news.phase;
    this.state.classList.toggle("error", news.phase === "failed");
    const last = news.evaluations.at(-1);
    this.state.dataset.accuracy = last ? last[2] : "";
    this.details.textContent = news.run === 0 ? "Choose data and a network, then start."
      : [`${news.data}`, `step ${grouped(news.step)}`, `${grouped(news.images)} of ${grouped(news.total)} images`,
        `${grouped(news.images_per_second)} images/s`, `${news.optimizer}, rate ${news.rate}`,
        last ? `${percent(last[2])} of ${grouped(news.test_images)} test images right` : null]
        .filter(Boolean).join(" · ");
    this.progress.value = news.total ? news.images / news.total : 0;
    this.progress.hidden = news.run === 0;
  }

  async takeSample(data) {
    this.sampleData = data ?? this.sampleData;
    try {
      const answer = await getFrame("/api/picture",
        { data: this.sampleData, index: Math.floor(Math.random() * 1e6) });
      this.lookInto(answer.bytes.slice(), false);
    } catch (error) {
      console.warn(error.message);
    }
  }

  lookInto(bytes, scrolls = true) {
    this.bytes = bytes;
    this.sample.hidden = false;
    this.inspector.show("training", { as: "pixels" }, bytes);
    if (scrolls) this.sample.scrollIntoView({ block: "start" });
  }

  async fetchFilters() {
    if (this.parameter.length === 0) {
      const { parameters } = await getJSON("/api/model", { model: "training" });
      const weights = parameters.filter((each) => each.shape.length >= 2 && each.count <= 200000);
      this.parameter.replaceChildren(...weights.map((each) =>
        option(each.name, `${each.name}, ${each.shape.join(" × ")}`)));
      this.filterView = undefined;
      if (weights.length === 0) return;
    }
    const name = this.parameter.value;
    const answer = await getFrame("/api/parameters", { model: "training", name });
    if (this.filterView?.name !== name) {
      const shape = answer.shape.length === 4
        ? [answer.shape[0] * answer.shape[1], ...answer.shape.slice(2)] : answer.shape.length === 2
          ? [1, ...answer.shape] : answer.shape;
      this.filterView = new LayerView({ name, shape });
      this.filters.replaceChildren(this.filterView.element);
    }
    this.filterView.update(answer.floats);
    this.filterSection.hidden = false;
  }
}
