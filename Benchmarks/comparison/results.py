"""Medians and ratios of what was measured."""

import statistics
from collections import defaultdict
from dataclasses import dataclass

from comparison.contestants import Case
from comparison.measuring import Turn


@dataclass(frozen=True)
class Row:
    """A line of the table."""

    case: Case
    exact: bool
    striate: float
    #: Images a second by the peer's name.
    peers: dict[str, float]
    best: str | None
    #: Striate / best peer, a number a round.
    ratios: tuple[float, ...]

    @property
    def ratio(self) -> float | None:
        return statistics.median(self.ratios) if self.ratios else None


Speeds = dict[int, float]
"""Images a second by round."""


def median(speeds: Speeds) -> float:
    return statistics.median(speeds.values())


def fastest_variants(turns: list[Turn]) -> dict[str, Speeds]:
    """Of each group the variant with the highest median."""
    variants: dict[str, dict[str, Speeds]] = defaultdict(lambda: defaultdict(dict))
    for turn in turns:
        variants[turn.group][turn.variant][turn.round] = turn.images_per_second
    return {group: max(found.values(), key=median) for group, found in variants.items()}


def rows(case: Case, turns: list[Turn]) -> list[Row]:
    """One row of Striate, and one of Striate --exact where it was asked for."""
    groups = fastest_variants(turns)
    own = {group: groups.pop(group) for group in ("striate", "striate-exact") if group in groups}
    best = max(groups, key=lambda name: median(groups[name]), default=None)
    found = []
    for group, speeds in own.items():
        both = sorted(speeds.keys() & groups[best].keys()) if best else []
        found.append(Row(
            case, group != "striate", median(speeds),
            {name: median(found) for name, found in groups.items()}, best,
            tuple(speeds[number] / groups[best][number] for number in both)))
    return found
