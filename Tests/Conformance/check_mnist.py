#!/usr/bin/env python3
"""Compares the outputs of every named model on 1,000 test images of MNIST: Striate, ONNX Runtime and PyTorch.

    STRIATE_DATA=DATA python3 Tests/Conformance/check_mnist.py STRIATE [MODEL…]

Each model is trained a little, exported with `striate export`, accepted by ONNX's checker and run by ONNX Runtime.
PyTorch gets the parameters from Striate's own safetensors file, by their names, and computes the layers that the file
describes with torch.nn.functional; resnet18 and mobilenet-v2 are loaded into torchvision's classes as well. Models for
colour get the digit three times, on a black border or enlarged as their input wants. All outputs must agree within 1e-5
of the largest. Needs numpy, onnx, onnxruntime, safetensors, torch and torchvision.
"""

import gzip
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy
import onnx
import onnxruntime
import torch
import torch.nn.functional as F
from safetensors import safe_open

from check_export import run, train
from run_onnx_models import torchvision_models

COUNT = 1000
TOLERANCE = 1e-5
MODELS = ["perceptron", "mlp", "nielsen", "numpy-cnn", "sigmoid-cnn", "lenet", "convnet", "vgg-digits", "vgg-small",
          "resnet20", "wide-resnet", "resnet18", "mobilenet-v2"]


def digits():
    """The first test images of MNIST, from 0 to 1."""
    root = pathlib.Path(os.environ["STRIATE_DATA"])
    for path in sorted(root.rglob("t10k-images*")):
        if "fashion" in str(path).lower():
            continue
        opened = gzip.open(path) if path.suffix == ".gz" else open(path, "rb")
        with opened as file:
            file.read(16)
            pixels = numpy.frombuffer(file.read(COUNT * 784), numpy.uint8)
        return pixels.reshape(COUNT, 1, 28, 28).astype(numpy.float32) / 255
    sys.exit("check_mnist: expected MNIST's t10k-images in $STRIATE_DATA, found none")


