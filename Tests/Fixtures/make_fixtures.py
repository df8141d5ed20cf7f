"""Writes the values that PyTorch computes, which the tests compare the reference with.

Made with PyTorch 2.13.0 (CPU) in double precision. Run from the root of the repository:

    python3 Tests/Fixtures/make_fixtures.py

Inputs, parameters and the gradient that enters from above are not stored: both sides compute them
with `formula`. Layers, optimizers and losses are stored as the text that Striate gives them.
"""

import json
import pathlib

import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)
FOLDER = pathlib.Path(__file__).parent.parent / "StriateTests" / "Fixtures"
VERSION = "PyTorch " + torch.__version__

INPUT, WEIGHT, BIAS, ABOVE, TARGET = 1, 2, 3, 4, 5


def formula(shape, salt, scale=1.0):
    """Numbers between −scale and scale; any 2003 neighbours differ from each other."""
    count = 1
    for extent in shape:
        count *= extent
    values = [((k * 1237 + salt * 389) % 2003 - 1001) / 1001 * scale for k in range(count)]
    return torch.tensor(values).reshape(shape)


def numbers(tensor):
    return [float(f"{x:.11g}") for x in tensor.detach().flatten().tolist()]


def write(name, content):
    text = json.dumps({"version": VERSION, **content}, separators=(",", ":"))
    (FOLDER / name).write_text(text + "\n")


def case(name, function, shape, parameters=(), scale=1.0):
    """One layer, forward and backward. `function` takes the input and the parameters."""
    x = formula(shape, INPUT, scale).requires_grad_()
    w = [formula(s, salt).requires_grad_() for s, salt in zip(parameters, (WEIGHT, BIAS))]
    y = function(x, *w)
    y.backward(formula(y.shape, ABOVE))
    return {
        "name": name, "input": list(shape), "scale": scale, "shape": list(y.shape), "output": numbers(y),
        "inputGradient": numbers(x.grad), "parameterGradients": [numbers(p.grad) for p in w],
    }


def conv2d(name, shape, weight, stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1), groups=1,
           bias="shared"):
    """`padding` is top, left, bottom, right."""
    top, left, bottom, right = padding

    def function(x, w, b=None):
        y = F.conv2d(F.pad(x, (left, right, top, bottom)), w, None, stride, 0, dilation, groups)
        return y if b is None else y + (b[:, None, None] if bias == "shared" else b)

    rows = (shape[2] + top + bottom - dilation[0] * (weight[2] - 1) - 1) // stride[0] + 1
    columns = (shape[3] + left + right - dilation[1] * (weight[3] - 1) - 1) // stride[1] + 1
    biases = {"shared": [(weight[0],)], "untied": [(weight[0], rows, columns)], "none": []}[bias]
    result = case(name, function, shape, [weight] + biases)
    return {**result, "stride": stride, "padding": padding, "dilation": dilation, "groups": groups,
            "bias": bias, "weight": weight}


def convolutions():
    return [
        conv2d("one channel", (2, 1, 5, 5), (1, 1, 3, 3)),
        conv2d("several channels", (2, 3, 6, 7), (4, 3, 3, 3)),
        conv2d("one by one", (2, 5, 3, 4), (3, 5, 1, 1)),
        conv2d("stride per axis", (2, 2, 9, 8), (3, 2, 3, 2), stride=(2, 3)),
        conv2d("padding on all sides", (1, 2, 5, 5), (3, 2, 3, 3), padding=(1, 1, 1, 1)),
        conv2d("padding per side", (2, 2, 5, 4), (2, 2, 3, 3), padding=(0, 1, 2, 3)),
        conv2d("padding wider than the kernel", (1, 1, 3, 3), (2, 1, 2, 2), padding=(3, 3, 3, 3)),
        conv2d("dilation per axis", (2, 2, 9, 8), (2, 2, 3, 3), dilation=(3, 2)),
        conv2d("two groups", (2, 4, 5, 5), (6, 2, 3, 3), groups=2),
        conv2d("depthwise", (2, 3, 5, 5), (6, 1, 3, 3), groups=3),
        conv2d("untied bias", (3, 2, 5, 6), (2, 2, 3, 3), bias="untied"),
        conv2d("no bias", (2, 2, 5, 5), (3, 2, 4, 2), bias="none"),
        conv2d("everything at once", (2, 4, 10, 9), (4, 2, 3, 2), stride=(2, 1), padding=(2, 0, 1, 1),
               dilation=(2, 3), groups=2),
        conv2d("stride that leaves a rest", (2, 1, 8, 8), (2, 1, 3, 3), stride=(3, 3)),
    ]


