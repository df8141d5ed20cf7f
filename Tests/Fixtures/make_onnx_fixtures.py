"""Writes small ONNX models with what ONNX Runtime makes of them, and arrays in NumPy's formats.

Made with onnx 1.23.2, ONNX Runtime 1.32.0 and NumPy 2.4.6. Run from the root of the repository:

    python3 Tests/Fixtures/make_onnx_fixtures.py

`small-rest.onnx` has what no layer of Striate's does alone. `small-cnn.onnx` has what PyTorch's exporters write for a classifier: a batch of any size, shape arithmetic, a normalisation
behind a convolution, a gate. `small-maps.onnx` gives two outputs of other ranks, `small-digits.onnx` is a classifier for a batch of
one.
"""

import pathlib

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

FOLDER = pathlib.Path(__file__).parent.parent / "StriateFormatsTests" / "Fixtures"
FOLDER.mkdir(exist_ok=True)
RANDOM = np.random.default_rng(7)


def weights(name, *shape, positive=False):
    values = RANDOM.standard_normal(shape, dtype=np.float32) * 0.5
    return numpy_helper.from_array(np.abs(values) + 0.5 if positive else values, name)


def integers(name, *values):
    return numpy_helper.from_array(np.array(values, dtype=np.int64), name)


def write(name, nodes, constants, inputs, outputs, opset=17):
    def value(name, shape):
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)

    graph = helper.make_graph(nodes, name, [value(*pair) for pair in inputs], [value(*pair) for pair in outputs],
                              constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8,
                              producer_name="make_onnx_fixtures")
    onnx.checker.check_model(model)
    onnx.save(model, FOLDER / f"{name}.onnx")
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    arrays = {pair[0]: RANDOM.standard_normal([1 if pair[1][0] == 1 else 3] + pair[1][1:], dtype=np.float32)
              for pair in inputs}
    results = session.run(None, arrays)
    np.savez(FOLDER / f"{name}.npz", **arrays, **{pair[0]: result for pair, result in zip(outputs, results)})


node = helper.make_node
write(
    "small-cnn",
    [
        node("Conv", ["image", "conv1.weight"], ["a"], "/conv1/Conv", pads=[1, 1, 1, 1]),
        node("BatchNormalization", ["a", "bn1.weight", "bn1.bias", "bn1.running_mean", "bn1.running_var"], ["b"],
             "/bn1/BatchNormalization", epsilon=1e-3),
        node("Relu", ["b"], ["c"], "/relu/Relu"),
        node("MaxPool", ["c"], ["d"], "/pool/MaxPool", kernel_shape=[2, 2], strides=[2, 2]),
        node("Conv", ["d", "depthwise.weight", "depthwise.bias"], ["e"], "/depthwise/Conv", group=4,
             auto_pad="SAME_UPPER", strides=[2, 2]),
        node("Sigmoid", ["e"], ["f"], "/act/Sigmoid"),
        node("Mul", ["e", "f"], ["g"], "/act/Mul"),
        node("ReduceMean", ["g"], ["h"], "/gate/ReduceMean", axes=[2, 3], keepdims=1),
        node("Clip", ["h", "zero", "six"], ["i"], "/gate/Clip"),
        node("Mul", ["g", "i"], ["j"], "/gate/Mul"),
        node("Shape", ["j"], ["k"], "/Shape"),
        node("Gather", ["k", "first"], ["l"], "/Gather", axis=0),
        node("Unsqueeze", ["l", "axis0"], ["m"], "/Unsqueeze"),
        node("Concat", ["m", "minus1"], ["n"], "/Concat", axis=0),
        node("Reshape", ["j", "n"], ["o"], "/Reshape"),
        node("Gemm", ["o", "fc.weight", "fc.bias"], ["p"], "/fc/Gemm", transB=1),
        node("Softmax", ["p"], ["classes"], "/Softmax", axis=-1),
    ],
    [
        weights("conv1.weight", 4, 2, 3, 3), weights("bn1.weight", 4), weights("bn1.bias", 4),
        weights("bn1.running_mean", 4), weights("bn1.running_var", 4, positive=True),
        weights("depthwise.weight", 4, 1, 3, 3), weights("depthwise.bias", 4), weights("fc.weight", 3, 16),
        weights("fc.bias", 3), numpy_helper.from_array(np.float32(0), "zero"),
        numpy_helper.from_array(np.float32(6), "six"), numpy_helper.from_array(np.int64(0), "first"),
        integers("axis0", 0), integers("minus1", -1),
    ],
    [("image", ["batch", 2, 8, 7])], [("classes", ["batch", 3])])

