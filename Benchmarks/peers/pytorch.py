"""PyTorch: eager or channels-last, each also through torch.compile where asked."""

import torch
from torch.nn import functional

from peers import pytorch_modules
from peers.networks import Description
from peers.serving import Job, Step


def start(threads: int) -> None:
    torch.set_num_threads(threads)


def prepare(job: Job, description: Description) -> Step:
    network = pytorch_modules.network(description)
    images = torch.randn(job.batch, *description.shape)
    if "channels-last" in job.variant:
        network = network.to(memory_format=torch.channels_last)
        images = images.contiguous(memory_format=torch.channels_last)
    run = torch.compile(network) if "compile" in job.variant else network
    if job.mode == "infer":
        network.eval()
        return lambda: infer(run, images)
    optimizer = pytorch_modules.optimizer(description.optimizer, network.parameters())
    labels = torch.randint(0, description.classes, (job.batch,))
    return lambda: train(run, optimizer, images, labels)


def infer(network, images: torch.Tensor) -> None:
    with torch.inference_mode():
        network(images)


def train(network, optimizer, images: torch.Tensor, labels: torch.Tensor) -> None:
    optimizer.zero_grad(set_to_none=True)
    functional.cross_entropy(network(images), labels).backward()
    optimizer.step()
