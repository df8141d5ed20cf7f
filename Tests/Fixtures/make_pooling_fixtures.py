"""Writes the values that PyTorch computes for pooling, resampling, activations and layers that move numbers.

Made with PyTorch 2.13.0 (CPU) in double precision. Run from the root of the repository:

    python3 Tests/Fixtures/make_pooling_fixtures.py

`make_fixtures.py` says how inputs come about; it is run as well.
"""

import torch
import torch.nn.functional as F

from make_fixtures import case, formula, write

IMAGE = (1, 2, 7, 8)


def pools():
    def maximum(text, shape, *arguments, **options):
        return case("maxpool " + text, lambda x: F.max_pool2d(x, *arguments, **options), shape)

    def average(text, shape, *arguments, **options):
        return case("avgpool " + text, lambda x: F.avg_pool2d(x, *arguments, **options), shape)

    def norm(text, power, shape, *arguments, positive=False):
        # PyTorch leaves out the absolute value, which matters for other than even powers.
        return case(
            text, lambda x: F.lp_pool2d(x.abs() if positive else x, power, *arguments), shape)

    def adaptive(text, function, size, shape):
        return case(text, lambda x: function(x, size), shape)

    return [
        maximum("3x3 stride 2 padding 1", IMAGE, 3, 2, 1),
        maximum("3x3 stride 2 ceil", (2, 2, 8, 6), 3, 2, 0, 1, True),
        maximum("2x2 stride 3 padding 1 ceil", (1, 2, 5, 8), 2, 3, 1, 1, True),
        maximum("3x2 stride 1 padding 1,0,1,0", IMAGE, (3, 2), 1, (1, 0)),
        maximum("3x3 stride 1 dilation 2x3", IMAGE, 3, 1, 0, (2, 3)),
        maximum("3x3 stride 2 padding 1 dilation 2 ceil", (1, 2, 9, 8), 3, 2, 1, 2, True),
        maximum("5 ceil", (2, 2, 7, 3), 5, 5, 0, 1, True),
        average("3x3 stride 2 padding 1", IMAGE, 3, 2, 1),
        average("3x3 stride 2 padding 1 ceil", (1, 2, 6, 8), 3, 2, 1, True),
        average("3x3 stride 2 padding 1 exclude-padding", IMAGE, 3, 2, 1, False, False),
        average("3x3 stride 2 padding 1 ceil exclude-padding", (1, 2, 6, 8), 3, 2, 1, True, False),
        average("2x3 stride 3x2 padding 1,0,1,0 ceil", (1, 2, 8, 6), (2, 3), (3, 2), (1, 0), True),
        norm("l2pool 3x3 stride 2", 2.0, IMAGE, 3, 2),
        norm("l2pool 3x3 stride 2 ceil", 2.0, (1, 2, 6, 8), 3, 2, True),
        norm("lppool 4 2", 4.0, (2, 2, 4, 6), 2),
        norm("lppool 3 2x3 stride 1", 3.0, (1, 2, 4, 5), (2, 3), 1, positive=True),
        norm("lppool 1 2", 1.0, (1, 2, 4, 6), 2, positive=True),
        norm("lppool 2.5 3x3 stride 2 ceil", 2.5, (1, 2, 6, 8), 3, 2, True, positive=True),
        adaptive("adaptiveavgpool 3", F.adaptive_avg_pool2d, 3, IMAGE),
        adaptive("adaptiveavgpool 4x2", F.adaptive_avg_pool2d, (4, 2), IMAGE),
        adaptive("adaptiveavgpool 7", F.adaptive_avg_pool2d, 7, (1, 2, 3, 5)),
        adaptive("globalavgpool", F.adaptive_avg_pool2d, 1, IMAGE),
        adaptive("adaptivemaxpool 3", F.adaptive_max_pool2d, 3, IMAGE),
        adaptive("adaptivemaxpool 5x6", F.adaptive_max_pool2d, (5, 6), (1, 2, 3, 8)),
        adaptive("globalmaxpool", F.adaptive_max_pool2d, 1, IMAGE),
    ]


def unpools():
    """y is the pooled value times a formula, so that its gradient is not the pooling's."""

    def entry(text, shape, *arguments):
        x = formula(shape, 1)
        _, indices = F.max_pool2d(x, *arguments, return_indices=True)
        y = formula(indices.shape, 2).requires_grad_()
        flat = torch.zeros(shape[0], shape[1], shape[2] * shape[3])
        z = flat.scatter(2, indices.flatten(2), y.flatten(2)).reshape(shape)
        if text == "maxunpool 2":
            assert torch.equal(z, F.max_unpool2d(y, indices, *arguments, output_size=shape))
        return case_of_two(text, x, y, z)

    return [
        entry("maxunpool 2", (1, 2, 6, 8), 2),
        entry("maxunpool 2", (2, 2, 5, 7), 2),
        entry("maxunpool 2x3 stride 3", (1, 2, 8, 9), (2, 3), 3),
    ]


def case_of_two(name, x, y, z):
    z.backward(formula(z.shape, 4))
    numbers = lambda t: [float(f"{v:.11g}") for v in t.detach().flatten().tolist()]
    return {"name": name, "input": list(x.shape), "pooled": list(y.shape), "output": numbers(z),
            "gradient": numbers(y.grad)}


