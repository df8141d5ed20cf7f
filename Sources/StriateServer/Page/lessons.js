// Lessons: the course that the program tells in the terminal too.
import { h } from "/dom.js";
import { getJSON, postJSON } from "/api.js";

/** Which exercises were solved on this page: lesson and exercise. */
const solved = new Set();

export class LessonsTab {
  constructor(section) {
    this.list = h("ol", { class: "lesson-list", "aria-label": "Lessons" });
    this.lesson = h("article", { class: "lesson" }, h("p", { class: "soft" }, "Choose a lesson."));
    section.append(h("div", { class: "columns" },
      h("nav", { class: "side", "aria-label": "Course" }, this.list), h("div", { class: "wide" }, this.lesson)));
    addEventListener("hashchange", () => this.follow());
    this.load();
  }

  async load() {
    this.lessons = await getJSON("/api/lessons");
    this.list.replaceChildren(...this.lessons.map((lesson) =>
      h("li", {}, h("a", { href: `#lessons/${lesson.number}`, "data-lesson": String(lesson.number) },
        h("span", { class: "soft" }, String(lesson.number)), h("span", {}, lesson.title),
        h("span", { class: "done" })))));
    this.follow();
  }

  /** The address says which lesson is open. */
  async follow() {
    const [tab, number] = location.hash.slice(1).split("/");
    if (tab !== "lessons" || !this.lessons) return;
    const wanted = Number(number) || 1;
    if (wanted === this.number) return;
    this.number = wanted;
    this.mark();
    this.lesson.replaceChildren(h("p", { class: "soft", role: "status" }, "The figures are being computed…"));
    try {
      const lesson = await getJSON("/api/lesson", { number: wanted });
      if (wanted === this.number) this.show(lesson);
    } catch (error) {
      this.lesson.replaceChildren(h("p", { class: "error", role: "alert" }, error.message));
    }
  }

  mark() {
    for (const link of this.list.querySelectorAll("a")) {
      const number = Number(link.dataset.lesson);
      if (number === this.number) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
      const lesson = this.lessons[number - 1];
      const count = [...solved].filter((key) => key.startsWith(`${number}.`)).length;
      const isDone = lesson.exercises > 0 && count === lesson.exercises;
      link.lastChild.textContent = isDone ? "✓" : lesson.exercises ? `${count}/${lesson.exercises}` : "";
      link.lastChild.setAttribute("aria-label", isDone ? "finished" : `${count} of ${lesson.exercises} exercises solved`);
      link.lastChild.setAttribute("role", "img");
    }
  }

  show(lesson) {
    this.lesson.replaceChildren(
      h("h3", { tabIndex: -1 }, `${lesson.number}. ${lesson.title}`),
      h("p", { class: "equation" }, ...lesson.equation.flatMap((line, i) => i ? [h("br"), line] : [line])),
      ...lesson.text.map((paragraph) => h("p", {}, paragraph)),
      ...lesson.figures.map((figure) => this.figure(figure)),
      ...lesson.exercises.map((exercise, i) => this.exercise(lesson.number, exercise, i + 1)),
      h("p", { class: "soft small" }, `Source: ${lesson.source}`),
      h("p", { class: "row" }, ...[-1, 1].map((by) => {
        const other = this.lessons[lesson.number - 1 + by];
        return other ? h("a", { class: "button", href: `#lessons/${other.number}` },
          by < 0 ? `← ${other.title}` : `${other.title} →`) : null;
      })));
    scrollTo({ top: 0 });
  }

  figure(figure) {
    const parsed = new DOMParser().parseFromString(figure.svg, "image/svg+xml");
    return h("figure", {}, h("figcaption", {}, figure.caption),
      h("div", { class: "scroll", tabIndex: 0, role: "group", "aria-label": figure.caption },
        document.importNode(parsed.documentElement, true)));
  }

  exercise(lesson, exercise, number) {
    const id = `answer-${lesson}-${number}`;
    const input = h("input", {
      type: "text", id, autocomplete: "off", spellcheck: "false", "aria-describedby": `${id}-form`,
    });
    const verdict = h("p", { role: "status", hidden: true });
    const form = h("form", {
      class: "exercise",
      onsubmit: async (event) => {
        event.preventDefault();
        try {
          const said = await postJSON("/api/lesson/check", { lesson, exercise: number, answer: input.value });
          verdict.className = said.right ? "right" : "error";
          verdict.textContent = said.text;
          if (said.right) solved.add(`${lesson}.${number}`);
          this.mark();
        } catch (error) {
          verdict.className = "error";
          verdict.textContent = error.message;
        }
        verdict.hidden = false;
      },
    }, h("label", { for: id }, h("strong", {}, `Exercise ${number}. `), exercise.question),
    exercise.figure ? this.figure(exercise.figure) : null,
    h("div", { class: "row" }, input, h("button", { type: "submit" }, "Check")),
    h("p", { class: "soft small", id: `${id}-form` }, `Write ${exercise.form}.`), verdict);
    return form;
  }
}
