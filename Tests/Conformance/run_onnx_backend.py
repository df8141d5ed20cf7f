#!/usr/bin/env python3
"""Runs the node tests of ONNX's own backend suite through `striate run`.

    python3 Tests/Conformance/run_onnx_backend.py --striate .build/release/striate
    python3 Tests/Conformance/run_onnx_backend.py --report Documentation/ONNXBackend.md

Needs onnx and numpy; the tests come with the package onnx. Run are its tests of a single node of the operators below,
and the models that PyTorch wrote. What a layer learns, such as a convolution's weight, is an input of the test's graph:
it is given with --constant. Outputs must agree in shape and type, and within 1e-3 of the values and 1e-5, the
tolerances of the suite. A test that Striate refuses with a reason is counted by itself (--verbose lists the reasons);
the exit status is 1 where an output is wrong or the program crashes.

A test is one of floats where all its inputs and outputs are arrays of NumPy's float16, float32, float64, or integers
and truth values beside at least one such array of each, as an index or a mask is. The floats of 8 and fewer bits that
the package ml_dtypes adds to NumPy are not among them.
"""
import argparse
import collections
import glob
import itertools
import os
import re
import subprocess
import sys
import tempfile
import warnings

import numpy as np
import onnx
from onnx import numpy_helper
from onnx.backend.test.case.node import collect_testcases

OPERATORS = """
Conv ConvTranspose MaxPool AveragePool LpPool GlobalAveragePool GlobalMaxPool GlobalLpPool BatchNormalization
InstanceNormalization GroupNormalization LayerNormalization LRN Gemm MatMul Add Sub Mul Div Pow Sqrt Exp Log Abs Neg
Sum Max Min Mean Relu LeakyRelu PRelu Elu Selu Celu Sigmoid HardSigmoid HardSwish Mish Gelu Tanh Softplus Softsign
Softmax LogSoftmax Clip ThresholdedRelu Erf Dropout Flatten Reshape Transpose Squeeze Unsqueeze Concat Split Slice
Gather Pad ReduceMean ReduceSum ReduceMax ReduceMin ArgMax Resize Upsample DepthToSpace SpaceToDepth Identity Constant
ConstantOfShape Shape Cast QuantizeLinear DequantizeLinear Expand Reciprocal Round
""".split()

# The inputs that are parameters of a layer, or that say how the operator works.
CONSTANT_INPUTS = {
    "Conv": [1, 2], "ConvTranspose": [1, 2], "BatchNormalization": [1, 2, 3, 4], "InstanceNormalization": [1, 2],
    "GroupNormalization": [1, 2], "LayerNormalization": [1, 2], "Gemm": [1, 2], "MatMul": [1], "PRelu": [1],
    "Clip": [1, 2], "Dropout": [1, 2], "Reshape": [1], "Squeeze": [1], "Unsqueeze": [1], "Split": [1],
    "Slice": [1, 2, 3, 4], "Gather": [1], "Pad": [1, 2, 3], "ReduceMean": [1], "ReduceSum": [1], "ReduceMax": [1],
    "ReduceMin": [1], "Resize": [1, 2, 3], "Upsample": [1], "ConstantOfShape": [0], "QuantizeLinear": [1, 2],
    "DequantizeLinear": [1, 2], "Expand": [1],
}


def load(path, type_proto):
    """The array of a test's file."""
    tensor = onnx.TensorProto()
    with open(path, "rb") as file:
        tensor.ParseFromString(file.read())
    return numpy_helper.to_array(tensor)


def node_cases():
    """Name, operator, model, inputs and outputs of the tests of one node."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        cases = collect_testcases(None)
    for case in sorted(cases, key=lambda case: case.name):
        nodes = case.model.graph.node
        if len(nodes) == 1 and nodes[0].op_type in OPERATORS and nodes[0].domain in ("", "ai.onnx"):
            yield case.name, nodes[0].op_type, case.model, *case.data_sets[0]


def model_cases():
    """The same of the models that PyTorch wrote."""
    root = os.path.join(os.path.dirname(onnx.__file__), "backend", "test", "data")
    for folder in ("pytorch-operator", "pytorch-converted"):
        for test in sorted(glob.glob(os.path.join(root, folder, "test_*"))):
            model = onnx.load(os.path.join(test, "model.onnx"))
            data = os.path.join(test, "test_data_set_0")
            initialized = {tensor.name for tensor in model.graph.initializer}
            inputs = [value for value in model.graph.input if value.name not in initialized]
            yield (os.path.basename(test), folder, model,
                   [load(os.path.join(data, f"input_{i}.pb"), value) for i, value in enumerate(inputs)],
                   [load(os.path.join(data, f"output_{i}.pb"), value) for i, value in enumerate(model.graph.output)])


def is_float(array):
    """Whether it is an array of one of NumPy's own types of floats."""
    return np.asarray(array).dtype in (np.float16, np.float32, np.float64)


def is_test_of_floats(inputs, outputs):
    """Whether NumPy's floats go in and come out, beside integers at most."""
    def plain(array):
        return (isinstance(array, np.ndarray) or np.isscalar(array)) and (
            is_float(array) or np.asarray(array).dtype.kind in "iub" and np.asarray(array).dtype.name in np.sctypeDict)

    values = [numpy_helper.to_array(value) if isinstance(value, onnx.TensorProto) else value
              for value in list(inputs) + list(outputs)]
    inputs, outputs = values[:len(inputs)], values[len(inputs):]
    return all(map(plain, values)) and any(map(is_float, inputs)) and any(map(is_float, outputs))


