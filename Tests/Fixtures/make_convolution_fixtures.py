"""Writes what PyTorch computes for convolutions with other borders, transposed and three-dimensional
convolutions, and the normalisations that look at one image.

Made with PyTorch 2.13.0 (CPU) in double precision. Run from the root of the repository:

    python3 Tests/Fixtures/make_convolution_fixtures.py

Names are the texts of Striate's layers; see make_fixtures.py for what is not stored.
"""

import json
import pathlib

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)
FOLDER = pathlib.Path(__file__).parent.parent / "StriateTests" / "Fixtures"

INPUT, WEIGHT, BIAS, ABOVE = 1, 2, 3, 4


def formula(shape, salt, scale=1.0):
    count = 1
    for extent in shape:
        count *= extent
    values = [((k * 1237 + salt * 389) % 2003 - 1001) / 1001 * scale for k in range(count)]
    return torch.tensor(values).reshape(shape)


def numbers(tensor):
    return [float(f"{x:.11g}") for x in tensor.detach().flatten().tolist()]


def case(name, module, shape, before=lambda x: x, scale=1.0):
    """A module with its parameters replaced by the formula's, forward and backward."""
    x = formula(shape, INPUT, scale).requires_grad_()
    own = dict(module.named_parameters())
    own = {key: formula(own[key].shape, salt).requires_grad_()
           for key, salt in (("weight", WEIGHT), ("bias", BIAS)) if key in own}
    y = torch.func.functional_call(module, own, (before(x),))
    y.backward(formula(y.shape, ABOVE))
    return {
        "name": name, "input": list(shape), "scale": scale, "shape": list(y.shape),
        "output": numbers(y), "inputGradient": numbers(x.grad),
        "parameterGradients": [numbers(p.grad) for p in own.values()],
    }


