// Colours of numbers. Blue is above zero, orange below: readers who see no red or no green tell them apart.
// Okabe & Ito 2008, "Color Universal Design".
import { isDark, h, short } from "/dom.js";

const light = { zero: [246, 246, 243], above: [0, 92, 158], below: [196, 78, 0] };
const night = { zero: [24, 28, 34], above: [104, 190, 250], below: [247, 156, 62] };

/** 511 colours from −1 to 1, as bytes. */
function table(palette) {
  const bytes = new Uint8Array(511 * 3);
  for (let i = 0; i < 511; i++) {
    const share = Math.abs(i - 255) / 255;
    // Small numbers stay visible.
    const depth = share ** 0.75;
    const end = i < 255 ? palette.below : palette.above;
    for (let k = 0; k < 3; k++) {
      bytes[3 * i + k] = Math.round(palette.zero[k] + (end[k] - palette.zero[k]) * depth);
    }
  }
  return bytes;
}

const tables = { light: table(light), night: table(night) };
export const colours = () => tables[isDark() ? "night" : "light"];

/** The largest size of a number: what the strongest colour stands for. */
export function reach(values) {
  let most = 0;
  for (const value of values) {
    const size = Math.abs(value);
    if (size > most && size < Infinity) most = size;
  }
  return most || 1;
}

export function place(value, scale) {
  if (!(value === value)) return 255;
  return 255 + Math.round(255 * Math.max(-1, Math.min(1, value / scale)));
}

export function css(value, scale) {
  const table = colours(), i = 3 * place(value, scale);
  return `rgb(${table[i]} ${table[i + 1]} ${table[i + 2]})`;
}

/** Dark or light letters, whichever can be read on a number's colour. */
export function ink(value, scale) {
  const table = colours(), i = 3 * place(value, scale);
  const [r, g, b] = [0, 1, 2].map((k) => table[i + k] / 255)
    .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
  // The brightness, as WCAG reckons it, at which black and white are equally easy to read.
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.179 ? "#000" : "#fff";
}

/** What the colours of a layer mean; without its half below zero where no number is. */
export function legend(scale, isSigned) {
  const bar = h("canvas", { width: 101, height: 1, class: "legend-bar", "aria-hidden": "true" });
  const image = new ImageData(101, 1), table = colours();
  for (let x = 0; x <= 100; x++) {
    const i = 3 * place(isSigned ? (x - 50) / 50 : x / 100, 1);
    image.data.set([table[i], table[i + 1], table[i + 2], 255], 4 * x);
  }
  bar.getContext("2d").putImageData(image, 0, 0);
  return h("span", { class: "legend" }, h("span", {}, isSigned ? short(-scale) : "0"), bar,
    h("span", {}, `+${short(scale)}`));
}
