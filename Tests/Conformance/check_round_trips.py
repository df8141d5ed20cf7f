#!/usr/bin/env python3
"""Checks that Python reads what Striate writes, and Striate what Python writes: check_round_trips.py STRIATE [ROUNDS [SEED]]

Each round draws arrays of every type of NumPy's that Striate reads, with random shapes (no axes and axes of 0 too), orders,
byte orders and versions of the format, in .npy and .npz files; and the parameters of networks in every type, as safetensors,
shards and torch.save. Values must come back exactly; float64 parameters rounded to float32. A short training writes events
that the reader of Python's tensorboard must read: scalars as the log has them, histograms of all weights, pictures.
Needs numpy, onnx, torch, safetensors, tensorboard and Pillow.
"""

import csv
import io
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import onnx
import torch
from onnx import helper
from PIL import Image
from safetensors import safe_open
from safetensors.torch import save_file
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

TYPES = ["?", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8"]
FLOATS = [torch.float16, torch.bfloat16, torch.float32, torch.float64]


def run(*words):
    subprocess.run([str(word) for word in words], check=True, stdout=subprocess.DEVNULL)


def draw_array(random, kind):
    """An array of that type in a random shape, order and byte order, with extreme values among the others."""
    shape = tuple(random.integers(0, 5, random.integers(0, 5)))
    dtype = np.dtype(kind)
    if dtype.kind == "f":
        array = (random.standard_normal(shape) * 10.0 ** random.integers(-4, 4)).astype(dtype)
        special = np.array([0, -0.0, np.inf, -np.inf, np.nan, np.finfo(dtype).max, np.finfo(dtype).tiny], dtype)
    elif dtype.kind == "b":
        array, special = random.integers(0, 2, shape).astype(dtype), np.array([True])
    else:
        # Striate keeps integers in 64 bits with a sign.
        low, high = np.iinfo(dtype).min, min(np.iinfo(dtype).max, np.iinfo(np.int64).max)
        array = random.integers(low, high, shape, dtype=dtype, endpoint=True)
        special = np.array([low, high], dtype)
    chosen = random.random(shape) < 0.2
    array = np.where(chosen, random.choice(special, shape), array).astype(dtype)
    if random.random() < 0.5:
        array = np.asfortranarray(array)
    if random.random() < 0.5:
        array = array.astype(array.dtype.newbyteorder(">"))
    return array


def identity(arrays, path):
    """A model whose outputs are the arrays that it is given as constants."""
    nodes = [helper.make_node("Relu", ["input"], ["output"])]
    inputs = [helper.make_tensor_value_info("input", onnx.TensorProto.FLOAT, [None, 1])]
    outputs = [helper.make_tensor_value_info("output", onnx.TensorProto.FLOAT, [None, 1])]
    for name, array in arrays.items():
        kind = helper.np_dtype_to_tensor_dtype(array.dtype.newbyteorder("="))
        nodes.append(helper.make_node("Identity", [name], [name + "_again"]))
        inputs.append(helper.make_tensor_value_info(name, kind, None))
        outputs.append(helper.make_tensor_value_info(name + "_again", kind, None))
    graph = helper.make_graph(nodes, "identity", inputs, outputs)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8), path)


def check_arrays(striate, folder, random):
    arrays = {f"a{k}": draw_array(random, kind) for k, kind in enumerate(random.permutation(TYPES))}
    identity(arrays, folder / "identity.onnx")
    np.save(folder / "input.npy", np.ones((1, 1), "f4"))
    words = [striate, "run", folder / "identity.onnx", "--quiet", "--input", f"input={folder}/input.npy"]
    if random.random() < 0.5:
        save = np.savez_compressed if random.random() < 0.5 else np.savez
        save(folder / "constants.npz", **arrays)
        words += ["--constant", folder / "constants.npz"]
    else:
        for name, array in arrays.items():
            with open(folder / f"{name}.npy", "wb") as file:
                np.lib.format.write_array(file, array, version=(int(random.integers(1, 4)), 0))
            words += ["--constant", f"{name}={folder}/{name}.npy"]
    if random.random() < 0.5:
        run(*words, "--output", folder / "results.npz")
        results = np.load(folder / "results.npz")
        results = {name: results[name + "_again"] for name in arrays}
    else:
        for name in arrays:
            words += ["--output", f"{name}_again={folder}/{name}_again.npy"]
        run(*words)
        results = {name: np.load(folder / f"{name}_again.npy") for name in arrays}
    for name, array in arrays.items():
        found, expected = results[name], np.ascontiguousarray(array).astype(array.dtype.newbyteorder("="))
        expected = expected.reshape(array.shape)
        assert (found.dtype, found.shape) == (expected.dtype, expected.shape), (name, found.dtype, expected.dtype)
        assert found.tobytes() == expected.tobytes() or np.array_equal(found, expected, equal_nan=True), (found, expected)
    return len(arrays)


