"""Which networks, batches and modes are compared, and in which files peers read them."""

import argparse
import json
import os
import subprocess
from collections.abc import Iterable

from comparison.contestants import Case
from comparison.places import BENCHMARKS, PEERS, PYTHON, short
from comparison.progress import say
from peers import Peer
from peers.networks import NETWORKS

ONE_IMAGE = ("numpy-cnn", "resnet18")
"""Networks that are also compared in inference of a single image."""

Files = dict[tuple[str, str, int], str]


def cases(options: argparse.Namespace) -> list[Case]:
    found = [Case(name, NETWORKS[name].batch, mode)
             for name in options.net for mode in options.mode]
    if "infer" in options.mode:
        found += [Case(name, 1, "infer") for name in options.net if name in ONE_IMAGE]
    return found


def takes_part(peer: Peer, case: Case) -> bool:
    return case.mode in peer.modes


def wishes(peers: list[Peer], todo: list[Case]) -> Iterable[tuple[str, str, int]]:
    """Form, network and batch of each file that some peer reads, without repetition."""
    return dict.fromkeys(
        (peer.reads, case.network, 1 if peer.one_by_one else case.batch)
        for case in todo for peer in peers if peer.reads and takes_part(peer, case))


def convert(peers: list[Peer], todo: list[Case], folder: str) -> Files:
    """Writes the files into a folder; what cannot be written is told and left out."""
    wanted = list(wishes(peers, todo))
    if not wanted:
        return {}
    say(f"writing {len(wanted)} networks as files for "
        + ", ".join(peer.label for peer in peers if peer.reads))
    log = PEERS / "conversion.log"
    with open(log, "w") as errors:
        process = subprocess.run(
            [PYTHON, "-m", "peers.conversion", folder] + [":".join(map(str, w)) for w in wanted],
            stdout=subprocess.PIPE, stderr=errors, text=True,
            env=os.environ | {"PYTHONPATH": str(BENCHMARKS)})
    files = {}
    for answer in map(json.loads, process.stdout.splitlines()):
        form, name, batch = answer["wish"].split(":")
        if "path" in answer:
            files[form, name, int(batch)] = answer["path"]
        else:
            say(f"{name} cannot be written for {form}: {answer['error']}")
    if process.returncode:
        say(f"conversion ended with status {process.returncode}: see {short(log)}")
    return files
