#!/usr/bin/env python3
"""Trains a named network on MNIST with PyTorch, the way `striate train` does, and prints one JSON line.

    pytorch_training.py --data FOLDER --model numpy-cnn --epochs 2 --batch 32 --lr 0.001 --seed 0

FOLDER holds the four IDX files of MNIST, compressed or not. All images lie in memory, are normalised
once, and are picked by a random permutation: no loader processes, nothing decoded in the loop.
`train_seconds` is the time in training steps, as in Striate's own report.
"""
import argparse
import gzip
import json
import os
import time

import numpy
import torch
from torch import nn
from torch.nn import functional

NETWORKS = {
    "numpy-cnn": lambda: [
        nn.Conv2d(1, 8, 5), nn.ReLU(), nn.Conv2d(8, 8, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(800, 128), nn.ReLU(), nn.Linear(128, 10)],
    "lenet": lambda: [
        nn.Conv2d(1, 20, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(20, 50, 5), nn.ReLU(),
        nn.MaxPool2d(2), nn.Flatten(), nn.Linear(800, 500), nn.ReLU(), nn.Linear(500, 10)],
    "convnet": lambda: [
        nn.Conv2d(1, 32, 3), nn.ReLU(), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(9216, 128), nn.ReLU(), nn.Linear(128, 10)],
}


def read_idx(folder, name):
    path = os.path.join(folder, name)
    opener = gzip.open if os.path.exists(path + ".gz") else open
    with opener(path + ".gz" if opener is gzip.open else path, "rb") as file:
        data = file.read()
    rank = data[3]
    shape = [int.from_bytes(data[4 + 4 * i:8 + 4 * i], "big") for i in range(rank)]
    return numpy.frombuffer(data, numpy.uint8, offset=4 + 4 * rank).reshape(shape)


def load(folder, part):
    images = torch.tensor(read_idx(folder, f"{part}-images-idx3-ubyte")).float().div_(255)
    return images.unsqueeze(1), torch.tensor(read_idx(folder, f"{part}-labels-idx1-ubyte")).long()


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True)
    parser.add_argument("--model", default="numpy-cnn", choices=NETWORKS)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--lr", type=float, default=1e-3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--channels-last", action="store_true")
    parser.add_argument("--limit", type=int, default=60_000, help="train on so many images")
    options = parser.parse_args()

    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    images, labels = load(options.data, "train")
    test_images, test_labels = load(options.data, "t10k")
    mean, deviation = images.mean(), images.std()
    images, test_images = (images - mean) / deviation, (test_images - mean) / deviation
    images, labels = images[:options.limit], labels[:options.limit]
    network = nn.Sequential(*NETWORKS[options.model]())
    if options.channels_last:
        network = network.to(memory_format=torch.channels_last)
        images = images.contiguous(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(network.parameters(), options.lr)

    seconds = 0.0
    for _ in range(options.epochs):
        order = torch.randperm(len(images))
        began = time.perf_counter()
        for start in range(0, len(images), options.batch):
            chosen = order[start:start + options.batch]
            optimizer.zero_grad(set_to_none=True)
            functional.cross_entropy(network(images[chosen]), labels[chosen]).backward()
            optimizer.step()
        seconds += time.perf_counter() - began
    network.eval()
    with torch.inference_mode():
        right = sum(
            int((network(test_images[i:i + 1000]).argmax(1) == test_labels[i:i + 1000]).sum())
            for i in range(0, len(test_images), 1000))
    print(json.dumps({
        "peer": f"PyTorch {torch.__version__}", "model": options.model,
        "test_accuracy": right / len(test_images), "train_seconds": round(seconds, 3),
        "images_per_second": round(options.epochs * len(images) / seconds, 1),
        "epochs": options.epochs, "seed": options.seed, "threads": options.threads}))


if __name__ == "__main__":
    main()
