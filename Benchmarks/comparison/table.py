"""The table, as Markdown."""

from comparison.machine import Setting
from comparison.results import Row
from peers import PEERS

NOTE = ("Images a second: medians of the rounds. Ratio: median of the rounds' ratios of Striate to "
        "the best peer (least–most).")
ONE_BY_ONE = "ncnn computes one image at a time, whatever the batch."


def number(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,.0f}" if value >= 100 else f"{value:,.1f}"


def ratio(row: Row) -> str:
    if row.ratio is None:
        return "–"
    text = f"{row.ratio:.2f}×"
    if len(row.ratios) > 1:
        text += f" ({min(row.ratios):.2f}–{max(row.ratios):.2f})"
    return text


def line(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def cells(row: Row, names: list[str]) -> list[str]:
    network = row.case.network + (" `--exact`" if row.exact else "")
    peers = [number(row.peers.get(name)) for name in names]
    best = PEERS[row.best].label if row.best else "–"
    return [network, str(row.case.batch), row.case.mode, number(row.striate), *peers, best,
            ratio(row)]


def markdown(rows: list[Row], setting: Setting) -> str:
    names = [name for name in PEERS if any(name in row.peers for row in rows)]
    head = ["network", "batch", "mode", "Striate", *(PEERS[name].label for name in names),
            "best peer", "ratio"]
    rule = ["---"] + ["---:"] + ["---"] + ["---:"] * (len(names) + 1) + ["---", "---:"]
    notes = [NOTE] + ([ONE_BY_ONE] if "ncnn" in names else [])
    return "\n".join([line(head), line(rule)] + [line(cells(row, names)) for row in rows]
                     + ["", " ".join(notes), "", setting.sentence]) + "\n"