def resampling():
    def up(text, shape, **options):
        return case("upsample " + text, lambda x: F.interpolate(x, **options), shape)

    def pad(text, shape, *arguments):
        return case("pad " + text, lambda x: F.pad(x, *arguments), shape)

    shape = (1, 2, 4, 5)
    return [
        up("2", shape, scale_factor=2),
        up("3x2", shape, scale_factor=(3, 2)),
        up("size 7x3", shape, size=(7, 3)),
        up("2 bilinear", shape, scale_factor=2, mode="bilinear"),
        up("2x3 bilinear align-corners", shape, scale_factor=(2, 3), mode="bilinear",
           align_corners=True),
        up("size 7x3 bilinear", shape, size=(7, 3), mode="bilinear"),
        up("size 3x9 bilinear align-corners", shape, size=(3, 9), mode="bilinear",
           align_corners=True),
        up("size 1 bilinear align-corners", shape, size=(1, 1), mode="bilinear",
           align_corners=True),
        up("3 bilinear", (2, 1, 1, 1), scale_factor=3, mode="bilinear"),
        case("pixelshuffle 2", lambda x: F.pixel_shuffle(x, 2), (2, 8, 2, 3)),
        case("pixelshuffle 3", lambda x: F.pixel_shuffle(x, 3), (1, 9, 2, 2)),
        case("pixelunshuffle 2", lambda x: F.pixel_unshuffle(x, 2), (2, 2, 4, 6)),
        pad("1", shape, (1, 1, 1, 1)),
        pad("1,0,2,3 constant 0.5", shape, (0, 3, 1, 2), "constant", 0.5),
        pad("3,4,2,1 reflect", shape, (4, 1, 3, 2), "reflect"),
        pad("3,6,2,1 replicate", shape, (6, 1, 3, 2), "replicate"),
        pad("3,4,2,5 circular", shape, (4, 5, 3, 2), "circular"),
    ]


def channels():
    def response(text, shape, *arguments, scale=3.0):
        return case(
            "lrn " + text, lambda x: F.local_response_norm(x, *arguments), shape, scale=scale)

    return [
        response("5", (2, 7, 2, 3), 5, scale=40.0),
        response("4 alpha 0.5 beta 0.5 k 2", (2, 6, 2, 2), 4, 0.5, 0.5, 2.0),
        response("9 alpha 1 beta 2", (1, 3, 2, 2), 9, 1.0, 2.0, 1.0),
        response("1 alpha 2 beta 1", (2, 3, 4), 1, 2.0, 1.0, 1.0),
        case("prelu", F.prelu, (3, 4), [(1,)], scale=3),
        case("prelu", F.prelu, (2, 3, 2, 2), [(1,)], scale=3),
        case("prelu per-channel", F.prelu, (2, 3, 2, 2), [(3,)], scale=3),
        case("log-softmax", lambda x: F.log_softmax(x, 1), (3, 5), scale=4),
        case("log-softmax", lambda x: F.log_softmax(x, 1), (2, 3, 2, 2), scale=400),
    ]


def activations():
    functions = {
        "elu 1": F.elu, "elu 0.5": lambda x: F.elu(x, 0.5), "elu -0.5": lambda x: F.elu(x, -0.5),
        "selu": F.selu, "celu 1": F.celu, "celu 0.5": lambda x: F.celu(x, 0.5),
        "gelu": F.gelu, "gelu-tanh": lambda x: F.gelu(x, approximate="tanh"),
        "silu": F.silu, "mish": F.mish, "hard-swish": F.hardswish,
        # PyTorch's own gradient multiplies by 1/6 in single precision.
        "hard-sigmoid": lambda x: F.relu6(x + 3) / 6,
        "hard-tanh -1 1": F.hardtanh, "hard-tanh -0.5 2": lambda x: F.hardtanh(x, -0.5, 2),
        "relu6": F.relu6, "softsign": F.softsign, "log-sigmoid": F.logsigmoid,
        "softshrink 0.5": F.softshrink, "hardshrink 0.5": F.hardshrink, "tanhshrink": F.tanhshrink,
        "threshold 0.5 -1": lambda x: F.threshold(x, 0.5, -1),
        "threshold 0.5 2": lambda x: F.threshold(x, 0.5, 2),
    }
    return [case(name, f, (2, 3, 4), scale=s) for name, f in functions.items() for s in (3, 9)]


def elementary():
    functions = {
        "exp": torch.exp, "abs": torch.abs, "reciprocal": torch.reciprocal, "erf": torch.erf, "round": torch.round,
        "affine -2 0.5": lambda x: -2 * x + 0.5, "power 2": lambda x: x.pow(2), "power 3": lambda x: x.pow(3),
        "power -2": lambda x: x.pow(-2),
    }
    return [case(name, f, (2, 3, 4), scale=3) for name, f in functions.items()]


def arrangements():
    return [
        case("reshape 4x3", lambda x: x.reshape(2, 4, 3), (2, 2, 6)),
        case("transpose 1x0", lambda x: x.permute(0, 2, 1), (2, 3, 4)),
        case("transpose 2x0x1", lambda x: x.permute(0, 3, 1, 2), (2, 2, 3, 4)),
        case("slice 0 1 2", lambda x: x[:, 1:3], (2, 4, 3)),
        case("slice 1 0 3 step 2", lambda x: x[:, :, ::2], (2, 2, 5)),
        case("slice 1 4 3 back 2", lambda x: x.flip(2)[:, :, ::2], (2, 2, 5)),
        case("slice 1 0 4 step 0", lambda x: x.expand(2, 2, 4), (2, 2, 1)),
        case("learned 2x3", lambda x, w: w.expand(2, 2, 3) + 0 * x.sum(), (2, 5), [(2, 3)]),
    ]


write("pooling.json", {
    "cases": pools() + resampling() + channels() + activations() + elementary() + arrangements()})
write("unpooling.json", {"cases": unpools()})
