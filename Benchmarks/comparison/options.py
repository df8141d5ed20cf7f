"""What the user of `Benchmarks/compare` may ask for."""

import argparse
import os
import pathlib
from dataclasses import dataclass

from comparison.places import STRIATE, short
from peers import PEERS
from peers.networks import NETWORKS

MODES = ("train", "infer")
ISAS = ("portable", "avx2", "avx512")

DESCRIPTION = """
Times Striate and other frameworks in turn, on the same networks, and prints a table of medians.
The frameworks are installed into .build/peers; $STRIATE_WHEELS may name a folder of wheels for it.
"""

EXAMPLES = """
peers:    {peers}
networks: {networks}

examples:
  Benchmarks/compare
  Benchmarks/compare --net resnet20,vgg-small --mode infer --only torch,openvino --rounds 9
  Benchmarks/compare --exact --out table.md --plot ratios.svg --json rows.jsonl
"""


@dataclass(frozen=True)
class Pace:
    """How long each part of the comparison takes."""

    rounds: int
    #: Seconds that one turn of one framework lasts.
    seconds: float
    #: Steps of a turn, however long they take.
    least: int


def words(known: tuple[str, ...], separator: str = ","):
    """A parser of words out of a list, such as "train,infer"."""

    def parse(text: str) -> tuple[str, ...]:
        found = tuple(text.split(separator))
        for word in found:
            if word not in known:
                raise argparse.ArgumentTypeError(
                    f"expected some of {', '.join(known)}, found {word!r}")
        return found

    return parse


def positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a number from 1, found {text!r}")
    return int(text)


def add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--threads", type=positive, default=os.cpu_count() or 1, metavar="N",
                        help="threads that compute, of everyone (one a processor)")
    parser.add_argument("--isa", choices=ISAS,
                        help="instruction set of Striate alone (what the processor has)")
    parser.add_argument("--striate", type=pathlib.Path, default=STRIATE, metavar="FILE",
                        help=f"the program ({short(STRIATE)})")


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="Benchmarks/compare",
        description=DESCRIPTION,
        epilog=EXAMPLES.format(peers=", ".join(PEERS), networks=", ".join(NETWORKS)),
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--net", type=words(tuple(NETWORKS)), default=tuple(NETWORKS),
                        metavar="NAMES", help="networks (all)")
    parser.add_argument("--mode", type=words(MODES), default=MODES, metavar="NAMES",
                        help="train, infer or both (both)")
    parser.add_argument("--only", type=words(tuple(PEERS)), default=tuple(PEERS), metavar="PEERS",
                        help="frameworks beside Striate (all)")
    parser.add_argument("--rounds", type=positive, metavar="N", help="turns of each (5)")
    parser.add_argument("--exact", action="store_true",
                        help="rows of Striate without Winograd's algorithm as well")
    parser.add_argument("--compile", action="store_true", help="try torch.compile as well")
    parser.add_argument("--quick", action="store_true",
                        help="one round of few steps: shows that all works, its figures say little")
    parser.add_argument("--out", type=pathlib.Path, metavar="FILE.md",
                        help="write the table there as well")
    parser.add_argument("--plot", type=pathlib.Path, metavar="FILE.svg", help="draw the ratios")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE",
                        help="write every turn, one JSON object a line")
    add_common(parser)
    return parser.parse_args(arguments)


def pace(options: argparse.Namespace) -> Pace:
    if options.quick:
        return Pace(options.rounds or 1, 0.05, 1)
    return Pace(options.rounds or 5, 0.6, 3)
