"""Networks and optimizers of networks.py as PyTorch has them."""

import torch
from torch import nn
from torch.nn import functional

from peers.networks import Adam, Description, Layer, Nesterov


class Block(nn.Module):
    """relu(norm(conv(relu(norm(conv(x))))) + shortcut(x)) (He et al. 2016, arXiv:1512.03385)."""

    def __init__(self, inputs: int, outputs: int, stride: int):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.downsample = nn.Identity()
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = functional.relu(self.bn1(self.conv1(x)))
        return functional.relu(self.bn2(self.conv2(y)) + self.downsample(x))


def module(layer: Layer, shape: torch.Size) -> nn.Module:
    """The module of one layer, whose input has the shape [1, features...]."""
    match layer:
        case ("conv", outputs, kernel, stride, padding, bias):
            return nn.Conv2d(shape[1], outputs, kernel, stride, padding, bias=bias)
        case ("norm",):
            return (nn.BatchNorm2d if len(shape) == 4 else nn.BatchNorm1d)(shape[1])
        case ("relu",):
            return nn.ReLU()
        case ("maxpool", kernel, stride, padding):
            return nn.MaxPool2d(kernel, stride, padding)
        case ("mean",):
            return nn.AdaptiveAvgPool2d(1)
        case ("flatten",):
            return nn.Flatten()
        case ("block", outputs, stride):
            return Block(shape[1], outputs, stride)
        case ("dense", outputs):
            return nn.Linear(shape[1], outputs)
    raise ValueError(f"PyTorch: unknown layer {layer}")


def network(description: Description) -> nn.Sequential:
    return sequence(description.layers, description.shape)


def sequence(layers: tuple[Layer, ...], shape: tuple[int, ...], seed: int = 0) -> nn.Sequential:
    """Layers are named by word and number: pnnx writes a program with these names."""
    torch.manual_seed(seed)
    modules, x = nn.Sequential(), torch.zeros(1, *shape)
    with torch.no_grad():
        for index, layer in enumerate(layers):
            part = module(layer, x.shape).eval()
            modules.add_module(f"{layer[0]}{index}", part)
            x = part(x)
    return modules.train()


def optimizer(rule: Adam | Nesterov, parameters) -> torch.optim.Optimizer:
    if isinstance(rule, Adam):
        return torch.optim.Adam(parameters, rule.rate)
    return torch.optim.SGD(parameters, rule.rate, momentum=rule.momentum,
                           weight_decay=rule.decay, nesterov=True)