def conv1d():
    plain = case("conv1d 4 3", lambda x, w, b: F.conv1d(x, w, b), (2, 3, 8), [(4, 3, 3), (4,)])
    rich = case(
        "conv1d 4 3 stride 2 padding 2 dilation 2 groups 2",
        lambda x, w, b: F.conv1d(x, w, b, 2, 2, 2, 2), (2, 4, 11), [(4, 2, 3), (4,)])
    none = case(
        "conv1d 2 5 padding 1 bias none", lambda x, w: F.conv1d(x, w, None, 1, 1), (1, 3, 9),
        [(2, 3, 5)])
    return [plain, rich, none]


def simple_layers():
    def pools(text, kernel, stride, shape):
        return [
            case("maxpool " + text, lambda x: F.max_pool2d(x, kernel, stride), shape),
            case("avgpool " + text, lambda x: F.avg_pool2d(x, kernel, stride), shape),
            # The power mean of norm 2 without the division: √Σx².
            case("l2pool " + text, lambda x: F.lp_pool2d(x, 2.0, kernel, stride), shape),
        ]

    shape = (2, 3, 4)
    return [
        *pools("2", (2, 2), (2, 2), (2, 2, 4, 6)),
        *pools("3x3 stride 2", (3, 3), (2, 2), (2, 2, 7, 8)),
        *pools("2x3 stride 1", (2, 3), (1, 1), (1, 2, 5, 5)),
        *pools("2x2 stride 3x1", (2, 2), (3, 1), (2, 1, 6, 4)),
        case("dense 4", F.linear, (3, 7), [(4, 7), (4,)]),
        case("dense 5 bias none", F.linear, (2, 6), [(5, 6)]),
        case("identity", lambda x: x * 1, shape, scale=3),
        case("sigmoid", torch.sigmoid, shape, scale=6),
        case("sigmoid", torch.sigmoid, shape, scale=40),
        case("tanh", torch.tanh, shape, scale=3),
        case("arctan", torch.atan, shape, scale=3),
        case("relu", F.relu, shape, scale=3),
        case("leaky-relu 0.01", F.leaky_relu, shape, scale=3),
        case("leaky-relu -0.5", lambda x: F.leaky_relu(x, -0.5), shape, scale=3),
        case("softplus", lambda x: F.softplus(x, threshold=1e9), shape, scale=6),
        case("softplus", lambda x: F.softplus(x, threshold=1e9), shape, scale=40),
        case("gaussian 0.5 2", lambda x: torch.exp(-((x - 0.5) ** 2) / 8), shape, scale=3),
        case("multiquadratic 0.5 2", lambda x: torch.sqrt((x - 0.5) ** 2 + 4), shape, scale=3),
        case("inverse-multiquadratic 0.5 2", lambda x: torch.rsqrt((x - 0.5) ** 2 + 4), shape,
             scale=3),
        case("softmax", lambda x: F.softmax(x, 1), (3, 5), scale=4),
        case("softmax", lambda x: F.softmax(x, 1), (2, 3, 2, 2), scale=400),
        case("maxout 2", lambda x: x.reshape(2, 3, 2, 4, 3).amax(2), (2, 6, 4, 3)),
        case("meanout 3", lambda x: x.reshape(2, 2, 3, 4).mean(2), (2, 6, 4)),
        case("radial 3 gaussian 2", lambda x, c: torch.exp(-((x[:, None] - c) ** 2).sum(2) / 8),
             (4, 5), [(3, 5)]),
        case("flatten", lambda x: torch.flatten(x, 1), (2, 3, 2, 2)),
    ]


def losses():
    onehot = F.one_hot(torch.tensor([2, 0, 4]), 5).to(torch.float64)
    soft = F.softmax(formula((3, 5), TARGET, 2), 1)
    scores = formula((3, 5), INPUT, 3)
    probabilities = F.softmax(scores, 1)
    edges = torch.tensor([[0.0, 1.0, 0.0, 1.0, 0.5]])
    bits = torch.tensor([[0.0, 1.0, 1.0, 0.0, 1.0]])

    def entry(name, function, output, target):
        y = output.clone().requires_grad_()
        value = function(y, target)
        value.backward()
        return {"name": name, "shape": list(y.shape), "output": numbers(y),
                "target": numbers(target), "value": float(f"{value.item():.11g}"),
                "gradient": numbers(y.grad)}

    def nll(y, t):
        return F.nll_loss(torch.log(y), t.argmax(1))

    def mse(y, t):
        return F.mse_loss(y, t, reduction="sum") / y.shape[0]

    return [
        entry("cross-entropy", F.cross_entropy, scores, onehot),
        entry("cross-entropy", F.cross_entropy, scores, soft),
        entry("cross-entropy", F.cross_entropy, scores * 300, onehot),
        entry("nll", nll, probabilities, onehot),
        entry("mse", mse, scores, soft),
        entry("half-mse", lambda y, t: mse(y, t) / 2, scores, onehot),
        entry("bce", F.binary_cross_entropy, torch.sigmoid(scores), soft),
        entry("bce", F.binary_cross_entropy, torch.sigmoid(scores), onehot),
        entry("bce", F.binary_cross_entropy, edges, bits),
    ]


