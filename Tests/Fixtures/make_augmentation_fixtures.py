"""Writes what other programs make of changed images, which the tests compare the reference with.

Made with PyTorch 2.13.0 (CPU), Pillow 13.0 and NumPy. Run from the root of the repository:

    python3 Tests/Fixtures/make_augmentation_fixtures.py

Places: affine_grid and grid_sample, interpolate and pad of PyTorch; torchvision's matrix of an affine map is
copied below. Colours: Pillow's ImageEnhance and ImageOps on bytes (which round, so the tolerance is of
the order of a 255th), ImageEnhance's formulas in Double, and Python's colorsys. Elastic: NumPy.
"""

import colorsys
import json
import math
import pathlib

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image, ImageEnhance, ImageOps

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)
FOLDER = pathlib.Path(__file__).parent.parent / "StriateTests" / "Fixtures"
EXACT, BYTE = 1e-9, 1.01 / 255
cases = []


def pixels(shape):
    """The bytes of the image that both sides compute instead of storing it."""
    k = np.arange(int(np.prod(shape)))
    return ((k * 1237 + 389) % 2003 % 256).reshape(shape)


def image(shape):
    return torch.tensor(pixels(shape) / 255)


def add(name, shape, numbers, output, tolerance=EXACT):
    values = [float(f"{x:.11g}") for x in np.asarray(output, dtype=np.float64).flatten()]
    cases.append({"name": name, "shape": list(shape), "numbers": numbers, "tolerance": tolerance,
                  "output": values})


def inverse_affine_matrix(angle, translate, scale, shear):
    """torchvision.transforms.functional._get_inverse_affine_matrix about the centre."""
    rot, sx, sy = math.radians(angle), math.radians(shear[0]), math.radians(shear[1])
    a = math.cos(rot - sy) / math.cos(sy)
    b = -math.cos(rot - sy) * math.tan(sx) / math.cos(sy) - math.sin(rot)
    c = math.sin(rot - sy) / math.cos(sy)
    d = -math.sin(rot - sy) * math.tan(sx) / math.cos(sy) + math.cos(rot)
    matrix = [x / scale for x in (d, -b, 0.0, -c, a, 0.0)]
    matrix[2] += matrix[0] * -translate[0] + matrix[1] * -translate[1]
    matrix[5] += matrix[3] * -translate[0] + matrix[4] * -translate[1]
    return matrix


def affine(shape, angle, translate, scale, shear):
    _, h, w = shape
    m = inverse_affine_matrix(angle, translate, scale, shear)
    # From pixels around the centre to coordinates from −1 to 1.
    theta = torch.tensor([[m[0], m[1] * h / w, m[2] * 2 / w], [m[3] * w / h, m[4], m[5] * 2 / h]])
    grid = F.affine_grid(theta[None], [1, *shape], align_corners=False)
    out = F.grid_sample(image(shape)[None], grid, mode="bilinear", padding_mode="zeros",
                        align_corners=False)
    tangents = [math.tan(math.radians(s)) for s in shear]
    add("affine", shape, [angle, *translate, scale, *tangents], out)


for shape in [(2, 5, 7), (1, 6, 6), (1, 1, 1)]:
    affine(shape, 0, (0, 0), 1, (0, 0))
    affine(shape, 30, (0, 0), 1, (0, 0))
    affine(shape, 0, (1.25, -0.5), 1, (0, 0))
    affine(shape, 0, (0, 0), 1.3, (0, 0))
    affine(shape, 0, (0, 0), 1, (15, -8))
    affine(shape, -21, (0.75, 1.5), 0.8, (10, 20))

for shape, box in [((2, 7, 9), (2, 1, 4, 5)), ((1, 6, 6), (0, 0, 6, 6)), ((1, 6, 6), (5, 0, 1, 2))]:
    left, top, width, height = box
    part = image(shape)[None, :, top:top + height, left:left + width]
    add("resized crop", shape, list(box),
        F.interpolate(part, size=shape[1:], mode="bilinear", align_corners=False))

for name, mode in [("crop", "constant"), ("crop reflect", "reflect")]:
    for left, top in [(-3, 2), (3, -3), (0, 0), (1, 1)]:
        shape = (2, 5, 6)
        padded = F.pad(image(shape)[None], (3, 3, 3, 3), mode=mode)[0]
        add(name, shape, [left, top], padded[:, 3 + top:8 + top, 3 + left:9 + left])