write(
    "small-maps",
    [
        node("Transpose", ["left"], ["a"], perm=[0, 2, 3, 1]),
        node("MatMul", ["a", "matrix"], ["b"]),
        node("Add", ["b", "shift"], ["c"]),
        node("LayerNormalization", ["c", "scale", "bias"], ["d"]),
        node("Erf", ["d"], ["e"]),
        node("Concat", ["e", "right"], ["f"], axis=3),
        node("Slice", ["f", "starts", "ends", "axes", "steps"], ["g"]),
        node("ReduceMax", ["g"], ["peaks"], axes=[1, 3], keepdims=0),
        node("Split", ["f", "parts"], ["h", "i"], axis=1),
        node("Sub", ["h", "i"], ["j"]),
        node("Pow", ["j", "two"], ["k"]),
        node("ReduceSum", ["k", "all"], ["energy"], keepdims=0),
    ],
    [
        weights("matrix", 2, 5), weights("shift", 5), weights("scale", 5), weights("bias", 5),
        integers("starts", 0, -1), integers("ends", 4, -6), integers("axes", 1, 3), integers("steps", 2, -2),
        integers("parts", 2, 2), integers("all", 1, 2, 3), numpy_helper.from_array(np.float32(2), "two"),
    ],
    [("left", ["batch", 2, 4, 3]), ("right", ["batch", 4, 3, 2])],
    [("peaks", ["batch", 3]), ("energy", ["batch"])])

write(
    "small-digits",
    [
        node("Conv", ["image", "conv1.weight", "conv1.bias"], ["a"], "/conv1/Conv", strides=[4, 4]),
        node("Relu", ["a"], ["b"], "/relu/Relu"),
        node("Flatten", ["b"], ["c"], "/Flatten"),
        node("MatMul", ["c", "matrix"], ["d"], "/fc/MatMul"),
        node("Add", ["d", "fc.bias"], ["scores"], "/fc/Add"),
    ],
    [weights("conv1.weight", 2, 1, 4, 4), weights("conv1.bias", 2), weights("matrix", 98, 10), weights("fc.bias", 10)],
    [("image", [1, 1, 28, 28])], [("scores", [1, 10])])

# Its inputs are drawn by generators of their own, so that the files above stay as they are.
RANDOM = np.random.default_rng(8)
write(
    "small-rest",
    [
        node("Resize", ["image", "", "scales"], ["a"], mode="cubic", coordinate_transformation_mode="half_pixel"),
        node("ReduceSum", ["a", "rows"], ["cubic"], keepdims=0),
        node("Resize", ["image", "", "", "sizes"], ["smooth"], mode="linear", antialias=1, axes=[2, 3]),
        node("Resize", ["image", "", "", "sizes"], ["nearest"], mode="nearest", nearest_mode="ceil", axes=[2, 3]),
        node("AveragePool", ["image"], ["pooled"], kernel_shape=[2, 2], dilations=[2, 3], ceil_mode=1, pads=[1, 0, 0, 1],
             strides=[2, 2]),
        node("Transpose", ["image"], ["turned"], perm=[0, 1, 3, 2]),
        node("MatMul", ["image", "turned"], ["squares"]),
        node("Tile", ["squares", "times"], ["tiles"]),
        node("QuantizeLinear", ["image", "steps", "zeros"], ["integers"], axis=1),
        node("DequantizeLinear", ["integers", "steps", "zeros"], ["rounded"], axis=1),
        node("MatMul", ["matrix", "image"], ["mixed"]),
    ],
    [
        numpy_helper.from_array(np.array([1, 1, 1.3, 0.7], np.float32), "scales"), integers("rows", 2),
        integers("sizes", 4, 5), integers("times", 1, 2, 1, 3),
        numpy_helper.from_array(np.array([0.25, 0.125], np.float32), "steps"),
        numpy_helper.from_array(np.array([3, -4], np.int8), "zeros"), weights("matrix", 2, 3, 6),
    ],
    [("image", ["batch", 2, 6, 7])],
    [("cubic", ["batch", 2, 4]), ("smooth", ["batch", 2, 4, 5]), ("nearest", ["batch", 2, 4, 5]),
     ("pooled", ["batch", 2, 4, 4]), ("tiles", ["batch", 4, 6, 18]), ("rounded", ["batch", 2, 6, 7]),
     ("mixed", ["batch", 2, 3, 7])], opset=19)

np.savez_compressed(
    FOLDER / "arrays.npz", float32=np.array([[1, 2, 3], [4, 5, 6]], np.float32),
    fortran=np.asfortranarray(np.arange(6, dtype=np.float64).reshape(2, 3)), big=np.array([1, -2, 300], ">i4"),
    half=np.array([0.5, -65504, np.inf, 6e-8], np.float16), truth=np.array([[True], [False]]),
    number=np.array(7, np.uint64), empty=np.zeros((0, 3), np.int16),
    zeros=np.zeros(4096, np.float32))