def report(path, counts, failed):
    """Writes what does not pass as a page of the documentation."""
    with open(path, "w") as file:
        file.write("# ONNX's backend tests\n\n")
        file.write("Written by `Tests/Conformance/run_onnx_backend.py --report Documentation/ONNXBackend.md` with "
                   f"onnx {onnx.__version__}: its tests of single nodes\nof the operators in [ONNX](ONNX.md), and the "
                   "models that PyTorch wrote for it.\n\n")
        file.write("| tests | pass | all | share |\n|---|---:|---:|---:|\n")
        for name, (passed, total) in counts.items():
            file.write(f"| {name} | {passed} | {total} | {100 * passed / total:.1f} % |\n")
        for title, of_floats in [("Tests of floats that do not pass", True),
                                 ("Other tests that do not pass", False)]:
            file.write(f"\n## {title}\n\n| test | reason |\n|---|---|\n")
            for name, reason, is_of_floats in failed:
                if is_of_floats == of_floats:
                    reason = re.sub(r"/\S*/", "", reason).replace("|", "\\|").rstrip(":")
                    file.write(f"| `{name}` | {reason} |\n")


def run(striate, folder, operator, model, inputs, expected):
    """Why a test fails; None where it passes."""
    path = os.path.join(folder, "model.onnx")
    onnx.save(model, path)
    arguments = [striate, "run", path, "--quiet"]
    node = model.graph.node[0]
    constants = [node.input[i] for i in CONSTANT_INPUTS.get(operator, []) if i < len(node.input)]
    initialized = {tensor.name for tensor in model.graph.initializer}
    values = [value for value in model.graph.input if value.name not in initialized]
    def numbers(value):
        if not isinstance(value, onnx.TensorProto):
            return value
        return numpy_helper.to_array(value)

    inputs, expected = [numbers(value) for value in inputs], [numbers(value) for value in expected]
    for array in inputs + expected:
        if not isinstance(array, np.ndarray) and not np.isscalar(array):
            return "a value is no tensor"
        kind = np.asarray(array).dtype
        if kind.kind not in "fiub" or kind.name not in np.sctypeDict:
            return f"arrays of {kind} are none of NumPy's numbers"
    for index, (value, array) in enumerate(zip(values, inputs)):
        source = os.path.join(folder, f"x{index}.npy")
        np.save(source, array)
        arguments += ["--constant" if value.name in constants else "--input", f"{value.name}={source}"]
    if "--input" not in arguments:
        empty = os.path.join(folder, "none.npz")
        np.savez(empty)
        arguments += ["--input", empty]
    outputs = [os.path.join(folder, f"y{index}.npy") for index in range(len(expected))]
    for value, target in zip(model.graph.output, outputs):
        arguments += ["--output", f"{value.name}={target}"]
        if os.path.exists(target):
            os.unlink(target)
    result = subprocess.run(arguments, capture_output=True, text=True, timeout=60)
    if result.returncode not in (0, 1, 2):
        return f"CRASH: exit status {result.returncode} {result.stderr.strip()[-200:]}"
    if result.returncode != 0:
        return re.sub(r"^striate run: (\S*model.onnx: )?", "", result.stderr.strip().splitlines()[0])[:240]
    for value, target in zip(expected, outputs):
        found, value = np.load(target), np.asarray(value)
        if found.shape != value.shape or found.dtype != value.dtype:
            return f"WRONG: expected {value.dtype} {value.shape}, found {found.dtype} {found.shape}"
        a, b = found.astype(np.float64), value.astype(np.float64)
        if not np.allclose(a, b, rtol=1e-3, atol=1e-5, equal_nan=True):
            return f"WRONG: the numbers differ by up to {np.nanmax(np.abs(a - b)):.3g}"
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--striate", default=".build/release/striate")
    parser.add_argument("--only", default="", help="part of the tests' names")
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("--report", help="a Markdown file for the tests that do not pass")
    arguments = parser.parse_args()
    passed, failed = collections.Counter(), collections.defaultdict(list)
    counts = {"of floats": [0, 0], "all": [0, 0]}
    listed = []
    with tempfile.TemporaryDirectory() as folder:
        for name, operator, model, inputs, expected in itertools.chain(node_cases(), model_cases()):
            if arguments.only not in name:
                continue
            try:
                reason = run(arguments.striate, folder, operator, model, inputs, expected)
            except subprocess.TimeoutExpired:
                reason = "HANG: more than 60 seconds"
            of_floats = is_test_of_floats(inputs, expected)
            for kind in ["of floats"] * of_floats + ["all"]:
                counts[kind][0] += reason is None
                counts[kind][1] += 1
            if reason is None:
                passed[operator] += 1
            else:
                failed[operator].append((name, reason))
                listed.append((name, reason, of_floats))
    wrong = 0
    for operator in OPERATORS + ["pytorch-operator", "pytorch-converted"]:
        bad = failed.get(operator, [])
        print(f"{operator}: {passed[operator]} of {passed[operator] + len(bad)}")
        for name, reason in bad:
            wrong += reason.startswith(("WRONG", "CRASH", "HANG"))
            if arguments.verbose:
                print(f"    {name}: {reason}")
    refused = sum(len(bad) for bad in failed.values()) - wrong
    print(f"{sum(passed.values())} passed, {refused} refused with a reason, {wrong} wrong; of the tests of floats "
          f"{counts['of floats'][0]} of {counts['of floats'][1]}")
    if arguments.report:
        report(arguments.report, counts, listed)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
