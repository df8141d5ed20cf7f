// Where a number comes from: window ⊙ kernel = terms, and their sum. A term leads to where it came from.
import { h, short } from "/dom.js";
import { postBytes } from "/api.js";
import { css, ink, reach } from "/colour.js";

const cellText = ({ name, index }) => `${name}[${index.join(", ")}]`;
const fromText = (term) => term.index.length ? cellText({ name: term.from, index: term.index }) : term.from;
/** Groups of terms that are shown at first. */
const mostGroups = 12;

export class TracePanel {
  constructor({ onWalk, onClose }) {
    Object.assign(this, { onWalk, onClose, path: [], turn: 0 });
    this.trail = h("nav", { class: "trail", "aria-label": "The way here" });
    this.content = h("div", { class: "trace-content" });
    this.element = h("section", {
      class: "trace", "aria-label": "Where a number comes from", tabIndex: -1, hidden: true,
      onkeydown: (event) => { if (event.key === "Escape") this.close(); },
    }, h("header", { class: "row" }, h("h3", {}, "Where it comes from"),
      h("button", { type: "button", class: "tool", "aria-label": "Close", onclick: () => this.close() }, "×")),
    this.trail, this.content);
  }

  close() {
    this.hide();
    this.onClose();
  }

  hide() {
    this.element.hidden = true;
    this.cell = undefined;
    this.path = [];
  }

  /** Shows a number; `isUpdate` where only the picture has changed. */
  async show(asking, cell, isUpdate = false) {
    this.cell = cell;
    const turn = ++this.turn;
    if (!isUpdate) {
      const known = this.path.findIndex((each) => cellText(each) === cellText(cell));
      this.path = known >= 0 ? this.path.slice(0, known + 1) : [...this.path.slice(-11), cell];
    }
    const query = { model: asking.model, as: "pixels", cell: cellText(cell) };
    if (asking.gradient) Object.assign(query, { gradient: 1, label: asking.label });
    let answer;
    try {
      answer = await (await postBytes("/api/trace", query, asking.bytes)).json();
    } catch (error) {
      if (turn !== this.turn || !this.cell) return;
      this.content.replaceChildren(h("p", { class: "error", role: "alert" }, error.message));
      this.element.hidden = false;
      return;
    }
    // Something else was asked for meanwhile, or nothing any more.
    if (turn !== this.turn || !this.cell) return;
    this.element.hidden = false;
    this.trail.replaceChildren(...this.path.map((each) => h("button", {
      type: "button", class: "step", onclick: () => this.onWalk(each),
      "aria-current": cellText(each) === cellText(cell) ? "step" : null,
    }, cellText(each))));
    this.render(answer);
    if (!isUpdate) this.element.focus({ preventScroll: true });
  }

  render(answer) {
    const { terms, gradient, closing } = answer;
    const what = cellText(answer);
    const isAddedUp = !terms.some((term) => term.from === "rest" && !term.index.length);
    
    const groups = new Map();
    for (const term of terms) {
      const key = term.index.length === 3 ? `${term.from}, map ${term.index[0]}` : term.from;
      if (!groups.has(key)) groups.set(key, []);
      groups.get(key).push(term);
    }
    const lists = [...groups.entries()];
    const names = gradient ? ["∂loss/∂y", "∂y/∂x", "terms"]
      : answer.weighted ? ["window", "kernel", "terms"] : ["inputs", "factors", "products"];
    const more = h("div", { class: "trace-groups" });
    const showGroups = (count) => more.replaceChildren(
      ...lists.slice(0, count).map(([key, list]) => this.group(key, list, names)));
    showGroups(mostGroups);
    const row = (name, value) => h("div", {}, h("dt", {}, name), h("dd", {}, short(value)));
    this.content.replaceChildren(...[
      h("p", {}, h("code", {}, gradient ? `∂loss/∂${what}` : what), " in ", h("code", {}, answer.layer)),
      h("dl", { class: "sums" },
        terms.length ? row(gradient ? "sum of what its readers hand back" : `sum of ${answer.count} terms`, answer.sum) : null,
        closing ? row(closing.formula, closing.value) : null,
        row("= in Double", answer.value),
        answer.engine === null ? null : row("engine, Float", answer.engine),
        answer.engine === null ? null : row("difference", answer.difference),
        ...answer.readers.map((reader) => row(`goes to ${cellText(reader)}`, reader.value))),
      isAddedUp ? null : h("p", { class: "soft small" },
        "The layer is not linear here: the factors are its slopes at this place, and the rest is what they leave over."),
      terms.length === 0 ? h("p", { class: "soft" }, gradient
        ? "No layer reads it."
        : answer.layer === "input" ? "This is the picture itself, after its mean and deviation."
          : answer.layer.startsWith("parameter") ? "The network has learned it." : "No input changes it here.")
        : null,
      more,
      lists.length > mostGroups ? h("button", {
        type: "button", onclick: (event) => { event.target.remove(); showGroups(lists.length); },
      }, `Show all ${lists.length} maps`) : null,
    ].filter(Boolean));
    this.content.dataset.cell = what;
    this.content.dataset.value = String(answer.value);
    this.content.dataset.engine = String(answer.engine);
  }