def fitted(images, shape):
    """The digits as a model's input: the channel repeated, pixels repeated, a black border."""
    channels, height, width = shape
    scale = min(height, width) // 28
    images = images.repeat(scale, 2).repeat(scale, 3).repeat(channels, 1)
    rows, columns = height - images.shape[2], width - images.shape[3]
    border = ((0, 0), (0, 0), (rows // 2, rows - rows // 2), (columns // 2, columns - columns // 2))
    return (numpy.pad(images, border) - 0.13) / numpy.float32(0.31)


class Words:
    """The words after a layer's name."""

    def __init__(self, text):
        self.words = text.split()
        self.options = {}
        self.plain = []
        names = {"stride", "padding", "dilation", "groups", "bias", "epsilon", "momentum", "affine", "multiplier",
                 "init"}
        words = iter(self.words[1:])
        for word in words:
            if word in names:
                self.options[word] = next(words)
            else:
                self.plain.append(word)

    def pair(self, text):
        sizes = [int(size) for size in text.split("x")]
        return sizes * 2 if len(sizes) == 1 else sizes

    def option(self, name, usual):
        return self.pair(self.options.get(name, usual))


def padded(x, text, value=0.0):
    """With a border: one number, rows x columns or top,left,bottom,right."""
    if "," in text:
        top, left, bottom, right = map(int, text.split(","))
    else:
        sizes = [int(size) for size in text.split("x")]
        top, left = sizes * 2 if len(sizes) == 1 else sizes
        bottom, right = top, left
    return F.pad(x, (left, right, top, bottom), value=value)


def layer(text, inputs, parameters):
    """What PyTorch makes of one layer."""
    words, x = Words(text), inputs[0]
    kind = words.words[0]
    weight, bias = parameters.get("weight"), parameters.get("bias")
    if kind in ("conv", "depthwise"):
        shared = bias if bias is None or bias.dim() == 1 else None
        groups = x.shape[1] if kind == "depthwise" else int(words.options.get("groups", "1"))
        y = F.conv2d(padded(x, words.options.get("padding", "0")), weight, shared, words.option("stride", "1"), 0,
                     words.option("dilation", "1"), groups)
        return y if shared is not None or bias is None else y + bias
    if kind == "dense":
        return F.linear(x, weight, bias)
    if kind == "batchnorm":
        return F.batch_norm(x, parameters["running_mean"], parameters["running_var"], weight, bias,
                            eps=float(words.options.get("epsilon", "1e-5")))
    if kind in ("maxpool", "avgpool"):
        kernel = words.pair(words.plain[0])
        stride = words.option("stride", words.plain[0])
        if kind == "avgpool":
            return F.avg_pool2d(x, kernel, stride)
        return F.max_pool2d(padded(x, words.options.get("padding", "0"), -numpy.inf), kernel, stride)
    if kind == "globalavgpool":
        return x.mean((2, 3), keepdim=True)
    plain = {"relu": F.relu, "relu6": F.relu6, "sigmoid": torch.sigmoid, "tanh": torch.tanh,
             "flatten": lambda x: x.flatten(1), "softmax": lambda x: F.softmax(x, 1), "dropout": lambda x: x,
             "stochastic-depth": lambda x: x, "identity": lambda x: x, "step": lambda x: (x >= 0).float()}
    if kind in plain:
        return plain[kind](x)
    if kind == "add":
        return sum(inputs)
    if kind == "multiply":
        return inputs[0] * inputs[1]
    raise AssertionError(f"no layer of PyTorch is known for \"{text}\"")


def by_pytorch(path, images):
    """The outputs by the layers that a model file describes, and the file's parameters."""
    with safe_open(path, "pt") as file:
        parameters = {name: file.get_tensor(name) for name in file.keys()}
        architecture = json.loads(file.metadata()["striate.architecture"])
    found = []
    with torch.no_grad():
        for part in torch.split(torch.from_numpy(images), 100):
            values = {architecture["inputs"][0]["name"]: part}
            for entry in architecture["layers"]:
                name = entry.get("shares") or entry["name"]
                own = {key[len(name) + 1:]: value for key, value in parameters.items()
                       if key.startswith(name + ".") and "." not in key[len(name) + 1:]}
                values[entry["name"]] = layer(entry["layer"], [values[key] for key in entry["inputs"]], own)
            found.append(values[architecture["layers"][-1]["name"]])
    return torch.cat(found).numpy(), parameters


def by_torchvision(name, parameters, images):
    """The outputs of torchvision's class with the parameters; None where it has no such model."""
    classes = {"resnet18": "resnet18", "mobilenet-v2": "mobilenet_v2"}
    if name not in classes:
        return None
    last = parameters["fc.weight" if name == "resnet18" else "classifier.1.weight"]
    model = getattr(torchvision_models(), classes[name])(num_classes=last.shape[0]).eval()
    missing, unexpected = model.load_state_dict(parameters, strict=False)
    if unexpected or any(not key.endswith("num_batches_tracked") for key in missing):
        raise AssertionError(f"torchvision: missing {missing[:3]}, unexpected {unexpected[:3]}")
    with torch.no_grad():
        return torch.cat([model(part) for part in torch.split(torch.from_numpy(images), 100)]).numpy()


def difference(found, expected):
    return float(numpy.abs(found - expected).max() / numpy.abs(expected).max())


def check(striate, name, folder, images):
    model = folder / f"{name}.safetensors"
    train(striate, name, model)
    run(striate, "export", model, "--out", folder / "model.onnx")
    onnx.checker.check_model(onnx.load(folder / "model.onnx"), full_check=True)
    session = onnxruntime.InferenceSession(str(folder / "model.onnx"), providers=["CPUExecutionProvider"])
    port = session.get_inputs()[0]
    x = fitted(images, port.shape[1:])
    numpy.save(folder / "x.npy", x)
    run(striate, "run", model, "--input", folder / "x.npy", "--output", folder / "y.npy", "--quiet")
    expected = numpy.load(folder / "y.npy")
    others = {"ONNX Runtime": session.run(None, {port.name: x})[0]}
    others["PyTorch"], parameters = by_pytorch(model, x)
    vision = by_torchvision(name, parameters, x)
    if vision is not None:
        others["torchvision"] = vision
    worst = {who: difference(found, expected) for who, found in others.items()}
    text = ", ".join(f"{who} {value:.1e}" for who, value in worst.items())
    good = expected.shape[0] == COUNT and all(value <= TOLERANCE for value in worst.values())
    print(f"{'pass' if good else 'FAIL'} {name}: {len(x)} images, differences of the largest output: {text}", flush=True)
    return good


def main(words):
    if not words or words[0].startswith("-"):
        print(__doc__)
        return 2
    images = digits()
    with tempfile.TemporaryDirectory() as folder:
        results = [check(words[0], name, pathlib.Path(folder), images) for name in words[1:] or MODELS]
    print(f"{sum(results)} of {len(results)} models agree")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
