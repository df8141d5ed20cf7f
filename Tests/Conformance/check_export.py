#!/usr/bin/env python3
"""Checks what `striate export` writes: that onnx accepts it and ONNX Runtime computes the same numbers.

    check_export.py STRIATE [MODEL…]     every named model, or those
    check_export.py --folder FOLDER      the pairs NAME.onnx and NAME.safetensors of a folder

A pair's safetensors file holds inputs and Striate's outputs for them, as `striate export --example` writes.
Outputs must agree to 1e-5 of the largest. Needs onnx, onnxruntime, numpy and safetensors.
"""

import json
import pathlib
import subprocess
import sys
import tempfile

import numpy
import onnx
import onnxruntime
from safetensors.numpy import load_file

TOLERANCE = 1e-5


def check(model_path, example_path, tolerance=TOLERANCE):
    """The largest difference of an output from Striate's, relative to that output's largest number."""
    model = onnx.load(model_path)
    onnx.checker.check_model(model, full_check=True)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(
        str(model_path), options, providers=["CPUExecutionProvider"])
    example = load_file(example_path)
    inputs = {value.name: example[value.name] for value in session.get_inputs()}
    worst = 0.0
    for size in (len(next(iter(inputs.values()))), 1):
        names = [value.name for value in session.get_outputs()]
        found = session.run(names, {name: array[:size] for name, array in inputs.items()})
        for name, array in zip(names, found):
            expected = example[name][:size]
            if array.shape != expected.shape:
                raise AssertionError(f"{name}: expected {expected.shape}, found {array.shape}")
            scale = max(float(numpy.abs(expected).max()), 1e-30)
            difference = float(numpy.abs(array - expected).max()) / scale
            if not difference <= tolerance:
                raise AssertionError(f"{name}: differs by {difference:.2g} of the largest number")
            worst = max(worst, difference)
    return worst


def check_folder(folder):
    failures = 0
    models = sorted(pathlib.Path(folder).glob("*.onnx"))
    for path in models:
        try:
            check(path, path.with_suffix(".safetensors"))
        except Exception as error:  # each model is told, whatever went wrong
            failures += 1
            print(f"{path.stem}: {type(error).__name__}: {str(error)[:300]}")
    print(f"{len(models) - failures} of {len(models)} agree")
    return failures == 0 and len(models) > 0


def run(*words):
    result = subprocess.run([str(word) for word in words], capture_output=True, text=True)
    if result.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, words))}: {result.stderr.strip()[-400:]}")
    return result.stdout


def check_named(striate, names):
    listing = subprocess.run([striate, "import", "--help"], capture_output=True, text=True).stdout
    if not names:
        lines = listing.split("--model NAME")[-1].split("--network TEXT")[0].splitlines()
        names = [word.strip() for line in lines[1:] for word in line.split(",") if word.strip()]
    worst_of_all = 0.0
    with tempfile.TemporaryDirectory() as folder:
        if not names:
            raise AssertionError("expected the names of models in the help of striate import, found none")
        for name in names:
            model = pathlib.Path(folder) / f"{name}.safetensors"
            train(striate, name, model)
            for words in (["--opset", "13"], ["--opset", "18"],
                          ["--opset", "23", "--preprocessing", "include"]):
                out, example = model.with_suffix(".onnx"), model.with_suffix(".example")
                answer = json.loads(
                    run(striate, "export", model, "--out", out, "--example", example, "--json", *words))
                worst = check(out, example)
                worst_of_all = max(worst_of_all, worst)
                print(f"{name} {' '.join(words)}: {answer['operators']} operators, differs by {worst:.1e}")
                check_names(out, model)
    print(f"{len(names)} models agree, the worst by {worst_of_all:.1e}")


def check_names(out, model):
    """Every parameter of the model is an initializer under its name, with the same numbers."""
    constants = {item.name: onnx.numpy_helper.to_array(item) for item in onnx.load(out).graph.initializer}
    for name, array in load_file(model).items():
        if name not in constants:
            raise AssertionError(f"{out}: expected an initializer {name}, found none")
        if constants[name].tobytes() != array.tobytes():
            raise AssertionError(f"{out}: {name}: expected the model's numbers, found others")


def train(striate, name, model):
    """A step or two, so that running statistics are not those of an untrained network."""
    small = ["cifar10"] if name in ("vgg-small", "resnet20", "wide-resnet") else None
    if name in ("resnet18", "mobilenet-v2"):
        pictures = pathlib.Path(model).parent / "pictures"
        make_pictures(pictures)
        run(striate, "train", pictures, "--model", name, "--size", "64", "--epochs", "1", "--batch", "4",
            "--augment", "none", "--out", model, "--quiet")
    elif small:
        pictures = pathlib.Path(model).parent / "pictures"
        make_pictures(pictures)
        run(striate, "train", pictures, "--model", name, "--size", "32", "--epochs", "1", "--batch", "4",
            "--augment", "none", "--out", model, "--quiet")
    else:
        classes = ["--classes", "3,8"] if name == "sigmoid-cnn" else []
        run(striate, "train", "mnist", "--model", name, "--limit", "256", "--epochs", "1",
            "--out", model, "--quiet", *classes)


def make_pictures(folder):
    """Two classes of 12 random PNG pictures."""
    if folder.exists():
        return
    random = numpy.random.default_rng(1)
    for label in ("a", "b"):
        (folder / label).mkdir(parents=True)
        for index in range(12):
            pixels = random.integers(0, 256, (64, 64, 3), dtype=numpy.uint8)
            (folder / label / f"{index}.png").write_bytes(png(pixels))


def png(pixels):
    import struct
    import zlib

    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    height, width, _ = pixels.shape
    rows = b"".join(b"\0" + pixels[row].tobytes() for row in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows))
            + chunk(b"IEND", b""))


def main(words):
    if len(words) == 2 and words[0] == "--folder":
        return 0 if check_folder(words[1]) else 1
    if not words or words[0].startswith("-"):
        print(__doc__)
        return 2
    check_named(words[0], words[1:])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
