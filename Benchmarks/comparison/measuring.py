"""Rounds in which everyone has a turn, and what comes of them."""

import dataclasses
import time
from dataclasses import dataclass

from comparison.contestants import Case, Contestant, Failure, Striate
from comparison.options import Pace
from comparison.progress import Progress, say

PAUSE = 0.25
"""Seconds between turns, in which the threads of the turn before stop to spin."""

HOPELESS = 0.75
"""A variant that is slower than this share of the best one of its peer is not timed further."""


@dataclass(frozen=True)
class Turn:
    """One figure of one contestant."""

    case: Case
    round: int
    #: "striate", "striate-exact" or a peer's name.
    group: str
    variant: str
    images_per_second: float
    median_ms: float
    steps: int

    def row(self) -> dict:
        row = dataclasses.asdict(self)
        return row.pop("case") | row


Runner = Striate | Contestant


def expected_seconds(case: Case, runners: int, pace: Pace) -> float:
    """Of one round; a few steps of a large network last longer than a turn."""
    longer = 2.5 if case.network == "resnet18" and case.batch > 1 else 0
    return runners * (pace.seconds + PAUSE + 0.3 + longer)


def ready(case: Case, runners: list[Runner]) -> list[tuple[Runner, float]]:
    """Those who could prepare and do a first turn, which warms them up, with their speeds."""
    found = []
    for runner in runners:
        try:
            runner.prepare(case)
            speed = runner.turn(Pace(1, 0.2, 1))["images_per_second"]
        except Failure as failure:
            say(f"{runner.label} is left out of {case}: {failure}")
        else:
            found.append((runner, speed))
    return found


def hopeful(case: Case, found: list[tuple[Runner, float]]) -> list[Runner]:
    """All but variants that are far slower than another one of the same peer."""
    best: dict[str, float] = {}
    for runner, speed in found:
        best[runner.group] = max(best.get(runner.group, 0), speed)
    return [runner for runner, speed in found if speed >= HOPELESS * best[runner.group]]


def measure(case: Case, runners: list[Runner], pace: Pace, progress: Progress) -> list[Turn]:
    weight = expected_seconds(case, len(runners), pace)
    progress.tell(f"{case}: preparing {', '.join(runner.label for runner in runners)}")
    left = hopeful(case, ready(case, runners))
    progress.finish(weight)
    turns: list[Turn] = []
    for number in range(1, pace.rounds + 1):
        progress.tell(f"{case}: round {number} of {pace.rounds}")
        for runner in list(left):
            time.sleep(PAUSE)
            try:
                turns.append(turn(case, number, runner, pace))
            except Failure as failure:
                say(f"{runner.label} is left out of {case}: {failure}")
                left.remove(runner)
        progress.finish(weight)
    for runner in left:
        forget(runner)
    return turns


def turn(case: Case, number: int, runner: Runner, pace: Pace) -> Turn:
    answer = runner.turn(pace)
    return Turn(case, number, runner.group, runner.variant, answer["images_per_second"],
                answer["median_ms"], answer["steps"])


def forget(runner: Runner) -> None:
    try:
        runner.forget()
    except Failure:
        pass  # Its next preparation starts a new process.
