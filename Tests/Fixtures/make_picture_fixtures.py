"""Writes what Pillow makes of pictures that are resized, which the tests compare Striate's with.

Made with Pillow 13.0.0. Run from the root of the repository:

    python3 Tests/Fixtures/make_picture_fixtures.py

The pictures are not stored: both sides compute them with `formula`. Sizes and places are those of
torchvision's Resize (the shorter side; the longer one truncated) and CenterCrop (half a pixel to the
even number).
"""

import base64
import io
import json
import math
import pathlib

import PIL
from PIL import Image

FOLDER = pathlib.Path(__file__).parent.parent / "StriateDataTests" / "Fixtures"


def formula(width, height, channels):
    """Bytes that differ from their neighbours, from 0 to 255."""
    return bytes((k * 1237 + (k * k) % 2003) * 7 % 256 for k in range(width * height * channels))


def cover(picture, width, height):
    """Resized so that it just covers the size, then cut in the middle."""
    w, h = picture.size
    if width * h >= height * w:
        size = (width, width * h // w)
    else:
        size = (height * w // h, height)
    # Rows first: of tall pictures newer versions of Pillow resize the columns first, which may round
    # to a neighbouring byte.
    rows = picture.resize((size[0], h), Image.BILINEAR)
    whole = rows.resize(size, Image.BILINEAR)
    left, top = round((size[0] - width) / 2), round((size[1] - height) / 2)
    return whole.crop((left, top, left + width, top + height))


def planes(picture):
    return b"".join(band.tobytes() for band in picture.split())


def case(width, height, channels, new_width, new_height):
    mode = "RGB" if channels == 3 else "L"
    picture = Image.frombytes(mode, (width, height), formula(width, height, channels))
    return {
        "width": width,
        "height": height,
        "channels": channels,
        "newWidth": new_width,
        "newHeight": new_height,
        "planes": base64.b64encode(planes(cover(picture, new_width, new_height))).decode(),
    }


def photograph():
    """A smooth picture as a JPEG file, and what it becomes at 12 × 12."""
    picture = Image.new("RGB", (240, 160))
    for y in range(160):
        for x in range(240):
            wave = 60 * math.sin(x / 23) * math.cos(y / 17)
            picture.putpixel((x, y), (int(128 + wave), int(x / 240 * 255), int(y / 160 * 255)))
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=90)
    fitted = cover(Image.open(io.BytesIO(file.getvalue())), 12, 12)
    return {
        "file": base64.b64encode(file.getvalue()).decode(),
        "planes": base64.b64encode(planes(fitted)).decode(),
    }


CASES = [
    (8, 8, 1, 8, 8), (13, 9, 3, 5, 5), (40, 31, 1, 16, 16), (31, 40, 3, 16, 16), (7, 5, 3, 16, 16),
    (5, 7, 1, 9, 9), (100, 3, 1, 6, 6), (3, 100, 3, 2, 2), (1, 1, 3, 4, 4), (64, 48, 3, 12, 20),
    (48, 64, 1, 20, 12), (20, 20, 3, 13, 7), (17, 16, 1, 16, 16), (19, 16, 1, 16, 16), (33, 22, 1, 1, 1),
]

FOLDER.mkdir(parents=True, exist_ok=True)
contents = {
    "version": "Pillow " + PIL.__version__,
    "cases": [case(*numbers) for numbers in CASES],
    "photograph": photograph(),
}
(FOLDER / "pictures.json").write_text(json.dumps(contents, separators=(",", ":")) + "\n")
