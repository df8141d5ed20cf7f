"""The frameworks that Striate is compared with: a file each, and what they have in common.

This file and networks.py need the standard library alone: whoever plans a comparison reads them
without any framework.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Peer:
    """A framework: how it is called, installed and asked."""

    name: str
    label: str
    #: The module of this package that runs it.
    module: str
    #: Names of distributions, pinned in requirements.txt; the first one's version is shown.
    packages: tuple[str, ...]
    #: What a peer computes with, if not itself: label and distribution.
    backend: tuple[str, str] | None = None
    modes: tuple[str, ...] = ("infer",)
    #: Ways to run it; the fastest of them counts.
    variants: tuple[str, ...] = ("",)
    #: The file that it reads a network from, made by conversion.py.
    reads: str | None = None
    #: It computes one image at a time, whatever the batch.
    one_by_one: bool = False


PEERS = {
    peer.name: peer
    for peer in (
        Peer("torch", "PyTorch", "pytorch", ("torch", "numpy"), modes=("train", "infer"),
             variants=("eager", "channels-last")),
        Peer("onnxruntime", "ONNX Runtime", "onnx_runtime",
             ("onnxruntime", "onnx", "torch", "numpy"), reads="onnx"),
        Peer("openvino", "OpenVINO", "openvino_runtime", ("openvino", "onnx", "torch", "numpy"),
             reads="onnx"),
        Peer("keras", "Keras", "keras_tensorflow", ("keras", "tensorflow-cpu", "numpy"),
             backend=("TensorFlow", "tensorflow-cpu"), modes=("train", "infer")),
        Peer("ncnn", "ncnn", "ncnn_runtime", ("ncnn", "pnnx", "torch", "numpy"), reads="ncnn",
             one_by_one=True),
    )
}
