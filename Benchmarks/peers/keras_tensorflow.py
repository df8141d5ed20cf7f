"""Keras on TensorFlow: steps as compiled functions, images with channels last."""

import os

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import tensorflow
from keras import layers

from peers.networks import Adam, Description, Layer, Nesterov
from peers.serving import Job, Step


def start(threads: int) -> None:
    tensorflow.config.threading.set_intra_op_parallelism_threads(threads)


def prepare(job: Job, description: Description) -> Step:
    keras.utils.set_random_seed(0)
    model = network(description)
    channels, rows, columns = description.shape
    images = tensorflow.random.normal((job.batch, rows, columns, channels))
    if job.mode == "infer":
        infer = tensorflow.function(lambda: model(images, training=False))
        return lambda: infer().numpy()
    labels = tensorflow.random.uniform((job.batch,), 0, description.classes, tensorflow.int32)
    train = tensorflow.function(training_step(model, rule(description.optimizer), images, labels))
    return lambda: train().numpy()


def training_step(model: keras.Model, optimizer: keras.Optimizer, images, labels):
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    optimizer.build(model.trainable_variables)

    def step():
        with tensorflow.GradientTape() as tape:
            value = loss(labels, model(images, training=True))
        gradients = tape.gradient(value, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables))
        return value

    return step


def rule(optimizer: Adam | Nesterov) -> keras.Optimizer:
    if isinstance(optimizer, Adam):
        return keras.optimizers.Adam(optimizer.rate)
    return keras.optimizers.SGD(
        optimizer.rate, momentum=optimizer.momentum, nesterov=True,
        weight_decay=optimizer.decay)


def network(description: Description) -> keras.Model:
    channels, rows, columns = description.shape
    x = inputs = keras.Input((rows, columns, channels))
    for layer in description.layers:
        x = apply(layer, x)
    return keras.Model(inputs, x)


def apply(layer: Layer, x):
    match layer:
        case ("conv", outputs, kernel, stride, padding, bias):
            return convolution(x, outputs, kernel, stride, padding, bias)
        case ("norm",):
            return layers.BatchNormalization(momentum=0.9, epsilon=1e-5)(x)
        case ("relu",):
            return layers.ReLU()(x)
        case ("maxpool", kernel, stride, padding):
            # After a ReLU a border of zeros never wins against the image.
            x = layers.ZeroPadding2D(padding)(x) if padding else x
            return layers.MaxPooling2D(kernel, stride)(x)
        case ("mean",):
            return layers.GlobalAveragePooling2D()(x)
        case ("flatten",):
            return layers.Flatten()(x)
        case ("block", outputs, stride):
            return block(x, outputs, stride)
        case ("dense", outputs):
            return layers.Dense(outputs)(x)
    raise ValueError(f"Keras: unknown layer {layer}")


def convolution(x, outputs: int, kernel: int, stride: int, padding: int, bias: bool):
    """TensorFlow's "same" pads a stride of 2 otherwise than PyTorch, so the border is explicit."""
    same = padding and stride == 1 and padding == kernel // 2
    if padding and not same:
        x = layers.ZeroPadding2D(padding)(x)
    return layers.Conv2D(
        outputs, kernel, stride, padding="same" if same else "valid", use_bias=bias)(x)


def block(x, outputs: int, stride: int):
    shortcut = x
    if stride != 1 or x.shape[-1] != outputs:
        shortcut = apply(("norm",), convolution(x, outputs, 1, stride, 0, False))
    y = apply(("norm",), convolution(x, outputs, 3, stride, 1, False))
    y = apply(("norm",), convolution(layers.ReLU()(y), outputs, 3, 1, 1, False))
    return layers.ReLU()(layers.Add()([y, shortcut]))
