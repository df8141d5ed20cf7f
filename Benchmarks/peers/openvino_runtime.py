"""OpenVINO, in 32-bit floats, on the file that PyTorch exports."""

import numpy
import openvino

from peers.networks import Description
from peers.serving import Job, Step

_threads = 1


def start(threads: int) -> None:
    global _threads
    _threads = threads


def prepare(job: Job, description: Description) -> Step:
    compiled = openvino.Core().compile_model(
        job.file, "CPU",
        {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": _threads})
    request = compiled.create_infer_request()
    images = numpy.random.randn(job.batch, *description.shape).astype(numpy.float32)
    return lambda: request.infer({0: images}, share_inputs=True)
