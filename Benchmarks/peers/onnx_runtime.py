"""ONNX Runtime on the file that PyTorch exports."""

import numpy
import onnxruntime

from peers.networks import Description
from peers.serving import Job, Step

_threads = 1


def start(threads: int) -> None:
    global _threads
    _threads = threads


def prepare(job: Job, description: Description) -> Step:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = _threads
    session = onnxruntime.InferenceSession(
        job.file, options, providers=["CPUExecutionProvider"])
    feed = {"x": numpy.random.randn(job.batch, *description.shape).astype(numpy.float32)}
    return lambda: session.run(None, feed)
