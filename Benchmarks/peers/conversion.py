"""Writes networks as files that other frameworks read: ONNX by PyTorch, ncnn's own by pnnx.

    python3 -m peers.conversion FOLDER onnx:resnet20:128 ncnn:resnet20:1 …

Prints one JSON line a file: what was asked for, and its path or an error.
"""

import json
import os
import pathlib
import sys
import warnings

import torch

from peers import pytorch_modules
from peers.networks import NETWORKS


def onnx_file(folder: pathlib.Path, name: str, batch: int) -> str:
    path = str(folder / f"{name}-{batch}.onnx")
    description = NETWORKS[name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            pytorch_modules.network(description).eval(), torch.zeros(batch, *description.shape),
            path, input_names=["x"], dynamo=False)
    return path


def ncnn_file(folder: pathlib.Path, name: str, batch: int) -> str:
    """The path without .param and .bin."""
    import pnnx

    # pnnx imports a program that it names after the file: no hyphens.
    script = folder / f"{name.replace('-', '_')}_{batch}.pt"
    description = NETWORKS[name]
    pnnx.export(pytorch_modules.network(description), str(script),
                torch.zeros(batch, *description.shape), fp16=False)
    stem = str(script.with_suffix(".ncnn"))
    if not os.path.exists(stem + ".bin"):
        raise RuntimeError("pnnx wrote no file")
    return stem


WRITERS = {"onnx": onnx_file, "ncnn": ncnn_file}


def main() -> None:
    pipe = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    folder = pathlib.Path(sys.argv[1])
    for wish in sys.argv[2:]:
        form, name, batch = wish.split(":")
        try:
            answer = {"path": WRITERS[form](folder, name, int(batch))}
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}".splitlines()[0]}
        print(json.dumps({"wish": wish, **answer}), file=pipe, flush=True)


if __name__ == "__main__":
    main()
