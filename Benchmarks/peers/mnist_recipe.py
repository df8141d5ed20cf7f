"""A network and a recipe that read MNIST with 99 % of the test images right after two epochs."""

from dataclasses import dataclass

from peers.networks import FLATTEN, NORM, RELU, Layer, conv, pool


@dataclass(frozen=True)
class Recipe:
    """Adam, whose rate rises and falls once (Smith & Topin 2017, arXiv:1708.07120)."""

    layers: tuple[Layer, ...]
    epochs: int
    batch: int
    rate: float

    @property
    def text(self) -> str:
        """The network as `striate train --network` reads it."""
        return ", ".join(words(layer) for layer in self.layers)

    @property
    def options(self) -> list[str]:
        """Of `striate train`."""
        return ["--network", self.text, "--epochs", str(self.epochs), "--batch", str(self.batch),
                "--optimizer", "adam", "--lr", str(self.rate), "--schedule", "onecycle"]


def words(layer: Layer) -> str:
    match layer:
        case ("conv", outputs, kernel, stride, 0, True):
            return f"conv {outputs} {kernel}x{kernel}" + (f" stride {stride}" if stride > 1 else "")
        case ("norm",):
            return "batchnorm"
        case ("maxpool", kernel, stride, 0) if stride == kernel:
            return f"maxpool {kernel}"
        case ("relu",) | ("flatten",):
            return layer[0]
        case ("dense", outputs):
            return f"dense {outputs}"
    raise ValueError(f"no words for the layer {layer}")


RECIPE = Recipe(
    (conv(8, 5, stride=2), NORM, RELU, conv(24, 3), NORM, RELU, pool(2), FLATTEN,
     ("dense", 64), NORM, RELU, ("dense", 10)),
    epochs=2, batch=128, rate=0.01)
