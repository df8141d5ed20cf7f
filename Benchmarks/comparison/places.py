"""Where things lie, wherever the program is started."""

import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
BENCHMARKS = ROOT / "Benchmarks"
REQUIREMENTS = BENCHMARKS / "requirements.txt"
STRIATE = ROOT / ".build/release/striate"

#: The virtual environment of the peers.
PEERS = ROOT / ".build/peers"
PYTHON = PEERS / "bin/python"


def short(path: pathlib.Path) -> str:
    """A path as someone in the root of the project writes it."""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)
