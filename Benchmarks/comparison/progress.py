"""What is done now and how long it may still take, on standard error."""

import pathlib
import sys
import time

PROGRAM = pathlib.Path(sys.argv[0]).name


def say(text: str) -> None:
    print(f"{PROGRAM}: {text}", file=sys.stderr, flush=True)


def minutes(seconds: float) -> str:
    if seconds < 55:
        return f"{max(5, round(seconds / 5) * 5)} seconds"
    whole = max(1, round(seconds / 60))
    return f"{whole} minute{'s' if whole > 1 else ''}"


class Progress:
    """Tells the time that is left from the time that the parts before took.

    Parts have a weight, their expected seconds; how wrong these are on this machine is learned as
    parts end.
    """

    def __init__(self, weights: list[float]):
        self.total = sum(weights)
        self.done = 0.0
        self.began = time.monotonic()

    def left(self) -> float:
        spent = time.monotonic() - self.began
        # The expectation counts as much as its own tenth, so that the first part does not rule.
        trust = self.total / 10
        pace = (spent + trust) / (self.done + trust)
        return (self.total - self.done) * pace

    def finish(self, weight: float) -> None:
        self.done += weight

    def tell(self, text: str) -> None:
        say(f"{text} (about {minutes(self.left())} left)")