def tensorflow_same(kernel, stride, dilation=(1, 1)):
    """The border of TensorFlow's SAME, which PyTorch has for a stride of 1 only: the odd pixel at the end."""

    def pad(x):
        border = []
        for size, k, s, d in reversed(list(zip(x.shape[2:], kernel, stride, dilation))):
            total = max(0, (-(-size // s) - 1) * s + d * (k - 1) + 1 - size)
            border += [total // 2, total - total // 2]
        return F.pad(x, border)

    return pad


def borders():
    result = []
    for mode in ("zeros", "reflect", "replicate", "circular"):
        end = "" if mode == "zeros" else " padding-mode " + mode
        result += [
            case("conv 3 3x3 padding 1" + end,
                 nn.Conv2d(2, 3, 3, padding=1, padding_mode=mode), (2, 2, 4, 5)),
            case("conv 4 3x4 padding same groups 2" + end,
                 nn.Conv2d(4, 4, (3, 4), padding="same", groups=2, padding_mode=mode), (1, 4, 4, 5)),
            case("conv 2 5x3 stride 2x1 padding 2,1,2,1 bias none" + end,
                 nn.Conv2d(2, 2, (5, 3), (2, 1), (2, 1), bias=False, padding_mode=mode), (1, 2, 6, 4)),
            case("conv 2 3x3 padding same dilation 2" + end,
                 nn.Conv2d(1, 2, 3, padding="same", dilation=2, padding_mode=mode), (1, 1, 5, 4)),
            case("conv1d 3 4 padding same" + end,
                 nn.Conv1d(2, 3, 4, padding="same", padding_mode=mode), (2, 2, 6)),
            case("conv3d 2 3x3x3 padding 1" + end,
                 nn.Conv3d(1, 2, 3, padding=1, padding_mode=mode), (1, 1, 3, 4, 3)),
        ]
    return result + [
        case("conv 2 3x3 stride 2 padding same", nn.Conv2d(2, 2, 3, 2), (1, 2, 5, 6),
             tensorflow_same((3, 3), (2, 2))),
        case("conv 2 2x5 stride 3x2 padding same", nn.Conv2d(2, 2, (2, 5), (3, 2)), (1, 2, 7, 6),
             tensorflow_same((2, 5), (3, 2))),
        case("conv1d 2 3 padding 2,0", nn.Conv1d(2, 2, 3), (2, 2, 5), lambda x: F.pad(x, (2, 0))),
    ]


def depthwise():
    return [
        case("depthwise 3x3 padding 1", nn.Conv2d(3, 3, 3, padding=1, groups=3), (2, 3, 4, 5)),
        case("depthwise 3x3 stride 2 padding 1 bias none",
             nn.Conv2d(3, 3, 3, 2, 1, groups=3, bias=False), (1, 3, 7, 6)),
        case("depthwise 5x3 stride 2x1 multiplier 2",
             nn.Conv2d(2, 4, (5, 3), (2, 1), groups=2), (1, 2, 8, 5)),
    ]


def transposed():
    return [
        case("conv-transpose 3 2x2 stride 2", nn.ConvTranspose2d(2, 3, 2, 2), (2, 2, 3, 4)),
        case("conv-transpose 2 4x4 stride 2 padding 1", nn.ConvTranspose2d(3, 2, 4, 2, 1),
             (1, 3, 3, 3)),
        case("conv-transpose 2 3x3 stride 2 padding 1 output-padding 1",
             nn.ConvTranspose2d(2, 2, 3, 2, 1, 1), (1, 2, 3, 4)),
        case("conv-transpose 2 3x3 bias none", nn.ConvTranspose2d(2, 2, 3, bias=False), (1, 2, 3, 2)),
        case("conv-transpose 4 3x2 stride 2x3 padding 2,1,2,1 dilation 2x1 output-padding 1x2 groups 2",
             nn.ConvTranspose2d(4, 4, (3, 2), (2, 3), (2, 1), (1, 2), groups=2, dilation=(2, 1)),
             (1, 4, 4, 3)),
        case("conv-transpose 1 2x2 dilation 3 output-padding 2",
             nn.ConvTranspose2d(2, 1, 2, 1, 0, 2, dilation=3), (1, 2, 3, 3)),
    ]


def volumes():
    return [
        case("conv3d 3 2x3x2", nn.Conv3d(2, 3, (2, 3, 2)), (1, 2, 3, 4, 3)),
        case("conv3d 4 2x3x1 stride 2x1x2 padding 1x2x0 dilation 2x1x1 groups 2",
             nn.Conv3d(4, 4, (2, 3, 1), (2, 1, 2), (1, 2, 0), (2, 1, 1), 2), (1, 4, 4, 3, 3)),
        case("conv3d 2 3x1x1 bias none", nn.Conv3d(2, 2, (3, 1, 1), bias=False), (1, 2, 4, 2, 2)),
    ]


class ChannelsLast(nn.Module):
    """ConvNeXt's normalisation: over the channels of each pixel."""

    def __init__(self, channels, **options):
        super().__init__()
        norm = nn.LayerNorm(channels, **options)
        self.weight, self.bias, self.eps = norm.weight, norm.bias, norm.eps

    def forward(self, x):
        y = F.layer_norm(x.movedim(1, -1), self.weight.shape, self.weight, self.bias, self.eps)
        return y.movedim(-1, 1)


def normalizations():
    image = (2, 4, 3, 2)
    return [
        case("groupnorm 2", nn.GroupNorm(2, 4), image),
        case("groupnorm 1 epsilon 0.1", nn.GroupNorm(1, 4, 0.1), image),
        case("groupnorm 4 affine none", nn.GroupNorm(4, 4, affine=False), image),
        case("groupnorm 3", nn.GroupNorm(3, 6), (2, 6)),
        case("instancenorm", nn.InstanceNorm2d(4), image),
        case("instancenorm epsilon 0.001 affine yes", nn.InstanceNorm2d(4, 1e-3, affine=True), image),
        case("layernorm", nn.LayerNorm(5), (3, 5)),
        case("layernorm", nn.LayerNorm(image[1:]), image),
        case("layernorm affine none", nn.LayerNorm(image[1:], elementwise_affine=False), image),
        case("layernorm last 1", nn.LayerNorm(3), (2, 2, 2, 3)),
        case("layernorm last 2", nn.LayerNorm((3, 2)), image),
        case("layernorm channels", ChannelsLast(4), image),
        case("layernorm channels epsilon 1e-06", ChannelsLast(4, eps=1e-6), image),
        # Numbers of the size of the root of epsilon.
        case("groupnorm 2", nn.GroupNorm(2, 4), image, scale=0.003),
    ]


if __name__ == "__main__":
    cases = borders() + depthwise() + transposed() + volumes() + normalizations()
    content = {"version": "PyTorch " + torch.__version__, "cases": cases}
    (FOLDER / "convolutions.json").write_text(json.dumps(content, separators=(",", ":")) + "\n")
