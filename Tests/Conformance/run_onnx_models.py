#!/usr/bin/env python3
"""Exports torchvision's classic networks to ONNX and compares `striate run` with ONNX Runtime.

    python3 Tests/Conformance/run_onnx_models.py --striate .build/release/striate --folder /tmp/models

Needs torch, torchvision, onnx, onnxscript, onnxruntime and numpy. The weights are random, but the running statistics of
batch normalisations are not: they are set to numbers away from 0 and 1, so that a mistake in them shows. Each network is
exported by both of PyTorch's exporters ("script": dynamo=False, "dynamo": dynamo=True). A network passes where all
outputs of a batch of three differ by at most 1e-4 of the largest.

    python3 Tests/Conformance/run_onnx_models.py --folder /tmp/models --time 3 --models resnet18,vgg11_bn

times inference in batches of 16 (or --batch) on two threads beside ONNX Runtime, in turn, that many rounds, and prints the medians.
"""
import argparse
import os
import subprocess
import sys
import time
import warnings

import numpy as np

MODELS = ["resnet18", "mobilenet_v2", "mobilenet_v3_small", "vgg11_bn", "squeezenet1_1", "densenet121",
          "googlenet", "efficientnet_b0", "shufflenet_v2_x1_0", "regnet_x_400mf", "mnasnet1_0", "alexnet",
          "inception_v3", "convnext_tiny"]
TOLERANCE = 1e-4


def torchvision_models():
    """torchvision beside a torch that its operators were not built for: those are not needed here."""
    import torch
    register = torch.library.register_fake
    torch.library.register_fake = lambda *_, **__: (lambda function: function)
    try:
        import torchvision.models as models
    finally:
        torch.library.register_fake = register
    return models


def make(name):
    import torch
    torch.manual_seed(1)
    extra = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
    model = getattr(torchvision_models(), name)(weights=None, **extra).eval()
    generator = torch.Generator().manual_seed(2)
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.uniform_(-0.1, 0.1, generator=generator)
            module.running_var.uniform_(0.5, 1.5, generator=generator)
    return model


def export(name, exporter, path, size):
    import torch
    model = make(name)
    image = torch.zeros(1, 3, size, size)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if exporter == "dynamo":
            batch = torch.export.Dim("batch", min=1, max=64)
            torch.onnx.export(model, (torch.zeros(2, 3, size, size),), path, dynamo=True,
                              dynamic_shapes=({0: batch},), verbose=False, external_data=False)
        else:
            torch.onnx.export(model, (image,), path, dynamo=False, input_names=["input"],
                              output_names=["output"],
                              dynamic_axes={"input": {0: "batch"}, "output": {0: "batch"}})


def timed(striate, path, size, rounds, batch, threads=2):
    """Images a second of ONNX Runtime and of Striate, and their ratio: medians of rounds in turn."""
    import json
    import statistics
    import onnxruntime
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    images = np.random.default_rng(3).standard_normal((batch, 3, size, size), dtype=np.float32)
    feed = {session.get_inputs()[0].name: images}
    ours, theirs = [], []
    for _ in range(rounds):
        session.run(None, feed)
        times = []
        for _ in range(5):
            start = time.perf_counter()
            session.run(None, feed)
            times.append(time.perf_counter() - start)
        theirs.append(batch / statistics.median(times))
        result = subprocess.run([striate, "bench", path, "--mode", "infer", "--batch", str(batch), "--threads",
                                 str(threads), "--json"], capture_output=True, text=True, check=True)
        ours.append(json.loads(result.stdout)["images_per_second"])
    ratio = statistics.median(a / b for a, b in zip(ours, theirs))
    return (f"{os.path.basename(path)}: Striate {statistics.median(ours):.1f}, ONNX Runtime "
            f"{statistics.median(theirs):.1f} images a second, {ratio:.2f} times")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--striate", default=".build/release/striate")
    parser.add_argument("--folder", required=True, help="where models are kept between runs")
    parser.add_argument("--models", default=",".join(MODELS))
    parser.add_argument("--exporters", default="script,dynamo")
    parser.add_argument("--export-only", action="store_true")
    parser.add_argument("--time", type=int, default=0, metavar="ROUNDS", help="time inference beside ONNX Runtime")
    parser.add_argument("--batch", type=int, default=16, help="images at a time that --time takes (16)")
    arguments = parser.parse_args()
    os.makedirs(arguments.folder, exist_ok=True)
    failed = 0
    for name in arguments.models.split(","):
        for exporter in arguments.exporters.split(","):
            size = 299 if name == "inception_v3" else 224
            path = os.path.join(arguments.folder, f"{name}-{exporter}.onnx")
            if not os.path.exists(path):
                try:
                    export(name, exporter, path, size)
                except Exception as error:
                    failed += 1
                    print(f"FAIL {name} {exporter}: the export failed: {str(error).splitlines()[0]}", flush=True)
                    continue
            if arguments.export_only:
                print(f"exported {path}", flush=True)
                continue
            if arguments.time:
                print(timed(arguments.striate, path, size, arguments.time, arguments.batch), flush=True)
                continue
            images = np.random.default_rng(3).standard_normal((3, 3, size, size), dtype=np.float32)
            source, target = path + ".x.npy", path + ".y.npy"
            np.save(source, images)
            import onnxruntime
            session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
            expected = session.run(None, {session.get_inputs()[0].name: images})[0]
            start = time.time()
            result = subprocess.run([arguments.striate, "run", path, "--input", source, "--output", target,
                                     "--quiet"], capture_output=True, text=True)
            if result.returncode != 0:
                failed += 1
                print(f"FAIL {name} {exporter}: {result.stderr.strip()[:1500]}", flush=True)
                continue
            found = np.load(target)
            error = np.abs(found - expected).max() / np.abs(expected).max() if found.shape == expected.shape else np.inf
            good = error <= TOLERANCE
            failed += not good
            print(f"{'pass' if good else 'FAIL'} {name} {exporter}: largest difference {error:.1e} of the largest "
                  f"output, {time.time() - start:.1f} s", flush=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
