"""ncnn, one image at a time and in 32-bit floats, on the files that pnnx makes."""

import ncnn
import numpy

from peers.networks import Description
from peers.serving import Job, Step

_threads = 1


def start(threads: int) -> None:
    global _threads
    _threads = threads


def prepare(job: Job, description: Description) -> Step:
    net = ncnn.Net()
    net.opt.num_threads = _threads
    net.opt.use_fp16_packed = net.opt.use_fp16_storage = net.opt.use_fp16_arithmetic = False
    for status in (net.load_param(job.file + ".param"), net.load_model(job.file + ".bin")):
        if status:
            raise RuntimeError(f"ncnn cannot read {job.file}: status {status}")
    image = ncnn.Mat(numpy.random.randn(*description.shape).astype(numpy.float32)).clone()
    return lambda: infer(net, image, description.classes)


def infer(net: ncnn.Net, image: ncnn.Mat, classes: int) -> None:
    extractor = net.create_extractor()
    extractor.input("in0", image)
    status, output = extractor.extract("out0")
    if status or output.w != classes:
        raise RuntimeError(f"ncnn: expected {classes} numbers, found {output.w}, status {status}")
