"""The machine and the versions, which every figure needs beside it."""

import datetime
import os
import pathlib
import platform
import re
import subprocess
from dataclasses import dataclass

from comparison.contestants import run
from peers import Peer


@dataclass(frozen=True)
class Setting:
    """Where, when and with what was measured."""

    processor: str
    cores: int
    isa: str
    system: str
    versions: dict[str, str]
    date: str
    command: str

    @property
    def sentence(self) -> str:
        versions = ", ".join(f"{name} {version}" for name, version in self.versions.items())
        return (f"{self.processor}, {self.cores} cores, Striate on {self.isa}; {self.system}; "
                f"{versions}; {self.date}; `{self.command}`.")


def processor() -> str:
    """The model's name, with family and model where Linux tells them: names alone say little."""
    try:
        text = pathlib.Path("/proc/cpuinfo").read_text()
    except OSError:
        answer = subprocess.run(["sysctl", "-n", "machdep.cpu.brand_string"],
                                capture_output=True, text=True)
        return answer.stdout.strip() or platform.machine()
    facts = dict(re.findall(r"^([\w ]+?)\s*: (.+)$", text, re.MULTILINE))
    name = facts.get("model name", platform.machine())
    if "cpu family" in facts:
        name += f" (family {facts['cpu family']}, model {facts['model']})"
    return name


def describe(striate: pathlib.Path, isa: str | None, peers: list[Peer],
             installed: dict[str, str], command: str) -> Setting:
    environment = os.environ | ({"STRIATE_ISA": isa} if isa else {})
    info = run([str(striate), "info", "--json"], environment)
    versions = {"Striate": info["version"]}
    versions |= {peer.label: installed[peer.packages[0]] for peer in peers}
    versions |= {label: installed[name] for label, name in filter(None, (p.backend for p in peers))}
    return Setting(processor(), os.cpu_count() or 1, info["isa"], info["system"], versions,
                   datetime.date.today().isoformat(), command)
