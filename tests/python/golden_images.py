#!/usr/bin/env python3
"""What PIL makes of small image files: decoded, converted, resized."""
import io
import json
import random

from PIL import Image

SIZE = (13, 9)  # width, height


def noise(mode, channels, seed):
    draw = random.Random(seed)
    smooth = [[draw.randrange(256) for _ in range(channels)] for _ in range(12)]
    pixels = []
    for y in range(SIZE[1]):
        for x in range(SIZE[0]):
            base = smooth[(x // 5) * 3 + y // 4]
            pixels += [min(255, max(0, v + draw.randrange(-20, 21))) for v in base]
    return Image.frombytes(mode, SIZE, bytes(pixels))


def encode(image, kind, **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def values(image):
    return {"height": image.height, "width": image.width, "values": list(image.tobytes())}


def main():
    rgb, gray = noise("RGB", 3, 1), noise("L", 1, 2)
    palette = rgb.quantize(16)
    files = {
        "rgb.png": encode(rgb, "PNG"),
        "gray.png": encode(gray, "PNG"),
        "alpha.png": encode(noise("RGBA", 4, 3), "PNG"),
        "gray_alpha.png": encode(noise("LA", 2, 4), "PNG"),
        "palette.png": encode(palette, "PNG", transparency=3),
        "bits.png": encode(gray.convert("1"), "PNG"),
        "rgb.jpg": encode(rgb, "JPEG", quality=75),
        "full.jpg": encode(rgb, "JPEG", quality=95, subsampling=0),
        "progressive.jpg": encode(rgb, "JPEG", quality=60, progressive=True),
        "gray.jpg": encode(gray, "JPEG", quality=80),
    }
    decoded = []
    for name, data in files.items():
        image = Image.open(io.BytesIO(data))
        decoded.append({"name": name, "bytes": data.hex(), "rgb": values(image.convert("RGB")),
                        "gray": values(image.convert("L"))})
    resized = []
    for name, method in (("bilinear", Image.Resampling.BILINEAR), ("bicubic", Image.Resampling.BICUBIC),
                         ("lanczos", Image.Resampling.LANCZOS), ("box", Image.Resampling.BOX)):
        for height, width in ((4, 5), (9, 7), (23, 31), (1, 1), (20, 13)):
            resized.append({"filter": name} | values(rgb.resize((width, height), method)))
    print(json.dumps({"decoded": decoded, "resized": resized}))


main()
