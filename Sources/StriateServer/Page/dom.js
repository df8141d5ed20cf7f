// Small tools for elements: the page has no framework.

/** An element with attributes and children; `on…` attributes are listeners. */
export function h(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key === "class") element.className = value;
    else if (key in element && typeof value !== "string") element[key] = value;
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== undefined && child !== null));
  return element;
}

const svgSpace = "http://www.w3.org/2000/svg";

/** The same for a drawing. */
export function s(name, attributes = {}, ...children) {
  const element = document.createElementNS(svgSpace, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

/** A number with about four digits, and a true minus. */
export function short(value) {
  if (value === null || value === undefined || Number.isNaN(value)) return "·";
  if (value === 0) return "0";
  const size = Math.abs(value);
  const text = size >= 1e5 || size < 1e-3 ? value.toExponential(2)
    : size >= 1000 ? Math.round(value).toString() : value.toPrecision(4);
  return text.replaceAll("-", "−").replace("e+", "e");
}

export const percent = (share) => `${(share * 100).toFixed(share > 0.9995 || share < 0.0005 ? 0 : 1)} %`;
export const grouped = (count) => Math.round(count).toLocaleString("en");
export const shapeText = (shape) => shape.join(" × ");

/** A field with its label above it. */
export function field(label, control, note) {
  control.id ||= `field-${field.count = (field.count || 0) + 1}`;
  return h("div", { class: "field" }, h("label", { for: control.id }, label), control,
    note ? h("p", { class: "soft small" }, note) : null);
}

export function option(value, text, selected = false) {
  return h("option", { value, selected }, text);
}

/** Fills a choice of models, which keeps what was chosen; `hasTraining` says whether one was trained here. */
export function fillModels(choice, models, hasTraining) {
  const chosen = choice.value;
  choice.replaceChildren(
    ...models.map((m) => option(m.id, `${m.name}, ${shapeText(m.shape)}`)),
    ...(hasTraining ? [option("training", "the network being trained")] : []));
  if ([...choice.options].some((o) => o.value === chosen)) choice.value = chosen;
}

/** Runs a slow task for the newest argument only: at most one at a time, and none that is outdated. */
export function newestOnly(task) {
  let waiting = null, isBusy = false;
  return async function run(argument) {
    waiting = { argument };
    if (isBusy) return;
    isBusy = true;
    while (waiting) {
      const { argument } = waiting;
      waiting = null;
      try { await task(argument); } catch (error) { console.warn(error.message); }
    }
    isBusy = false;
  };
}

/** Whether the reader's colours are dark; calls back when that changes. */
const dark = matchMedia("(prefers-color-scheme: dark)");
export const isDark = () => dark.matches;
export const onThemeChange = (listener) => dark.addEventListener("change", listener);
