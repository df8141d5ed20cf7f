"""Writes what torch.nn.BatchNorm1d and BatchNorm2d compute, in two training steps and afterwards.

Made with PyTorch 2.13.0 (CPU) in double precision. Run from the root of the repository:

    python3 Tests/Fixtures/make_batchnorm_fixtures.py
"""

import torch

from make_fixtures import ABOVE, BIAS, INPUT, VERSION, WEIGHT, formula, numbers, write


def case(text, layer, shape):
    affine = layer.weight is not None
    if affine:
        layer.weight.data = formula((shape[1],), WEIGHT)
        layer.bias.data = formula((shape[1],), BIAS)
    result = {"name": text, "input": list(shape), "steps": []}
    for step, mode in enumerate([True, True, False]):
        layer.train(mode)
        x = formula(shape, INPUT + step, 2.0).requires_grad_()
        layer.zero_grad()
        y = layer(x)
        y.backward(formula(y.shape, ABOVE))
        result["steps"].append({
            "isTraining": mode, "output": numbers(y), "inputGradient": numbers(x.grad),
            "parameterGradients": [numbers(p.grad) for p in layer.parameters()],
            "mean": numbers(layer.running_mean), "variance": numbers(layer.running_var)})
    return result


if __name__ == "__main__":
    write("batchnorm.json", {"cases": [
        case("batchnorm", torch.nn.BatchNorm2d(3), (4, 3, 2, 3)),
        case("batchnorm", torch.nn.BatchNorm1d(4), (5, 4)),
        case("batchnorm", torch.nn.BatchNorm1d(2), (3, 2, 4)),
        case("batchnorm epsilon 0.1 momentum 0.5", torch.nn.BatchNorm2d(2, 0.1, 0.5), (2, 2, 3, 1)),
        case("batchnorm affine none", torch.nn.BatchNorm2d(3, affine=False), (3, 3, 2, 2)),
    ]})
