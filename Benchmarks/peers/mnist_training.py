"""Trains the network of mnist_recipe.py with PyTorch, as `striate train` does: prints a JSON line.

    python3 -m peers.mnist_training FOLDER [--seed 0] [--threads 2] [--channels-last]

FOLDER holds the four IDX files of MNIST, compressed or not. All images lie in memory, are
normalised once, and are picked by a random permutation: no loader processes, nothing decoded in the
loop.
"""

import argparse
import gzip
import json
import math
import pathlib
import time

import numpy
import torch
from torch import nn
from torch.nn import functional

from peers import pytorch_modules
from peers.mnist_recipe import RECIPE
from peers.networks import DIGIT


def read_idx(path: pathlib.Path) -> numpy.ndarray:
    packed = path.with_name(path.name + ".gz")
    data = gzip.decompress(packed.read_bytes()) if packed.exists() else path.read_bytes()
    rank = data[3]
    shape = numpy.frombuffer(data, ">u4", count=rank, offset=4)
    return numpy.frombuffer(data, numpy.uint8, offset=4 + 4 * rank).reshape(shape)


def load(folder: pathlib.Path, part: str) -> tuple[torch.Tensor, torch.Tensor]:
    """Images [N, 1, 28, 28] from 0 to 1, and labels."""
    images = torch.tensor(read_idx(folder / f"{part}-images-idx3-ubyte")).float().div_(255)
    labels = torch.tensor(read_idx(folder / f"{part}-labels-idx1-ubyte")).long()
    return images.unsqueeze(1), labels


def train(network: nn.Module, images: torch.Tensor, labels: torch.Tensor) -> None:
    optimizer = torch.optim.Adam(network.parameters(), RECIPE.rate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, RECIPE.rate, cycle_momentum=False,
        total_steps=RECIPE.epochs * math.ceil(len(images) / RECIPE.batch))
    for _ in range(RECIPE.epochs):
        for chosen in torch.randperm(len(images)).split(RECIPE.batch):
            optimizer.zero_grad(set_to_none=True)
            functional.cross_entropy(network(images[chosen]), labels[chosen]).backward()
            optimizer.step()
            schedule.step()


def accuracy(network: nn.Module, images: torch.Tensor, labels: torch.Tensor) -> float:
    network.eval()
    with torch.inference_mode():
        found = torch.cat([network(part).argmax(1) for part in images.split(1000)])
    return (found == labels).float().mean().item()


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--channels-last", action="store_true")
    return parser.parse_args()


def main() -> None:
    options = parse()
    if options.threads:
        torch.set_num_threads(options.threads)
    layout = torch.channels_last if options.channels_last else torch.contiguous_format
    network = pytorch_modules.sequence(RECIPE.layers, DIGIT, options.seed).to(memory_format=layout)
    images, labels = load(options.folder, "train")
    test_images, test_labels = load(options.folder, "t10k")
    mean, deviation = images.mean(), images.std()
    images = ((images - mean) / deviation).contiguous(memory_format=layout)
    test_images = ((test_images - mean) / deviation).contiguous(memory_format=layout)
    began = time.perf_counter()
    train(network, images, labels)
    seconds = time.perf_counter() - began
    print(json.dumps({"test_accuracy": accuracy(network, test_images, test_labels),
                      "train_seconds": seconds}))


if __name__ == "__main__":
    main()
