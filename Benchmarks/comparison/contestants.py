"""Those who are timed: Striate's program, and the process of a peer."""

import contextlib
import json
import os
import pathlib
import signal
import subprocess
import threading
from dataclasses import dataclass

from comparison.options import Pace
from comparison.places import BENCHMARKS, PEERS, PYTHON, short
from peers import Peer
from peers.networks import NETWORKS

SLOWEST_ANSWER = 300.0
"""Seconds after which a silent process is ended."""


class Failure(Exception):
    """Why somebody cannot be timed, in one line."""


@dataclass(frozen=True)
class Case:
    """What is timed, of everyone."""

    network: str
    batch: int
    mode: str

    def __str__(self) -> str:
        return f"{self.network}, batch {self.batch}, {self.mode}"


class Striate:
    """`striate bench`, started anew at each turn."""

    def __init__(self, program: pathlib.Path, threads: int, isa: str | None, exact: bool = False):
        self.label = "Striate --exact" if exact else "Striate"
        self.group = "striate-exact" if exact else "striate"
        self.variant = ""
        self.command = [str(program), "bench", "--json", "--threads", str(threads)]
        self.command += ["--exact"] if exact else []
        self.environment = os.environ | ({"STRIATE_ISA": isa} if isa else {})
        self.milliseconds = 0.0

    def prepare(self, case: Case) -> None:
        self.case = case
        self.milliseconds = 0.0

    def turn(self, pace: Pace) -> dict:
        """The first turn of a case has few steps: it says how many the later ones need."""
        steps = pace.least
        if self.milliseconds:
            steps = min(max(round(pace.seconds * 1e3 / self.milliseconds), pace.least), 500)
        classes = NETWORKS[self.case.network].classes
        answer = run(self.command + [
            "--model", self.case.network, "--batch", str(self.case.batch), "--mode",
            self.case.mode, "--classes", str(classes), "--steps", str(steps)], self.environment)
        self.milliseconds = answer["median_ms"]
        return answer

    def forget(self) -> None:
        pass


def run(command: list[str], environment: dict[str, str]) -> dict:
    """The JSON object that a program prints last."""
    try:
        answer = subprocess.run(command, env=environment, capture_output=True, text=True,
                                timeout=SLOWEST_ANSWER)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Failure(f"{type(error).__name__}: {error}") from None
    if answer.returncode:
        lines = answer.stderr.strip().splitlines()
        raise Failure(lines[-1] if lines else f"exit status {answer.returncode}")
    return json.loads(answer.stdout.splitlines()[-1])


class Process:
    """The process of a peer, which serves all its variants and is stopped between requests: its threads
    could go on spinning for a while in the others' turns."""

    def __init__(self, peer: Peer, threads: int):
        self.peer, self.threads = peer, threads
        self.process: subprocess.Popen | None = None
        self.log = PEERS / f"{peer.name}.log"

    def start(self) -> subprocess.Popen:
        environment = os.environ | {
            "PYTHONPATH": str(BENCHMARKS), "OMP_NUM_THREADS": str(self.threads)}
        with open(self.log, "w") as log:
            return subprocess.Popen(
                [PYTHON, "-m", "peers.serving", self.peer.module, str(self.threads)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True,
                env=environment)

    def ask(self, **request) -> dict:
        self.process = self.process or self.start()
        timer = threading.Timer(SLOWEST_ANSWER, self.process.kill)
        timer.start()
        try:
            self.process.send_signal(signal.SIGCONT)
            print(json.dumps(request), file=self.process.stdin, flush=True)
            line = self.process.stdout.readline()
            self.process.send_signal(signal.SIGSTOP)
        except BrokenPipeError:
            line = ""
        finally:
            timer.cancel()
        if not line:
            raise Failure(f"its process ended with status {self.stop()}: see {short(self.log)}")
        answer = json.loads(line)
        if "error" in answer:
            raise Failure(answer["error"].splitlines()[0])
        return answer

    def stop(self) -> int:
        """The exit status."""
        process, self.process = self.process, None
        if not process:
            return 0
        process.send_signal(signal.SIGCONT)
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
        try:
            return process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()


class Contestant:
    """A peer in one of its variants."""

    def __init__(self, process: Process, variant: str, files: dict[tuple[str, str, int], str]):
        self.process, self.variant, self.files = process, variant, files
        self.peer = process.peer
        self.group = self.peer.name
        self.label = f"{self.peer.label} {variant}".strip()

    def prepare(self, case: Case) -> None:
        batch = 1 if self.peer.one_by_one else case.batch
        file = ""
        if self.peer.reads:
            file = self.files.get((self.peer.reads, case.network, batch), "")
            if not file:
                raise Failure(f"there is no {self.peer.reads} file of {case.network}")
        self.process.ask(do="prepare", key=self.variant, network=case.network, batch=batch,
                         mode=case.mode, variant=self.variant, file=file)

    def turn(self, pace: Pace) -> dict:
        return self.process.ask(do="time", key=self.variant, seconds=pace.seconds,
                                least=pace.least)

    def forget(self) -> None:
        if self.process.process:
            self.process.ask(do="forget")
