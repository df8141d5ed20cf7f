"""Puts the peers into a virtual environment, each with the versions that requirements.txt pins."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable

from comparison.places import PEERS as FOLDER, PYTHON, REQUIREMENTS, short
from comparison.progress import say
from peers import PEERS, Peer

VERSIONS = """
import importlib.metadata, json
print(json.dumps({d.metadata["Name"].lower().replace("_", "-"): d.version
                  for d in importlib.metadata.distributions()}))
"""


def pins() -> dict[str, str]:
    """Versions by name."""
    lines = (line.partition("#")[0].strip() for line in REQUIREMENTS.read_text().splitlines())
    return dict(line.split("==") for line in lines if line)


def installed() -> dict[str, str]:
    answer = subprocess.run([PYTHON, "-c", VERSIONS], capture_output=True, text=True, check=True)
    return json.loads(answer.stdout)


def missing(peer: Peer) -> list[str]:
    """What pip is to install; a version's local part, as in 2.13.0+cpu, does not matter."""
    wanted, present = pins(), installed()
    return [f"{name}=={wanted[name]}" for name in peer.packages
            if present.get(name, "").partition("+")[0] != wanted[name]]


def install(peer: Peer) -> str | None:
    """What went wrong, in one line, or nothing."""
    packages = missing(peer)
    if not packages:
        return None
    say(f"installing {peer.label}: {' '.join(packages)}")
    command = [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    if wheels := os.environ.get("STRIATE_WHEELS"):
        command += ["--find-links", wheels]
    answer = subprocess.run(command + packages, capture_output=True, text=True)
    if answer.returncode == 0:
        return None
    errors = [line for line in answer.stderr.splitlines() if line.startswith("ERROR")]
    return (errors or answer.stderr.splitlines() or ["pip failed"])[-1].removeprefix("ERROR: ")


def prepare(names: Iterable[str]) -> tuple[list[Peer], dict[str, str]]:
    """The peers that are there now, and the versions of all distributions by name."""
    if not PYTHON.exists():
        say(f"making a virtual environment in {short(FOLDER)}")
        subprocess.run([sys.executable, "-m", "venv", FOLDER], check=True)
    ready = []
    for peer in (PEERS[name] for name in names):
        if problem := install(peer):
            say(f"{peer.label} is left out: it cannot be installed: {problem}")
        else:
            ready.append(peer)
    return ready, installed()
