"""A PyTorch model, its weights, and a comparison: pytorch_model.py save|compare FOLDER."""

import pathlib
import sys

import torch
from safetensors.torch import load_file, save_file


def network():
    torch.manual_seed(1)
    model = torch.nn.Sequential(
        torch.nn.Conv2d(1, 8, 5), torch.nn.BatchNorm2d(8), torch.nn.ReLU(), torch.nn.MaxPool2d(2),
        torch.nn.Flatten(), torch.nn.Linear(8 * 12 * 12, 10))
    with torch.no_grad():  # statistics that are not those of an untrained network
        for _ in range(3):
            model(torch.rand(32, 1, 28, 28))
    return model.eval()


def save(folder):
    state = network().state_dict()
    torch.save(state, folder / "weights.pt")
    # Under the names that Striate gives these layers, order does not matter.
    names = {"0": "conv1", "1": "bn1", "5": "fc1"}
    save_file({names[name.split(".")[0]] + "." + name.split(".")[1]: tensor
               for name, tensor in state.items()}, folder / "named.safetensors")


def compare(folder):
    example = load_file(folder / "example.safetensors")
    with torch.no_grad():
        expected = network()(example["input"])
    difference = float((expected - example["fc1"]).abs().max() / expected.abs().max())
    print(f"differs from PyTorch by {difference:.1e} of the largest score")
    return 0 if difference < 1e-5 else 1


if __name__ == "__main__":
    sys.exit({"save": save, "compare": compare}[sys.argv[1]](pathlib.Path(sys.argv[2])))
