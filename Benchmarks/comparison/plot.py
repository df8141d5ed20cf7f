"""The ratios as a picture: an SVG with nothing outside it, for light and dark pages.

Colours are Okabe and Ito's, which people with any colour vision tell apart; on a dark page they are
the lighter ones of the same palette. Every bar has its number beside it, too.
"""

from dataclasses import dataclass
from html import escape

from comparison.machine import Setting
from comparison.results import Row
from peers import PEERS

WIDTH, LEFT, RIGHT, TOP = 900, 170, 190, 92
BAR, GAP, SPACE = 16, 3, 16
"""Heights in pixels: of a bar, between bars, between groups."""

STYLE = """
text { font: 13px system-ui, sans-serif; fill: #24292f }
.title { font-size: 17px; font-weight: 600 }
.small { font-size: 11px; fill: #57606a }
.value { paint-order: stroke; stroke: #ffffff; stroke-width: 4px; stroke-linejoin: round }
.page { fill: #ffffff; stroke: #d0d7de }
.grid { stroke: #d8dee4 }
.one { stroke: #24292f; stroke-width: 1.5; stroke-dasharray: 5 3 }
.train { fill: #d55e00 } .infer { fill: #0072b2 }
.exact { fill-opacity: 0.45 } .train.exact { stroke: #d55e00 } .infer.exact { stroke: #0072b2 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 } .small { fill: #9198a1 }
  .value { stroke: #0d1117 }
  .page { fill: #0d1117; stroke: #3d444d } .grid { stroke: #30363d } .one { stroke: #e6edf3 }
  .train { fill: #e69f00 } .infer { fill: #56b4e9 }
  .train.exact { stroke: #e69f00 } .infer.exact { stroke: #56b4e9 }
}
""".strip()

WORDS = {"train": "training", "infer": "inference"}


@dataclass(frozen=True)
class Scale:
    """Ratios to pixels, from 0."""

    step: float
    most: float

    def __call__(self, ratio: float) -> float:
        return LEFT + ratio / self.most * (WIDTH - LEFT - RIGHT)

    def ticks(self) -> list[float]:
        return [index * self.step for index in range(round(self.most / self.step) + 1)]


def scale(most: float) -> Scale:
    """Five to ten lines at round numbers; 1 is always on the picture."""
    most = max(most, 1.2)
    step = next(s for s in (0.2, 0.25, 0.5, 1, 2, 5, 10, 20, 50, 100, 1000) if most / s <= 9)
    return Scale(step, (int(most / step) + 1) * step)


def groups(rows: list[Row]) -> dict[str, list[Row]]:
    """Rows with a ratio, by network and batch."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        if row.ratio is not None:
            images = "1 image" if row.case.batch == 1 else f"batches of {row.case.batch}"
            found.setdefault(f"{row.case.network}|{images}", []).append(row)
    return found


def text(x: float, y: float, words: str, kind: str = "", anchor: str = "start") -> str:
    look = f' class="{kind}"' if kind else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{look}>{escape(words)}</text>'


def kind(row: Row) -> str:
    return row.case.mode + (" exact" if row.exact else "")


def bar(row: Row, y: float, place: Scale) -> list[str]:
    end = place(row.ratio)
    words = f"{row.ratio:.2f}× {PEERS[row.best].label}"
    return [
        f'<rect x="{LEFT}" y="{y}" width="{max(end - LEFT, 1):.1f}" height="{BAR}" '
        f'class="{kind(row)}"><title>{escape(str(row.case))}: {escape(words)}</title></rect>',
        text(end + 6, y + BAR - 4, words, "value")]


def legend(rows: list[Row]) -> list[str]:
    parts, x = [], LEFT
    looks = dict.fromkeys((row.case.mode, row.exact) for row in rows)
    for mode, exact in sorted(looks, key=lambda look: (look[1], look[0] != "train")):
        words = WORDS[mode] + (", Striate --exact" if exact else "")
        look = mode + (" exact" if exact else "")
        parts += [f'<rect x="{x}" y="44" width="14" height="14" class="{look}"/>',
                  text(x + 20, 56, words)]
        x += 44 + 7 * len(words)
    return parts


def axis(place: Scale, bottom: float) -> list[str]:
    parts = []
    for tick in place.ticks():
        x = place(tick)
        parts += [f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP - 6}" y2="{bottom}" class="grid"/>',
                  text(x, bottom + 16, f"{tick:g}×", "small", "middle")]
    x = place(1)
    return parts + [
        f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP - 12}" y2="{bottom}" class="one"/>',
        text(x, TOP - 16, "as fast as the best peer", "small", "middle"),
        text(LEFT, bottom + 36, "images a second: Striate / the fastest of the others "
             "(named beside each bar)", "small")]


def svg(rows: list[Row], setting: Setting) -> str:
    """Bars by network and batch, longest to the right; the machine below."""
    found = groups(rows)
    shown = [row for part in found.values() for row in part]
    place = scale(max((row.ratio for row in shown), default=1))
    bars, y = [], TOP
    for name, part in found.items():
        network, images = name.split("|")
        y += max(0, 2 - len(part)) * (BAR + GAP) // 2
        middle = y + len(part) * (BAR + GAP) / 2
        bars += [text(LEFT - 12, middle - 2, network, "", "end"),
                 text(LEFT - 12, middle + 12, images, "small", "end")]
        for row in part:
            bars += bar(row, y, place)
            y += BAR + GAP
        y += SPACE + max(0, 2 - len(part)) * (BAR + GAP) // 2
    bottom = y - SPACE + 8
    height = bottom + 72
    machine = f"{setting.processor}, {setting.cores} cores, {setting.isa}; {setting.date}"
    title = "Striate beside the fastest other framework"
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        f'width="{WIDTH}" height="{height}" role="img">',
        f"<title>{title}</title>", f"<style>{STYLE}</style>",
        f'<rect x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1}" rx="6" class="page"/>',
        text(LEFT, 28, title, "title"), *legend(shown), *axis(place, bottom), *bars,
        text(LEFT, bottom + 54, machine, "small"), "</svg>"]) + "\n"