def check_parameters(striate, folder, random):
    inputs, hidden, outputs = (int(n) for n in random.integers(1, 6, 3))
    shapes = {
        "conv1.weight": (hidden, inputs, 3, 3), "conv1.bias": (hidden,),
        "fc1.weight": (outputs, hidden * 4), "fc1.bias": (outputs,),
    }
    weights = {}
    for name in random.permutation(list(shapes)):
        kind = FLOATS[random.integers(len(FLOATS))]
        values = random.standard_normal(shapes[name]) * 10.0 ** random.integers(-3, 3)
        weights[str(name)] = torch.tensor(values).to(kind)
    form = random.choice(["safetensors", "shards", "torch"])
    if form == "safetensors":
        path = folder / "weights.safetensors"
        save_file(weights, path, metadata={"written": "by Python"})
    elif form == "torch":
        path = folder / "weights.pt"
        torch.save(weights, path)
    else:
        path = folder / "weights.safetensors.index.json"
        places = {name: f"weights-{random.integers(2)}.safetensors" for name in weights}
        for shard in set(places.values()):
            save_file({name: weights[name] for name in weights if places[name] == shard}, folder / shard)
        path.write_text(json.dumps({"metadata": {}, "weight_map": places}))
    model = folder / "model.safetensors"
    text = f"conv {hidden} 3x3, flatten, dense {outputs}"
    run(striate, "import", path, "--network", text, "--input", f"{inputs}x4x4", "--out", model, "--quiet")
    with safe_open(model, "pt") as file:
        assert set(file.keys()) == set(shapes), file.keys()
        assert json.loads(file.metadata()["striate.architecture"])["layers"]
        for name, tensor in weights.items():
            found = file.get_tensor(name)
            assert found.dtype == torch.float32 and torch.equal(found, tensor.to(torch.float32)), (form, name, tensor.dtype)
    return len(weights)


def check_events(striate, folder):
    run(striate, "train", "digits", "--network", "conv 4 5x5, relu, flatten, dense 10", "--count", 300,
        "--epochs", 3, "--seed", 1, "--out", folder / "trained.safetensors", "--tensorboard", folder / "runs",
        "--log", folder / "log.csv", "--quiet")
    events = EventAccumulator(str(folder / "runs"), size_guidance={"images": 0, "scalars": 0, "histograms": 0})
    events.Reload()
    tags = events.Tags()
    with open(folder / "log.csv", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    logged = {key: [float(row[key]) for row in rows if row[key]] for key in rows[0]}
    found = {tag: [event.value for event in events.Scalars(tag)] for tag in tags["scalars"]}
    assert found, "expected scalars"

    def agrees(values):
        return any(len(column) == len(values) and np.allclose(column, values, rtol=1e-4) for column in logged.values())

    curves = [tag for tag, values in found.items() if len(values) == len(rows)]
    assert sum(agrees(found[tag]) for tag in curves) >= 2, (found, logged)
    with safe_open(folder / "trained.safetensors", "pt") as file:
        sizes = {file.get_tensor(name).numel() for name in file.keys()}
    for tag in tags["histograms"]:
        for event in events.Histograms(tag):
            value = event.histogram_value
            assert value.num in sizes and sum(value.bucket) == value.num, (tag, value)
            assert len(value.bucket) == len(value.bucket_limit) and value.min <= value.max
    assert tags["histograms"] and tags["images"], tags
    for tag in tags["images"]:
        for event in events.Images(tag):
            picture = Image.open(io.BytesIO(event.encoded_image_string))
            picture.load()
            assert picture.size == (event.width, event.height), tag
    return {kind: len(tags[kind]) for kind in ("scalars", "histograms", "images")}


def main(striate, rounds=20, seed=1):
    random = np.random.default_rng(int(seed))
    striate = pathlib.Path(striate).resolve()
    arrays = parameters = 0
    for _ in range(int(rounds)):
        with tempfile.TemporaryDirectory() as place:
            arrays += check_arrays(striate, pathlib.Path(place), random)
            parameters += check_parameters(striate, pathlib.Path(place), random)
    print(f"{arrays} arrays and {parameters} parameters came back as they were (seed {seed})")
    with tempfile.TemporaryDirectory() as place:
        print("events that were read:", check_events(striate, pathlib.Path(place)))


if __name__ == "__main__":
    if not 2 <= len(sys.argv) <= 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
