"""The process of a peer: reads requests as JSON lines, prepares networks, times their steps.

    {"do": "start"}
    {"do": "prepare", "key": …, …}      and what a Job has
    {"do": "time", "key": …, "seconds": …, "least": …}
    {"do": "forget"}

Each is answered by one line: an object with "error" where something went wrong. Between requests
the process waits, so that whoever asks decides who runs when.
"""

import gc
import importlib
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

from peers.networks import NETWORKS

Step = Callable[[], object]
WARM_UP_STEPS = 2
MOST_STEPS = 500


@dataclass(frozen=True)
class Job:
    """What is timed."""

    network: str
    batch: int
    mode: str
    variant: str
    #: The network as the peer reads it, for one that reads files.
    file: str


def measure(step: Step, seconds: float, least: int) -> list[float]:
    """Seconds of each of at least `least` steps, as many as fit into `seconds`."""
    for _ in range(WARM_UP_STEPS):
        step()
    times: list[float] = []
    end = time.perf_counter() + seconds
    while len(times) < least or (time.perf_counter() < end and len(times) < MOST_STEPS):
        began = time.perf_counter()
        step()
        times.append(time.perf_counter() - began)
    return times


class Server:
    """Answers requests for one peer."""

    def __init__(self, module: str, threads: int):
        self.peer = importlib.import_module("peers." + module)
        self.peer.start(threads)
        self.steps: dict[str, tuple[Job, Step]] = {}

    def answer(self, request: dict) -> dict:
        match request.pop("do"):
            case "start":
                return {}
            case "prepare":
                key, job = request.pop("key"), Job(**request)
                self.steps[key] = (job, self.peer.prepare(job, NETWORKS[job.network]))
                return {}
            case "time":
                job, step = self.steps[request["key"]]
                times = measure(step, request["seconds"], request["least"])
                median = statistics.median(times)
                return {"median_ms": median * 1e3, "steps": len(times),
                        "images_per_second": job.batch / median}
            case "forget":
                self.steps.clear()
                gc.collect()
                return {}
        return {"error": "unknown request"}


def main() -> None:
    module, threads = sys.argv[1], int(sys.argv[2])
    # Frameworks print what they like: it goes to standard error, answers alone to the pipe.
    pipe = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    server = None
    for line in sys.stdin:
        try:
            server = server or Server(module, threads)
            answer = server.answer(json.loads(line))
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), file=pipe, flush=True)


if __name__ == "__main__":
    main()
