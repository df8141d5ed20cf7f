#!/usr/bin/env python3
"""Makes the state dicts that StateDictTests reads: python3 Tests/Fixtures/make_state_dict_fixtures.py

Written with PyTorch 2.15.0 and safetensors 0.8.0. All numbers are multiples of 1/8, which every
floating-point type here holds, so that each file holds the same state dict.
"""

import json
import pathlib

import numpy
import torch
from safetensors.torch import save_file

FOLDER = pathlib.Path(__file__).parent.parent / "StriateFormatsTests" / "Fixtures"


def network():
    """A small network, its parameters (k mod 17 − 8) / 8 in the order of the state dict."""
    model = torch.nn.Sequential(
        torch.nn.Conv2d(1, 2, 3), torch.nn.BatchNorm2d(2), torch.nn.ReLU(), torch.nn.Flatten(),
        torch.nn.Linear(8, 3))
    count = 0
    for name, tensor in model.state_dict().items():
        if not tensor.is_floating_point():
            tensor.fill_(3)
            continue
        numbers = (torch.arange(count, count + tensor.numel()) % 17 - 8) / 8
        count += tensor.numel()
        tensor.copy_(numbers.reshape(tensor.shape).abs() + 0.5 if "var" in name else numbers.reshape(tensor.shape))
    return model.eval()


def main():
    FOLDER.mkdir(exist_ok=True)
    model = network()
    state = model.state_dict()
    torch.save(state, FOLDER / "state.pt")
    torch.save({"epoch": 3, "state_dict": state, "rate": 0.5, "names": ["a", ("b", None, True)]},
               FOLDER / "checkpoint.pt")
    torch.save(model, FOLDER / "whole_model.pt")
    torch.save({"module." + name: tensor.half() if tensor.is_floating_point() else tensor
                for name, tensor in state.items()}, FOLDER / "half.pt")
    torch.save({"a": torch.arange(24.0).reshape(2, 3, 4).permute(2, 0, 1),
                "b": torch.arange(10.0, dtype=torch.float64)[3:7],
                "c": torch.arange(4.0, dtype=torch.bfloat16),
                "d": torch.nn.Parameter(torch.ones(2)),
                "e": torch.zeros(1).expand(1000, 1000)[:0],
                "f": torch.tensor(5.0),
                "g": torch.tensor([1, 2])}, FOLDER / "views.pt")
    torch.save({"a": torch.zeros(1).expand(1000, 1000)}, FOLDER / "expanded.pt")
    torch.save(state, FOLDER / "legacy.pt", _use_new_zipfile_serialization=False)
    save_file({name: tensor.clone() for name, tensor in state.items()}, FOLDER / "state.safetensors")
    types = [torch.float16, torch.bfloat16, torch.float64]
    save_file({name: tensor.to(types[index % 3]) if tensor.is_floating_point() else tensor
               for index, (name, tensor) in enumerate(state.items())}, FOLDER / "types.safetensors")
    names = list(state)
    shards = {"state-00001-of-00002.safetensors": names[:4], "state-00002-of-00002.safetensors": names[4:]}
    for file, members in shards.items():
        save_file({name: state[name].clone() for name in members}, FOLDER / file)
    index = {"metadata": {"total_size": 0},
             "weight_map": {name: file for file, members in shards.items() for name in members}}
    (FOLDER / "state.safetensors.index.json").write_text(json.dumps(index, indent=1) + "\n")
    image = (torch.arange(16.0).reshape(1, 1, 4, 4) - 8) / 8
    with torch.no_grad():
        outputs = model(image)
    numpy.savetxt(FOLDER / "outputs.txt", outputs.numpy().reshape(-1), fmt="%.9g")


if __name__ == "__main__":
    main()