def optimizers():
    """Twenty steps on a fixed, badly scaled quadratic with a gradient that also wavers."""
    rate = 1 / 64
    rules = {
        "gd 0.015625": lambda p: torch.optim.SGD(p, rate),
        "sgd 0.015625": lambda p: torch.optim.SGD(p, rate),
        "sgd 0.015625 momentum 0.9": lambda p: torch.optim.SGD(p, rate, momentum=0.9),
        "sgd 0.015625 momentum 0.9 nesterov weight-decay 0.01": lambda p: torch.optim.SGD(
            p, rate, momentum=0.9, nesterov=True, weight_decay=0.01),
        "sgd 0.015625 weight-decay 0.01": lambda p: torch.optim.SGD(p, rate, weight_decay=0.01),
        "rmsprop 0.015625": lambda p: torch.optim.RMSprop(p, rate),
        "rmsprop 0.015625 momentum 0.9 weight-decay 0.01": lambda p: torch.optim.RMSprop(
            p, rate, momentum=0.9, weight_decay=0.01),
        "adam 0.015625": lambda p: torch.optim.Adam(p, rate),
        "adam 0.015625 weight-decay 0.05": lambda p: torch.optim.Adam(p, rate, weight_decay=0.05),
        "adam 0.015625 beta1 0.8 beta2 0.95 epsilon 0.001": lambda p: torch.optim.Adam(
            p, rate, betas=(0.8, 0.95), eps=1e-3),
        "adamw 0.015625": lambda p: torch.optim.AdamW(p, rate),
        "adamw 0.015625 weight-decay 0.05": lambda p: torch.optim.AdamW(
            p, rate, weight_decay=0.05),
    }
    result = []
    for text, rule in rules.items():
        w = formula((6,), WEIGHT).requires_grad_()
        optimizer, path = rule([w]), []
        for step in range(1, 21):
            with torch.no_grad():
                slope = torch.arange(1.0, 7.0)
                w.grad = slope * w + formula((6,), step) / 4
            optimizer.step()
            path.append(numbers(w))
        result.append({"text": text, "path": path})
    return result


def numpy_cnn():
    """The whole network of seeds/002 §4, two images forward and backward."""
    shapes = [(8, 1, 5, 5), (8,), (8, 8, 5, 5), (8,), (128, 800), (128,), (10, 128), (10,)]
    fans = [25, 25, 200, 200, 800, 800, 128, 128]
    p = [formula(s, i + 10, fan**-0.5).requires_grad_()
         for i, (s, fan) in enumerate(zip(shapes, fans))]
    x = ((formula((2, 1, 28, 28), INPUT) + 1) / 2).requires_grad_()
    y = F.relu(F.conv2d(x, p[0], p[1]))
    y = F.relu(F.conv2d(y, p[2], p[3]))
    y = torch.flatten(F.max_pool2d(y, 2), 1)
    y = F.linear(F.relu(F.linear(y, p[4], p[5])), p[6], p[7])
    loss = F.cross_entropy(y, torch.tensor([3, 8]))
    loss.backward()
    gradients = []
    for g in [x.grad] + [w.grad for w in p]:
        flat = g.flatten()
        every = max(1, flat.numel() // 200)
        gradients.append({"every": every, "values": numbers(flat[::every]),
                          "norm": float(f"{flat.norm().item():.11g}")})
    return {"fans": fans, "labels": [3, 8], "output": numbers(y),
            "loss": float(f"{loss.item():.11g}"), "gradients": gradients}


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    write("conv2d.json", {"cases": convolutions()})
    write("layers.json", {"cases": conv1d() + simple_layers()})
    write("losses.json", {"cases": losses()})
    write("optimizers.json", {"cases": optimizers()})
    write("numpy-cnn.json", numpy_cnn())
