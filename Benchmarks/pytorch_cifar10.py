"""Trains ResNet-20 on CIFAR-10 with PyTorch, by the recipe of Striate's model of that name.

    python3 Benchmarks/pytorch_cifar10.py FOLDER [--epochs 10] [--seed 0]

FOLDER holds train/<class>/*.jpg and test/<class>/*.jpg (or .png). SGD with Nesterov's momentum 0.9, weight
decay 5e-4, batch 128, learning rate 0.1 with one epoch of warm-up and a cosine to 0 (both step by
step), crops of 32 out of 40 (black border) and flips.
"""

import argparse
import json
import math
import pathlib
import time

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from PIL import Image


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.downsample = None
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(y + (x if self.downsample is None else self.downsample(x)))


def resnet20(classes):
    layers, channels = [nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU()], 16
    for width, stride in [(16, 1)] * 3 + [(32, 2), (32, 1), (32, 1), (64, 2), (64, 1), (64, 1)]:
        layers.append(Block(channels, width, stride))
        channels = width
    return nn.Sequential(
        *layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, classes))


def load(folder):
    images, labels = [], []
    for label, name in enumerate(sorted(p.name for p in folder.iterdir() if p.is_dir())):
        for path in sorted((folder / name).iterdir()):
            images.append(np.asarray(Image.open(path).convert("RGB")))
            labels.append(label)
    return torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2).float() / 255, torch.tensor(labels)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--threads", type=int)
    arguments = parser.parse_args()
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    torch.manual_seed(arguments.seed)
    x, t = load(arguments.folder / "train")
    test_x, test_t = load(arguments.folder / "test")
    mean, deviation = x.mean((0, 2, 3)).view(1, 3, 1, 1), x.std((0, 2, 3)).view(1, 3, 1, 1)
    model = resnet20(int(t.max()) + 1).to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(
        model.parameters(), 0.1, momentum=0.9, weight_decay=5e-4, nesterov=True)
    steps = math.ceil(len(x) / arguments.batch)
    total, warm = steps * arguments.epochs, steps

    def factor(step):
        if step < warm:
            return (step + 1) / warm
        return 0.5 * (1 + math.cos(math.pi * (step - warm) / max(1, total - warm)))

    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, factor)
    padded = F.pad(x, (4, 4, 4, 4))
    step = 0
    for epoch in range(arguments.epochs):
        model.train()
        began, losses, right = time.perf_counter(), 0.0, 0
        for indices in torch.randperm(len(x)).split(arguments.batch):
            rows = torch.randint(0, 9, (2, len(indices))).tolist()
            batch = torch.stack([
                padded[i, :, r:r + 32, c:c + 32] for i, r, c in zip(indices.tolist(), *rows)])
            flip = torch.rand(len(indices)) < 0.5
            batch[flip] = batch[flip].flip(3)
            batch = ((batch - mean) / deviation).contiguous(memory_format=torch.channels_last)
            optimizer.zero_grad(set_to_none=True)
            y = model(batch)
            loss = F.cross_entropy(y, t[indices])
            loss.backward()
            optimizer.step()
            schedule.step()
            losses += loss.item() * len(indices)
            right += (y.argmax(1) == t[indices]).sum().item()
            step += 1
        seconds = time.perf_counter() - began
        model.eval()
        with torch.inference_mode():
            found = torch.cat([
                model(((b - mean) / deviation)).argmax(1) for b in test_x.split(500)])
        print(json.dumps({
            "epoch": epoch + 1, "train_loss": losses / len(x), "train_accuracy": right / len(x),
            "test_accuracy": (found == test_t).float().mean().item(), "train_seconds": seconds,
            "images_per_second": len(x) / seconds, "seed": arguments.seed}), flush=True)


if __name__ == "__main__":
    main()
