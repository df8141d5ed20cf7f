"""Writes a small file with the safetensors package, which the tests read; or prints one that Striate wrote.

Made with safetensors 0.8.0 and PyTorch 2.13.0. Run from the root of the repository:

    python3 Tests/Fixtures/make_safetensors.py
    python3 Tests/Fixtures/make_safetensors.py model.safetensors
"""

import json
import sys

import torch
from safetensors import safe_open
from safetensors.torch import save_file

if len(sys.argv) > 1:
    with safe_open(sys.argv[1], framework="pt") as file:
        print(json.dumps(file.metadata(), indent=1, ensure_ascii=False))
        for name in file.keys():
            tensor = file.get_tensor(name)
            print(name, tensor.dtype, list(tensor.shape), float(tensor.double().sum()))
else:
    values = torch.tensor([[0.0, -1.5, 65504.0], [2.0**-24, float("inf"), 0.333251953125]])
    save_file(
        {
            "single": values.float(),
            "double": values.double(),
            "half": values.half(),
            "brain": values.bfloat16(),
            "count": torch.tensor(7, dtype=torch.int64),
            "empty": torch.zeros(0, 3),
        },
        "Tests/StriateTests/Fixtures/types.safetensors",
        metadata={"quoted \"key\"": "line\nnext, ünïcödé 数 😀"},
    )
