// Look: any pictures, through any model.
import { h, field, fillModels } from "/dom.js";
import { Inspector } from "/inspector.js";
import { WhyPanel } from "/why.js";

export class LookTab {
  constructor(section, start) {
    this.start = start;
    this.pictures = [];
    this.why = new WhyPanel();
    this.inspector = new Inspector("What the network makes of the picture", { onSeen: (seen) => this.why.update(seen) });
    this.models = h("select", { id: "look-model", onchange: () => this.showChosen() });
    this.input = h("input", {
      type: "file", accept: "image/png,image/jpeg", multiple: true, id: "look-files", class: "sr",
      onchange: () => this.add(this.input.files),
    });
    this.drop = h("div", {
      class: "drop", id: "drop",
      ondragover: (event) => { event.preventDefault(); this.drop.classList.add("over"); },
      ondragleave: () => this.drop.classList.remove("over"),
      ondrop: (event) => {
        event.preventDefault();
        this.drop.classList.remove("over");
        this.add(event.dataTransfer.files);
      },
    }, h("p", {}, "Drop PNG or JPEG pictures here"), this.input,
    h("label", { for: "look-files", class: "button" }, "Choose pictures"));
    this.list = h("ul", { class: "thumbnails", "aria-label": "Pictures" });
    this.empty = h("div", { class: "empty" });
    section.append(h("div", { class: "columns" },
      h("div", { class: "side" }, field("Model", this.models), this.drop, this.list,
        this.inspector.message, this.inspector.summary),
      h("div", { class: "wide" }, this.empty, this.why.element, this.inspector.body),
      this.inspector.trace.element));
    this.refresh(false);
  }

  refresh(hasTraining) {
    fillModels(this.models, this.start.models, hasTraining);
    this.empty.replaceChildren(...(this.models.length === 0
      ? [h("h3", {}, "No model yet"), h("p", {}, "Train one under ", h("a", { href: "#train" }, "Train"),
        " or start the program with ", h("code", {}, "--model FILE"), ".")]
      : [h("h3", {}, "Drop a picture"),
        h("p", {}, "The pictures stay on this machine: they go to the program that serves this page.")]));
    this.empty.hidden = Boolean(this.inspector.bytes);
  }

  async add(files) {
    for (const file of files) {
      const bytes = new Uint8Array(await file.arrayBuffer());
      const picture = { name: file.name, bytes };
      const image = h("img", { src: URL.createObjectURL(new Blob([bytes])), alt: file.name });
      picture.button = h("button", { type: "button", title: file.name, onclick: () => this.choose(picture) }, image);
      this.list.append(h("li", {}, picture.button));
      this.pictures.push(picture);
      this.choose(picture);
    }
  }

  choose(picture) {
    this.chosen = picture;
    for (const each of this.pictures) each.button.setAttribute("aria-pressed", each === picture);
    this.showChosen();
  }

  showChosen() {
    if (!this.chosen || !this.models.value) return;
    this.empty.hidden = true;
    this.inspector.show(this.models.value, { as: "picture", name: this.chosen.name }, this.chosen.bytes);
  }
}
