"""Writes attributions that plain PyTorch computes: saliency, SmoothGrad, integrated gradients, Grad-CAM, occlusion.

Made with PyTorch 2.13.0 (CPU) in double precision. Run from the root of the repository:

    python3 Tests/Fixtures/make_explain_fixtures.py

Images, noise and parameters are not stored: both sides compute them with `formula`. An image is brought between 0
and 1; parameter number p of a network has the salt 10 + p, and noise of sample s the salt 100 + s.
"""

import json
import math
import pathlib

import torch
import torch.nn.functional as F

from make_fixtures import INPUT, VERSION, formula, numbers

FOLDER = pathlib.Path(__file__).parent.parent / "StriateExplainTests" / "Fixtures"
STEPS, SAMPLES, NOISE = 24, 20, 0.2


def parameters(shapes):
    return [formula(shape, 10 + p, 0.6) for p, shape in enumerate(shapes)]


def chain(w, layers=None):
    """conv 4 3x3 padding 1, relu, maxpool 2, conv 6 3x3, relu, flatten, dense 5"""
    def run(x):
        a = F.relu(F.conv2d(x, w[0], w[1], padding=1))
        a = F.conv2d(F.max_pool2d(a, 2), w[2], w[3])
        if layers is not None:
            layers["conv2"] = a
        a = F.relu(a)
        if layers is not None:
            layers["relu2"] = a
        return F.linear(a.flatten(1), w[4], w[5])
    return run


def single(w, layers=None):
    """conv 3 3x3 stride 2, tanh, residual( | conv 3 3x3 padding 1, tanh), globalavgpool, flatten, dense 1"""
    def run(x):
        a = torch.tanh(F.conv2d(x, w[0], w[1], stride=2))
        b = F.conv2d(a, w[2], w[3], padding=1)
        if layers is not None:
            layers["conv1"], layers["conv2"] = a, b
        a = a + torch.tanh(b)
        return F.linear(a.mean((2, 3)), w[4], w[5])
    return run


def gradient(score, x):
    x = x.clone().requires_grad_()
    score(x).sum().backward()
    return x.grad


def grad_cam(model, w, x, pick, layer, sign, end):
    layers = {}
    score = sign * end(model(w, layers)(x.clone().requires_grad_()))[0, pick]
    maps = layers[layer]
    slope, = torch.autograd.grad(score, maps)
    weights = slope.mean((2, 3), keepdim=True)
    small = F.relu((weights * maps).sum(1, keepdim=True))
    large = F.interpolate(small, size=x.shape[2:], mode="bilinear", align_corners=False)
    return {"layer": layer, "values": numbers(small), "map": numbers(large)}


def occlusion(score, x, cover, window, stride):
    height, width = x.shape[2:]
    total, count = torch.zeros(height, width), torch.zeros(height, width)
    whole = score(x)[0]
    for i in range(math.ceil((height - window) / stride) + 1):
        for j in range(math.ceil((width - window) / stride) + 1):
            mask = torch.zeros(height, width)
            mask[i * stride:i * stride + window, j * stride:j * stride + window] = 1
            total += mask * (whole - score(x * (1 - mask) + cover * mask)[0])
            count += mask
    return {"window": window, "stride": stride, "values": numbers(total / count)}


def case(text, model, shapes, shape, mean, deviation, class_index, layer, baseline, end=lambda y: y,
         measure="logit", salt=INPUT):
    """`end` is what the network does to its scores where they are explained as they come out."""
    w = parameters(shapes)
    run = model(w)
    outputs = shapes[-1][0]
    pick, sign = (class_index, 1) if outputs > 1 else (0, 1 if class_index == 1 else -1)

    def score(x):
        return sign * end(run(x))[:, pick]

    def enter(pixels):
        return (pixels - torch.tensor(mean).reshape(1, -1, 1, 1)) / torch.tensor(deviation).reshape(1, -1, 1, 1)

    x = enter((formula((1, *shape), salt) + 1) / 2)
    start = enter(torch.full((1, *shape), baseline))
    slope = gradient(score, x)
    noisy = torch.cat([x + formula((1, *shape), 100 + s, NOISE) for s in range(SAMPLES)])
    points = torch.cat([start + (s + 0.5) / STEPS * (x - start) for s in range(STEPS)])
    integrated = (x - start) * gradient(score, points).mean(0, keepdim=True)
    return {
        "text": text, "shape": list(shape), "parameters": [list(s) for s in shapes], "salt": salt,
        "mean": mean, "deviation": deviation, "classIndex": class_index, "score": measure, "baseline": baseline,
        "value": float(score(x)), "baselineValue": float(score(start)),
        "saliency": numbers(slope), "saliencyMap": numbers(slope.abs().amax(1)),
        "samples": SAMPLES, "noise": NOISE,
        "smoothGrad": numbers(gradient(score, noisy).mean(0)),
        "steps": STEPS, "integratedGradients": numbers(integrated),
        "gradCAM": [grad_cam(model, w, x, pick, name, sign, end) for name in layer],
        "occlusion": occlusion(score, x, start, 3, 2),
    }


if __name__ == "__main__":
    chain_text = "conv 4 3x3 padding 1, relu, maxpool 2, conv 6 3x3, relu, flatten, dense 5"
    chain_shapes = [(4, 2, 3, 3), (4,), (6, 4, 3, 3), (6,), (5, 24), (5,)]
    single_text = ("conv 3 3x3 stride 2, tanh, residual( | conv 3 3x3 padding 1, tanh), globalavgpool, flatten, "
                   "dense 1, sigmoid")
    single_shapes = [(3, 3, 3, 3), (3,), (3, 3, 3, 3), (3,), (1, 3), (1,)]
    cases = [
        case(chain_text, chain, chain_shapes, (2, 9, 8), [0.0, 0.0], [1.0, 1.0], 3, ["conv2", "relu2"], 0.0),
        case(chain_text + ", softmax", chain, chain_shapes, (2, 9, 8), [0.4, 0.5], [0.25, 0.5], 1, ["conv2"], 0.5),
        case(chain_text + ", softmax", chain, chain_shapes, (2, 9, 8), [0.4, 0.5], [0.25, 0.5], 1, ["conv2"], 0.5,
             end=lambda y: y.softmax(1), measure="output"),
        case(single_text, single, single_shapes, (3, 10, 11), [0.5, 0.4, 0.3], [0.2, 0.3, 0.4], 0, ["conv2"], 0.0),
        case(single_text, single, single_shapes, (3, 10, 11), [0.5, 0.4, 0.3], [0.2, 0.3, 0.4], 1, ["conv2"], 0.0,
             end=torch.sigmoid, measure="output"),
    ]
    FOLDER.mkdir(exist_ok=True)
    text = json.dumps({"version": VERSION, "cases": cases}, separators=(",", ":"))
    (FOLDER / "attributions.json").write_text(text + "\n")
