#!/usr/bin/env python3
"""Checks the Core ML models that Striate writes, by computing them as Apple's specification describes the layers.

    check_coreml.py FOLDER

The folder holds pairs NAME.mlmodel and NAME.safetensors; a pair's safetensors file has inputs for a batch of one image
and Striate's outputs for them. Outputs must agree to 1e-5 of the largest; of a classifier, its probabilities with the
softmax of the only output. coremltools reads the files; PyTorch computes the layers.
Apple's own program, which is not to be had on other systems, is not asked.

Needs coremltools, torch, numpy and safetensors. Source of what layers compute: NeuralNetwork.proto of coremltools.
"""

import pathlib
import sys

import numpy
import torch
import torch.nn.functional as F
from coremltools.proto import FeatureTypes_pb2, Model_pb2
from safetensors.numpy import load_file

TOLERANCE = 1e-5


def numbers(weights):
    return torch.tensor(numpy.array(weights.floatValue, dtype=numpy.float32))


def borders(amounts):
    """Left, right, top, bottom, as torch's pad wants them."""
    rows, columns = amounts.borderAmounts
    return [columns.startEdgeSize, columns.endEdgeSize, rows.startEdgeSize, rows.endEdgeSize]


def convolution(p, x):
    assert x.dim() >= 4
    weights = numbers(p.weights)
    bias = numbers(p.bias) if p.hasBias else None
    left, right, top, bottom = borders(p.valid.paddingAmounts)
    if p.isDeconvolution:
        weights = weights.reshape(p.kernelChannels, p.outputChannels // p.nGroups, *p.kernelSize)
        y = F.conv_transpose2d(x, weights, bias, tuple(p.stride), groups=p.nGroups)
        return y[..., top:y.shape[-2] - bottom, left:y.shape[-1] - right]
    weights = weights.reshape(p.outputChannels, p.kernelChannels, *p.kernelSize)
    x = F.pad(x, [left, right, top, bottom])
    return F.conv2d(x, weights, bias, tuple(p.stride), dilation=tuple(p.dilationFactor), groups=p.nGroups)


def pooling(p, x):
    assert x.dim() >= 4
    size = tuple(x.shape[-2:]) if p.globalPooling else tuple(p.kernelSize)
    stride = size if p.globalPooling else tuple(p.stride)
    sides = borders(p.valid.paddingAmounts)
    if p.type == p.MAX:
        return F.max_pool2d(F.pad(x, sides, value=-float("inf")), size, stride)
    assert p.type == p.AVERAGE
    sums = F.avg_pool2d(F.pad(x, sides), size, stride, divisor_override=1)
    if not p.avgPoolExcludePadding:
        return sums / (size[0] * size[1])
    return sums / F.avg_pool2d(F.pad(torch.ones_like(x), sides), size, stride, divisor_override=1)


def activation(p, x):
    kind = p.WhichOneof("NonlinearityType")
    q = getattr(p, kind)
    if kind == "linear":
        return q.alpha * x + q.beta
    if kind == "ReLU":
        return x.clamp(min=0)
    if kind == "leakyReLU":
        return torch.where(x >= 0, x, q.alpha * x)
    if kind == "PReLU":
        assert x.dim() >= 3
        return torch.where(x >= 0, x, numbers(q.alpha).reshape(-1, 1, 1) * x)
    if kind == "tanh":
        return torch.tanh(x)
    if kind == "sigmoid":
        return torch.sigmoid(x)
    if kind == "sigmoidHard":
        return (q.alpha * x + q.beta).clamp(0, 1)
    if kind == "ELU":
        return torch.where(x >= 0, x, q.alpha * torch.expm1(x))
    if kind == "softsign":
        return x / (1 + x.abs())
    if kind == "softplus":
        return torch.logaddexp(x, torch.zeros(()))
    raise AssertionError(f"expected a known activation, found {kind}")


def inner_product(p, x):
    assert x.dim() in (1, 2, 3)
    y = x @ numbers(p.weights).reshape(p.outputChannels, p.inputChannels).T
    return y + numbers(p.bias) if p.hasBias else y


def batchnorm(p, x):
    assert x.dim() >= 3
    gamma, beta = (numbers(w).reshape(-1, 1, 1) for w in (p.gamma, p.beta))
    if p.computeMeanVar:
        assert p.instanceNormalization
        mean = x.mean((-1, -2), keepdim=True)
        variance = x.var((-1, -2), keepdim=True, unbiased=False)
    else:
        mean, variance = (numbers(w).reshape(-1, 1, 1) for w in (p.mean, p.variance))
    assert len(gamma) == p.channels == x.shape[-3]
    return gamma * (x - mean) / torch.sqrt(variance + (p.epsilon or 1e-5)) + beta


def lrn(p, x):
    size = p.localSize
    squares = F.pad(x * x, [0, 0, 0, 0, size // 2, (size - 1) // 2])
    sums = sum(squares[:, c:c + x.shape[1]] for c in range(size))
    return x / ((p.k or 1) + p.alpha / size * sums) ** p.beta


def padding(p, x):
    sides = borders(p.paddingAmounts)
    kind = p.WhichOneof("PaddingType")
    if kind == "constant":
        return F.pad(x, sides, value=p.constant.value)
    mode = {"reflection": "reflect", "replication": "edge"}[kind]
    pairs = [(0, 0)] * (x.dim() - 2) + [(sides[2], sides[3]), (sides[0], sides[1])]
    return torch.from_numpy(numpy.pad(x.numpy(), pairs, mode=mode))


def unary(p, x):
    assert p.shift == 0 and p.scale in (0, 1)
    return {
        p.SQRT: torch.sqrt, p.EXP: torch.exp, p.LOG: torch.log, p.ABS: torch.abs,
        p.POWER: lambda x: x ** p.alpha,
    }[p.type](x)


def upsample(p, x):
    assert p.mode == p.NN
    return x.repeat_interleave(p.scalingFactor[0], -2).repeat_interleave(p.scalingFactor[1], -1)


def reorganize(p, x):
    assert p.mode == p.PIXEL_SHUFFLE
    return F.pixel_shuffle(x, p.blockSize)


def gather(p, x, places):
    return torch.from_numpy(numpy.take(x.numpy(), places.numpy().astype(int), axis=p.axis))


def reduced(function):
    def compute(p, x):
        assert not p.reduceAll
        return function(x, tuple(p.axes), keepdim=p.keepDims)
    return compute


LAYERS = {
    "convolution": convolution,
    "pooling": pooling,
    "activation": activation,
    "innerProduct": inner_product,
    "batchnorm": batchnorm,
    "lrn": lrn,
    "padding": padding,
    "upsample": upsample,
    "unary": unary,
    "reorganizeData": reorganize,
    "clip": lambda p, x: x.clamp(p.minVal, p.maxVal),
    "round": lambda p, x: torch.round(x),
    "atan": lambda p, x: torch.atan(x),
    "erf": lambda p, x: torch.erf(x),
    "lessEqual": lambda p, a, b: (a <= b).float(),
    "greaterThan": lambda p, a, b: (a > b).float(),
    "addBroadcastable": lambda p, a, b: a + b,
    "divideBroadcastable": lambda p, a, b: a / b,
    "multiplyBroadcastable": lambda p, a, b: a * b,
    "subtractBroadcastable": lambda p, a, b: a - b,
    "gather": gather,
    "softmaxND": lambda p, x: torch.softmax(x, p.axis),
    "concatND": lambda p, *values: torch.cat(values, p.axis),
    "transpose": lambda p, x: x.permute(*p.axes),
    "argMax": lambda p, x: x.argmax(p.axis, keepdim=not p.removeDim).float(),
    "batchedMatmul": lambda p, a, b: a @ b,
    "loadConstantND": lambda p: numbers(p.data).reshape(*p.shape),
    "squeeze": lambda p, x: x.squeeze(p.axes[0]),
    "expandDims": lambda p, x: x.unsqueeze(p.axes[0]),
    "flattenTo2D": lambda p, x: x.flatten(p.axis),
    "reshapeStatic": lambda p, x: x.reshape(*p.targetShape),
    "reduceMax": reduced(torch.amax),
    "reduceSum": reduced(torch.sum),
    "reduceMean": reduced(torch.mean),
    "reduceLogSumExp": reduced(torch.logsumexp),
    "whereBroadcastable": lambda p, c, a, b: torch.where(c != 0, a, b),
}


def compute(network, inputs):
    values = dict(inputs)
    for layer in network.layers:
        kind = layer.WhichOneof("layer")
        assert len(layer.output) == 1 and layer.output[0] not in values, layer.name
        missing = [name for name in layer.input if name not in values]
        assert not missing, f"{layer.name}: expected {missing} before it"
        result = LAYERS[kind](getattr(layer, kind), *(values[name] for name in layer.input))
        assert result.dim() <= 5, f"{layer.name}: expected at most five axes"
        values[layer.output[0]] = result
    return values


def check(model_path, example_path):
    """The largest difference of an output from Striate's, relative to that output's largest number."""
    model = Model_pb2.Model()
    model.ParseFromString(pathlib.Path(model_path).read_bytes())
    kind = model.WhichOneof("Type")
    network = getattr(model, kind)
    shuffles = any(layer.WhichOneof("layer") == "reorganizeData" for layer in network.layers)
    assert model.specificationVersion == (5 if shuffles else 4)
    assert network.arrayInputShapeMapping == 1 and network.imageInputShapeMapping == 1
    scales = {item.featureName: item.scaler.channelScale for item in network.preprocessing}
    example = {name: torch.from_numpy(array) for name, array in load_file(example_path).items()}
    inputs = {}
    for feature in model.description.input:
        value = example[feature.name]
        if feature.type.WhichOneof("Type") == "imageType":
            image = feature.type.imageType
            colour = FeatureTypes_pb2.ImageFeatureType.ColorSpace.Name(image.colorSpace)
            assert list(value.shape) == [1, {"GRAYSCALE": 1, "RGB": 3}[colour], image.height, image.width]
            # Pictures have pixels from 0 to 255.
            value = value * 255 * scales[feature.name]
        else:
            array = feature.type.multiArrayType
            assert list(value.shape) == list(array.shape) and array.dataType == array.FLOAT32
        inputs[feature.name] = value
    values = compute(network, inputs)
    if kind == "neuralNetworkClassifier":
        found = {"probabilities": values[network.labelProbabilityLayerName]}
        given = [name for name in example if name not in inputs]
        scores = example[given[0]]
        # What the layers behind the network's own output begin with.
        names = [layer.name for layer in network.layers]
        added = [layer.WhichOneof("layer") for layer in network.layers[names.index(given[0]) + 1:]]
        if scores.shape[1] == 1:
            chance = scores.clamp(0, 1) if added[0] == "clip" else torch.sigmoid(scores)
            wanted = torch.cat([1 - chance, chance], 1)
        else:
            wanted = torch.softmax(scores, 1) if added else scores
        expected = {"probabilities": wanted}
        assert len(network.stringClassLabels.vector) == wanted.shape[1]
        description = model.description
        assert [f.name for f in description.output] == [
            description.predictedFeatureName, description.predictedProbabilitiesName]
        assert [f.type.WhichOneof("Type") for f in description.output] == ["stringType", "dictionaryType"]
    else:
        names = [feature.name for feature in model.description.output]
        for feature in model.description.output:
            assert list(feature.type.multiArrayType.shape) == list(values[feature.name].shape), feature.name
        found = {name: values[name] for name in names}
        expected = {name: example[name] for name in names}
    worst = 0.0
    for name, value in found.items():
        wanted = expected[name]
        assert value.shape == wanted.shape, f"{name}: expected {wanted.shape}, found {value.shape}"
        scale = max(float(wanted.abs().max()), 1e-30)
        difference = float((value - wanted).abs().max()) / scale
        assert difference <= TOLERANCE, f"{name}: differs by {difference:.2g} of the largest number"
        worst = max(worst, difference)
    return worst


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    models = sorted(pathlib.Path(sys.argv[1]).glob("*.mlmodel"))
    failures = 0
    for path in models:
        try:
            check(path, path.with_suffix(".safetensors"))
        except Exception as error:  # each model is told, whatever went wrong
            failures += 1
            print(f"{path.stem}: {type(error).__name__}: {str(error)[:300]}")
    print(f"{len(models) - failures} of {len(models)} agree")
    sys.exit(0 if failures == 0 and models else 1)


if __name__ == "__main__":
    main()
