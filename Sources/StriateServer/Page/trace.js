// Where a number comes from.
import { h } from "/dom.js";

export class TracePanel {
  constructor({ onWalk, onClose }) {
    Object.assign(this, { onWalk, onClose });
    this.content = h("div");
    this.element = h("aside", { class: "trace", "aria-label": "Where a number comes from", hidden: true },
      this.content);
  }

  show() {}
  hide() { this.element.hidden = true; this.cell = undefined; }
}
