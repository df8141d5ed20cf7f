"""The comparison from end to end."""

import dataclasses
import json
import shlex
import sys
import tempfile

from comparison import installation, machine, options, plan, plot, table
from comparison.contestants import Case, Contestant, Failure, Process, Striate
from comparison.measuring import Runner, Turn, expected_seconds, measure
from comparison.places import short
from comparison.progress import Progress, say
from comparison.results import rows
from peers import Peer


def variants(peer: Peer, compiles: bool) -> tuple[str, ...]:
    if not compiles or peer.name != "torch":
        return peer.variants
    return peer.variants + tuple(f"{name} compile" for name in peer.variants)


def runs(process: Process) -> bool:
    """Whether a peer starts; if not, why."""
    say(f"starting {process.peer.label}")
    try:
        process.ask(do="start")
    except Failure as failure:
        say(f"{process.peer.label} is left out: it does not run: {failure}")
        return False
    return True


class Comparison:
    """Everyone who is timed, and every turn so far."""

    def __init__(self, chosen, peers: list[Peer], files: plan.Files):
        self.pace = options.pace(chosen)
        self.striate = [Striate(chosen.striate, chosen.threads, chosen.isa)]
        if chosen.exact:
            self.striate.append(Striate(chosen.striate, chosen.threads, chosen.isa, exact=True))
        self.processes = [
            process for process in (Process(peer, chosen.threads) for peer in peers)
            if runs(process)]
        self.contestants = [
            Contestant(process, variant, files) for process in self.processes
            for variant in variants(process.peer, chosen.compile)]

    @property
    def peers(self) -> list[Peer]:
        return [process.peer for process in self.processes]

    def runners(self, case: Case) -> list[Runner]:
        return self.striate + [
            contestant for contestant in self.contestants
            if plan.takes_part(contestant.peer, case)]

    def run(self, cases: list[Case]) -> dict[Case, list[Turn]]:
        rounds = self.pace.rounds + 1
        progress = Progress([
            rounds * expected_seconds(case, len(self.runners(case)), self.pace)
            for case in cases])
        try:
            return {case: measure(case, self.runners(case), self.pace, progress)
                    for case in cases}
        finally:
            for process in self.processes:
                process.stop()


def write_turns(path, setting: machine.Setting, turns: dict[Case, list[Turn]]) -> None:
    """The setting first, then a line a turn."""
    lines = [dataclasses.asdict(setting)] + [turn.row() for part in turns.values() for turn in part]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))


def compare(chosen, command: str) -> int:
    if not chosen.striate.exists():
        say(f"{short(chosen.striate)} is not there: run `make build` first")
        return 1
    peers, versions = installation.prepare(chosen.only)
    cases = plan.cases(chosen)
    with tempfile.TemporaryDirectory() as folder:
        comparison = Comparison(chosen, peers, plan.convert(peers, cases, folder))
        setting = machine.describe(
            chosen.striate, chosen.isa, comparison.peers, versions, command)
        turns = comparison.run(cases)
    found = [row for case, part in turns.items() for row in rows(case, part)]
    text = table.markdown(found, setting)
    print(text, end="")
    if chosen.out:
        chosen.out.write_text(text)
    if chosen.plot:
        chosen.plot.write_text(plot.svg(found, setting))
    if chosen.json:
        write_turns(chosen.json, setting, turns)
    return 0 if found else 1


def main() -> int:
    chosen = options.parse(sys.argv[1:])
    command = shlex.join(["Benchmarks/compare", *sys.argv[1:]])
    try:
        return compare(chosen, command)
    except Failure as failure:
        say(str(failure))
        return 1
    except KeyboardInterrupt:
        return 130
