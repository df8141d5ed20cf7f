"""Runs an exported model in ONNX Runtime and compares its outputs with Striate's: use_model.py MODEL EXAMPLE."""

import json
import sys

import numpy
import onnxruntime
from safetensors.numpy import load_file

session = onnxruntime.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
example = load_file(sys.argv[2])

# What enters, and what the outputs are called.
metadata = session.get_modelmeta().custom_metadata_map
print("input:", metadata["striate.input"])
names = json.loads(metadata.get("striate.class_names", "[]"))

(given,) = session.get_inputs()
(wanted,) = session.get_outputs()
(scores,) = session.run(None, {given.name: example[given.name]})
difference = numpy.abs(scores - example[wanted.name]).max() / numpy.abs(scores).max()
for row in scores:
    best = int(row.argmax())
    print("class:", names[best] if names else best)
print(f"differs from Striate by {difference:.1e} of the largest score")
sys.exit(0 if difference < 1e-5 else 1)
