#!/usr/bin/env python3
"""Checks that torchvision's state dicts, with random weights, become models that compute the same: check_import.py STRIATE

Each is saved by torch.save and as safetensors, and imported; outputs must agree to 1e-5 of the largest.
Needs torch, torchvision and safetensors.
"""

import pathlib
import subprocess
import sys
import tempfile

import torch
import torchvision
from safetensors.torch import load_file, save_file

VGG11 = ", ".join(
    ["conv 64 3x3 padding 1, batchnorm, relu, maxpool 2",
     "conv 128 3x3 padding 1, batchnorm, relu, maxpool 2"]
    + [f"repeat 2 (conv {width} 3x3 padding 1, batchnorm, relu), maxpool 2" for width in (256, 512, 512)]
    + ["flatten", "dense 4096, relu, dropout 0.5, dense 4096, relu, dropout 0.5, dense 1000"])
MODELS = {
    "resnet18": (["--model", "resnet18"], ["pth", "safetensors"]),
    "mobilenet_v2": (["--model", "mobilenet-v2"], ["pth", "safetensors"]),
    # Its names are others, and only torch.save keeps the order.
    "vgg11_bn": (["--network", VGG11, "--input", "3x224x224", "--match", "order"], ["pth"]),
}


def run(*words):
    subprocess.run([str(word) for word in words], check=True, stdout=subprocess.DEVNULL)


def trained(name):
    """A model whose running statistics are not those of an untrained one."""
    torch.manual_seed(3)
    model = getattr(torchvision.models, name)(weights=None)
    with torch.no_grad():
        for _ in range(2):
            model(torch.rand(4, 3, 64, 64))
    return model.eval()


def main(striate):
    with tempfile.TemporaryDirectory() as place:
        folder = pathlib.Path(place)
        for name, (words, endings) in MODELS.items():
            model = trained(name)
            for ending in endings:
                weights = folder / f"weights.{ending}"
                (torch.save if ending == "pth" else save_file)(model.state_dict(), weights)
                run(striate, "import", weights, *words, "--out", folder / "model.safetensors")
                run(striate, "export", folder / "model.safetensors", "--out", folder / "model.onnx",
                    "--example", folder / "example.safetensors")
                example = load_file(folder / "example.safetensors")
                (output,) = [key for key in example if key != "input"]
                with torch.no_grad():
                    expected = model(example["input"])
                difference = float((expected - example[output]).abs().max() / expected.abs().max())
                print(f"{name}.{ending}: differs by {difference:.1e}")
                assert difference < 1e-5, "expected the same outputs"


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
