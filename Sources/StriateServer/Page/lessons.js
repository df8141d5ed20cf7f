// Lessons: the course that the program tells in the terminal too.
import { h } from "/dom.js";

export class LessonsTab {
  constructor(section) {
    section.append(h("div", { class: "empty" }, h("h3", {}, "Lessons"), h("p", {}, "None here yet.")));
  }
  refresh() {}
}