  /** The terms of one map as three small matrices, or as a list. */
  group(key, list, names) {
    const sum = list.reduce((total, term) => total + term.product, 0);
    const title = h("h4", {}, `${key}: ${short(sum)}`);
    const values = [(t) => t.number, (t) => t.factor, (t) => t.product];
    const isGrid = list[0].index.length === 3 && list.length <= 400 && list.every((t) => t.factor !== null)
      && new Set(list.map((t) => t.index.join())).size === list.length;
    if (isGrid) {
      const ys = [...new Set(list.map((t) => t.index[1]))].sort((a, b) => a - b);
      const xs = [...new Set(list.map((t) => t.index[2]))].sort((a, b) => a - b);
      const at = new Map(list.map((t) => [`${t.index[1]},${t.index[2]}`, t]));
      return h("section", {}, title, h("div", { class: "matrices" }, ...names.flatMap((name, i) => {
        const scale = reach(list.map(values[i]));
        const cells = ys.flatMap((y) => xs.map((x) => {
          const term = at.get(`${y},${x}`);
          return term ? this.cellOf(term, values[i](term), scale, i === 2 ? term.from : i === 1 && term.of) : h("span");
        }));
        const grid = h("div", { class: "matrix", role: "group", "aria-label": name }, ...cells);
        grid.style.gridTemplateColumns = `repeat(${xs.length}, minmax(42px, 1fr))`;
        return [i ? h("span", { class: "sign", "aria-hidden": "true" }, i === 1 ? "⊙" : "=") : null,
          h("figure", {}, h("figcaption", { class: "soft small" }, name), grid)];
      })));
    }
    const strongest = [...list].sort((a, b) => Math.abs(b.product) - Math.abs(a.product)).slice(0, 40);
    const scale = reach(strongest.map((t) => t.product));
    return h("section", {}, title,
      h("ul", { class: "terms" }, ...strongest.map((term) => h("li", {},
        h("span", {}, term.factor === null ? `${short(term.number)} →` : `${short(term.number)} · ${short(term.factor)} =`),
        this.cellOf(term, term.product, scale, term.from),
        h("code", {}, fromText(term))))),
      strongest.length < list.length
        ? h("p", { class: "soft small" }, `the ${strongest.length} largest of ${list.length}`) : null);
  }

  /** A number in its colour; one that stands somewhere, `term.from` or `term.of`, leads there. */
  cellOf(term, value, scale, place) {
    const goal = place === term.from && place ? { name: term.from, index: term.index } : place;
    const isWay = goal && goal.index.length > 0;
    const cell = isWay
      ? h("button", {
        type: "button", class: "number",
        "aria-label": place === term.from && term.factor !== null
          ? `${short(term.number)} times ${short(term.factor)} is ${short(value)}: go to ${cellText(goal)}`
          : `${short(value)}: go to ${cellText(goal)}`,
        onclick: () => this.onWalk(goal),
      }, short(value))
      : h("span", { class: "number" }, short(value));
    cell.style.background = css(value, scale);
    cell.style.color = ink(value, scale);
    return cell;
  }
}