add("flip", (2, 3, 4), [], torch.flip(image((2, 3, 4)), [2]))
add("flip vertical", (2, 3, 4), [], torch.flip(image((2, 3, 4)), [1]))


def noise(key, index):
    """lowbias32 of a counter, as a number from −1 to 1."""
    with np.errstate(over="ignore"):
        h = np.uint32(key) + index.astype(np.uint32) * np.uint32(0x9E3779B9)
        h = (h ^ (h >> np.uint32(16))) * np.uint32(0x7FEB352D)
        h = (h ^ (h >> np.uint32(15))) * np.uint32(0x846CA68B)
        h = h ^ (h >> np.uint32(16))
    return (h >> np.uint32(9)) / 2**22 - 1


def elastic(shape, key, alpha, sigma):
    _, h, w = shape
    radius = math.ceil(3 * sigma)
    g = np.exp(-np.arange(-radius, radius + 1.0) ** 2 / (2 * sigma**2))
    g /= g.sum()
    fields = []
    for component in range(2):
        field = noise(key, np.arange(h * w) + component * h * w).reshape(h, w)
        field = np.pad(field, radius)
        field = np.apply_along_axis(lambda row: np.convolve(row, g, "valid"), 1, field)
        field = np.apply_along_axis(lambda column: np.convolve(column, g, "valid"), 0, field)
        fields.append(alpha * field)
    y, x = np.mgrid[0:h, 0:w].astype(float)
    x, y = x + fields[0], y + fields[1]
    grid = torch.tensor(np.stack([(2 * x + 1) / w - 1, (2 * y + 1) / h - 1], -1))[None]
    add("elastic", shape, [key, alpha, sigma],
        F.grid_sample(image(shape)[None], grid, padding_mode="zeros", align_corners=False), 1e-8)


elastic((2, 7, 9), 123456789, 8, 1.5)
elastic((1, 12, 12), 4000000000, 34, 4)

# Colours: [3, H, W].
SHAPE = (3, 5, 6)


def pillow(shape):
    planes = pixels(shape).astype(np.uint8)
    return Image.fromarray(planes[0] if shape[0] == 1 else planes.transpose(1, 2, 0))


def planes(picture):
    array = np.asarray(picture) / 255
    return array if array.ndim == 2 else array.transpose(2, 0, 1)


x = pixels(SHAPE) / 255
grey = (0.299 * x[0] + 0.587 * x[1] + 0.114 * x[2])[None]
for factor in [0, 0.6, 1, 1.5]:
    for name, other, enhance in [
        ("brightness", 0 * x, ImageEnhance.Brightness),
        ("contrast", 0 * x + grey.mean(), ImageEnhance.Contrast),
        ("saturation", grey + 0 * x, ImageEnhance.Color),
    ]:
        add(name, SHAPE, [factor], np.clip(factor * x + (1 - factor) * other, 0, 1))
        add(name, SHAPE, [factor], planes(enhance(pillow(SHAPE)).enhance(factor)), 1.6 / 255)
    add("sharpness", SHAPE, [factor], planes(ImageEnhance.Sharpness(pillow(SHAPE)).enhance(factor)),
        1.6 / 255)
for share in [0, 0.1, -0.3, 0.5]:
    out = np.zeros_like(x)
    for i in range(SHAPE[1]):
        for j in range(SHAPE[2]):
            h, s, v = colorsys.rgb_to_hsv(*x[:, i, j])
            out[:, i, j] = colorsys.hsv_to_rgb((h + share) % 1, s, v)
    add("hue", SHAPE, [share], out)
for bits in [1, 4, 7]:
    add("posterize", SHAPE, [bits], planes(ImageOps.posterize(pillow(SHAPE), bits)))
for threshold in [0, 77, 255]:
    add("solarize", SHAPE, [threshold], planes(ImageOps.solarize(pillow(SHAPE), threshold)))
for shape in [SHAPE, (1, 1, 1)]:
    add("autocontrast", shape, [], planes(ImageOps.autocontrast(pillow(shape))), BYTE)
for shape in [SHAPE, (1, 20, 30), (1, 16, 17)]:
    add("equalize", shape, [], planes(ImageOps.equalize(pillow(shape))))

text = json.dumps({"version": "PyTorch " + torch.__version__, "cases": cases}, separators=(",", ":"))
(FOLDER / "augmentation.json").write_text(text + "\n")
