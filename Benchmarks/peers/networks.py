"""The networks that are compared: Striate's models of the same names, told as data.

A network is a list of layers, each a tuple of a word and its numbers:

    ("conv", outputs, kernel, stride, padding, has_bias)
    ("norm",)  ("relu",)  ("maxpool", kernel, stride, padding)  ("mean",)  ("flatten",)
    ("block", outputs, stride)      two 3x3 convolutions of a residual network
    ("dense", outputs)

pytorch_modules.py and keras_tensorflow.py turn the list into their layers.
"""

from dataclasses import dataclass

Layer = tuple


@dataclass(frozen=True)
class Adam:
    """Kingma & Ba 2015."""

    rate: float = 1e-3


@dataclass(frozen=True)
class Nesterov:
    """Gradient descent with Nesterov's momentum and decaying weights."""

    rate: float
    momentum: float = 0.9
    decay: float = 5e-4


@dataclass(frozen=True)
class Description:
    """A network, and what it is trained and timed with."""

    layers: tuple[Layer, ...]
    #: Channels, rows and columns of an image.
    shape: tuple[int, int, int]
    classes: int
    batch: int
    optimizer: Adam | Nesterov


def conv(outputs: int, kernel: int, stride=1, padding=0, bias=True) -> Layer:
    return ("conv", outputs, kernel, stride, padding, bias)


def pool(kernel: int, stride: int = 0, padding: int = 0) -> Layer:
    return ("maxpool", kernel, stride or kernel, padding)


RELU, NORM, FLATTEN, MEAN = ("relu",), ("norm",), ("flatten",), ("mean",)


def head(hidden: int, classes: int) -> list[Layer]:
    return [FLATTEN, ("dense", hidden), RELU, ("dense", classes)]


def vgg_stage(width: int) -> list[Layer]:
    return [conv(width, 3, padding=1), NORM, RELU] * 2 + [pool(2)]


def residual(stem: list[Layer], widths: tuple[int, ...], blocks: int, classes: int) -> list[Layer]:
    """A stem, stages of blocks, of which all but the first halve the image, and a mean."""
    layers = list(stem)
    for stage, width in enumerate(widths):
        layers += [("block", width, 2 if stage and not index else 1) for index in range(blocks)]
    return layers + [MEAN, FLATTEN, ("dense", classes)]


DIGIT, PICTURE, PHOTOGRAPH = (1, 28, 28), (3, 32, 32), (3, 224, 224)

NETWORKS = {
    "numpy-cnn": Description(
        (conv(8, 5), RELU, conv(8, 5), RELU, pool(2), *head(128, 10)), DIGIT, 10, 32, Adam()),
    "lenet": Description(
        (conv(20, 5), RELU, pool(2), conv(50, 5), RELU, pool(2), *head(500, 10)),
        DIGIT, 10, 64, Adam()),
    "convnet": Description(
        (conv(32, 3), RELU, conv(64, 3), RELU, pool(2), *head(128, 10)), DIGIT, 10, 64, Adam()),
    "vgg-small": Description(
        (*vgg_stage(64), *vgg_stage(128), *vgg_stage(256), FLATTEN, ("dense", 10)),
        PICTURE, 10, 64, Nesterov(0.05)),
    "resnet20": Description(
        tuple(residual([conv(16, 3, 1, 1, False), NORM, RELU], (16, 32, 64), 3, 10)),
        PICTURE, 10, 128, Nesterov(0.1)),
    "resnet18": Description(
        tuple(residual([conv(64, 7, 2, 3, False), NORM, RELU, pool(3, 2, 1)],
                       (64, 128, 256, 512), 2, 1000)),
        PHOTOGRAPH, 1000, 16, Nesterov(0.05)),
}
