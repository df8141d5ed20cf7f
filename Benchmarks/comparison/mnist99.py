"""The time to 99 % on MNIST: from the start of a process to its end."""

import argparse
import os
import pathlib
import shlex
import statistics
import sys
import time
from dataclasses import dataclass

from comparison import installation, machine, options
from comparison.contestants import Failure, run
from comparison.places import BENCHMARKS, PYTHON, short
from comparison.progress import say
from comparison.table import line
from peers.mnist_recipe import RECIPE

GOAL = 0.99
EXAMPLES = """
example:
  Benchmarks/mnist99 --runs 5 --out mnist99.md
"""


@dataclass(frozen=True)
class Program:
    """Something that trains: its command takes a seed at the end."""

    label: str
    command: list[str]


@dataclass(frozen=True)
class Run:
    """Seconds from start to end and in training steps; the share of test images right."""

    wall: float
    training: float
    accuracy: float


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="Benchmarks/mnist99",
        description="Trains one small network on MNIST with Striate and with PyTorch, in turn, and "
                    "prints the time that each takes from start to end, and the accuracy.",
        epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=options.positive, default=3, metavar="N",
                        help="runs of each, with another seed every time (3)")
    parser.add_argument("--data", type=pathlib.Path, metavar="DIR",
                        help="folder with MNIST ($STRIATE_DATA, or the cache of Striate)")
    parser.add_argument("--out", type=pathlib.Path, metavar="FILE.md",
                        help="write the table there as well")
    options.add_common(parser)
    return parser.parse_args()


def environment(chosen: argparse.Namespace) -> dict[str, str]:
    found = os.environ | {"PYTHONPATH": str(BENCHMARKS), "OMP_NUM_THREADS": str(chosen.threads)}
    found |= {"STRIATE_ISA": chosen.isa} if chosen.isa else {}
    return found | ({"STRIATE_DATA": str(chosen.data.resolve())} if chosen.data else {})


def mnist(chosen: argparse.Namespace) -> str:
    """The folder that Striate reads MNIST from."""
    info = run([str(chosen.striate), "info", "--json"], environment(chosen))
    if not info["datasets"]["mnist"]:
        raise Failure("MNIST was not found: run `striate train mnist` once, or set STRIATE_DATA")
    return info["datasets"]["mnist"]


def programs(chosen: argparse.Namespace, with_pytorch: bool) -> list[Program]:
    threads = ["--threads", str(chosen.threads)]
    folder = mnist(chosen)
    found = [Program("Striate", [
        str(chosen.striate), "train", "mnist", "--json", "--quiet", *RECIPE.options, *threads])]
    if with_pytorch:
        command = [str(PYTHON), "-m", "peers.mnist_training", folder, *threads]
        found += [Program("PyTorch", command),
                  Program("PyTorch, channels last", command + ["--channels-last"])]
    return found


def time_one(program: Program, seed: int, variables: dict[str, str]) -> Run:
    began = time.perf_counter()
    answer = run(program.command + ["--seed", str(seed)], variables)
    wall = time.perf_counter() - began
    return Run(wall, answer["train_seconds"], answer["test_accuracy"])


def time_all(found: list[Program], chosen: argparse.Namespace) -> dict[str, list[Run]]:
    variables, runs = environment(chosen), {program.label: [] for program in found}
    for number in range(1, chosen.runs + 1):
        for program in found:
            say(f"{program.label}, run {number} of {chosen.runs}")
            runs[program.label].append(time_one(program, number, variables))
    return runs


def wall(runs: list[Run]) -> float:
    return statistics.median(run.wall for run in runs)


def cells(label: str, runs: list[Run], own: list[Run]) -> list[str]:
    ratios = [other.wall / mine.wall for other, mine in zip(runs, own)]
    accuracies = [100 * run.accuracy for run in runs]
    accuracy = statistics.median(accuracies)
    training = statistics.median(run.training for run in runs)
    return [label, f"{wall(runs):.2f} s", f"{training:.2f} s",
            f"{accuracy:.2f} % ({min(accuracies):.2f}–{max(accuracies):.2f})",
            f"{statistics.median(ratios):.1f}×"]


def report(runs: dict[str, list[Run]], setting: machine.Setting) -> str:
    """The slower of PyTorch's two formats is left out."""
    own = runs["Striate"]
    others = {label: part for label, part in runs.items() if label != "Striate"}
    shown = {"Striate": own}
    if others:
        best = min(others, key=lambda label: wall(others[label]))
        shown[best] = others[best]
    head = ["MNIST", "start to end", "training steps", "test accuracy (least–most)",
            "time, of Striate's"]
    lines = [line(head), line(["---"] + ["---:"] * 4)]
    lines += [line(cells(label, part, own)) for label, part in shown.items()]
    return "\n".join([*lines, "", f"Medians of runs in turn, {len(own)} of each. {setting.sentence}"]) + "\n"


def compare(chosen: argparse.Namespace) -> int:
    if not chosen.striate.exists():
        raise Failure(f"{short(chosen.striate)} is not there: run `make build` first")
    peers, versions = installation.prepare(["torch"])
    command = shlex.join(["Benchmarks/mnist99", *sys.argv[1:]])
    setting = machine.describe(chosen.striate, chosen.isa, peers, versions, command)
    runs = time_all(programs(chosen, bool(peers)), chosen)
    text = report(runs, setting)
    print(text, end="")
    if chosen.out:
        chosen.out.write_text(text)
    least = min(run.accuracy for run in runs["Striate"])
    if least < GOAL:
        say(f"Striate reached {100 * least:.2f} %, not {100 * GOAL:.0f} %")
    return 0 if least >= GOAL else 1


def main() -> int:
    try:
        return compare(parse())
    except Failure as failure:
        say(str(failure))
        return 1
    except KeyboardInterrupt:
        return 130
