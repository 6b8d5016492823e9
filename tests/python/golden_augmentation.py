"""Golden images of the transforms resized_crop, color_jitter, blur, affine and grayscale for
tests/plugins/augmentation/golden_test.cpp: what torchvision.transforms.v2.functional makes of given
draws. Parameters are chosen from the draws here as the components' READMEs say, in Python. The
Fourier modes are those of NumPy.

    python tests/python/golden_augmentation.py > tests/plugins/augmentation/golden_augmentation.json
"""
import json
import math

import libtorch

libtorch.find()

import numpy as np  # noqa: E402
import torch  # noqa: E402
from torchvision.transforms import InterpolationMode  # noqa: E402
from torchvision.transforms.v2 import functional as F  # noqa: E402

rng = np.random.default_rng(25)
N = 3


def images(channels, height, width):
    return torch.from_numpy(rng.uniform(size=(N, channels, height, width)).round(3).astype(np.float32))


def between(low, high, u):
    return low + (high - low) * u


def resized_crop(image, u, smallest, largest, ratio):
    height, width = image.shape[-2:]
    for k in range(10):
        area = height * width * between(smallest, largest, u[1 + 2 * k])
        aspect = math.exp(between(math.log(ratio), -math.log(ratio), u[2 + 2 * k]))
        w, h = round(math.sqrt(area * aspect)), round(math.sqrt(area / aspect))
        if 0 < w <= width and 0 < h <= height:
            top, left = int(u[21] * (height - h + 1)), int(u[22] * (width - w + 1))
            return F.resized_crop(image, top, left, h, w, [height, width], antialias=True)
    raise ValueError("no attempt fits")


def color_jitter(image, u, brightness, contrast, saturation, hue):
    factor = [between(max(0, 1 - s), 1 + s, u[1 + k]) for k, s in enumerate((brightness, contrast, saturation))]
    changes = [lambda x: F.adjust_brightness(x, factor[0]), lambda x: F.adjust_contrast(x, factor[1]),
               lambda x: F.adjust_saturation(x, factor[2]), lambda x: F.adjust_hue(x, between(-hue, hue, u[4]))]
    for k in np.argsort(u[5:9], kind="stable"):
        if (brightness, contrast, saturation, hue)[k] > 0:
            image = changes[k](image)
    return image


def blur(image, u, size, smallest, largest):
    return F.gaussian_blur(image, [size, size], [between(smallest, largest, u[1])] * 2)


def affine(image, u, rotation, translation, smallest, largest, shear):
    height, width = image.shape[-2:]
    return F.affine(image, angle=between(-rotation, rotation, u[1]),
                    translate=[between(-translation, translation, u[2]) * width,
                               between(-translation, translation, u[3]) * height],
                    scale=between(smallest, largest, u[4]),
                    shear=[between(-shear, shear, u[5]), between(-shear, shear, u[6])],
                    interpolation=InterpolationMode.BILINEAR)


def grayscale(image, u):
    return F.rgb_to_grayscale(image, num_output_channels=3)


def case(use, function, numbers, shape, probability=0.6, **params):
    """What `use` makes of N images of this shape with these parameters; the last image is not chosen."""
    all_images = images(*shape)
    draws = rng.uniform(size=(N, numbers)).round(6)
    draws[:-1, 0], draws[-1, 0] = draws[:-1, 0] * probability, probability
    changed = torch.stack([x if u[0] >= probability else function(x, u, **params) for x, u in zip(all_images, draws)])
    return {"use": use, "params": {"probability": probability, **params}, "size": shape, "images": [round(x, 3) for x in all_images.flatten().tolist()],
            "draws": draws.flatten().tolist(), "changed": [round(x, 7) for x in changed.flatten().tolist()]}


def mix(x, y, lam, window):
    """The real part of the image with the phases of x and mixed amplitudes in the shifted window."""
    X, Y = (np.fft.fftshift(np.fft.fft2(a, axes=(-2, -1)), axes=(-2, -1)) for a in (x, y))
    amplitude = np.where(window, (1 - lam) * np.abs(X) + lam * np.abs(Y), np.abs(X))
    return np.real(np.fft.ifft2(np.fft.ifftshift(amplitude * np.exp(1j * np.angle(X)), axes=(-2, -1)), axes=(-2, -1)))


def fourier(size, window, params):
    x = rng.uniform(size=(N, *size)).round(3)
    draws = rng.uniform(size=(N, 3)).round(6)
    order = np.argsort(draws[:, 2])
    partner = np.empty(N, dtype=int)
    partner[order] = np.roll(order, -1)
    lam = {"mix": draws[:, 1] * params.get("alpha", 1), "swap": np.ones(N), "average": np.full(N, 0.5)}[params["mode"]]
    changed = np.clip(mix(x, x[partner], lam[:, None, None, None], window(*size[1:])), 0, 1)
    return {"use": "fourier", "params": {"probability": 1.0, **params}, "size": size, "images": x.flatten().tolist(),
            "draws": draws.flatten().tolist(), "changed": [round(x, 7) for x in changed.flatten().tolist()]}


def centered(most):
    """Frequencies of both signs up to `most`, as FDA's code on arrays takes them."""
    def window(height, width):
        far = [np.abs(np.arange(n) - n // 2) <= most for n in (height, width)]
        return far[0][:, None] & far[1][None, :]
    return window


def middle(ratio):
    """As FACT's code takes them."""
    def window(height, width):
        chosen = np.zeros((height, width), dtype=bool)
        rows, columns = int(height * math.sqrt(ratio)), int(width * math.sqrt(ratio))
        top, left = height // 2 - rows // 2, width // 2 - columns // 2
        chosen[top:top + rows, left:left + columns] = True
        return chosen
    return window


def corners(side):
    """As FDA's code on tensors takes them."""
    def window(height, width):
        chosen = np.zeros((height, width), dtype=bool)
        for rows in (slice(0, side), slice(height - side, height)):
            for columns in (slice(0, side), slice(width - side, width)):
                chosen[rows, columns] = True
        return np.fft.fftshift(chosen)
    return window


cases = []
for size in ((1, 7, 8), (3, 8, 6)):
    cases += [
        case("resized_crop", resized_crop, 23, size, smallest=0.08, largest=1.0, ratio=0.75),
        case("blur", blur, 2, size, size=3, smallest=0.1, largest=2.0),
        case("blur", blur, 2, size, size=7, smallest=0.5, largest=3.0),
        case("affine", affine, 7, size, rotation=30.0, translation=0.0, smallest=1.0, largest=1.0, shear=0.0),
        case("affine", affine, 7, size, rotation=90.0, translation=0.2, smallest=0.7, largest=1.4, shear=15.0),
        fourier(size, centered(100), {"mode": "mix", "alpha": 0.7}),
        fourier(size, centered(100), {"mode": "average"}),
        fourier(size, middle(0.5), {"mode": "mix", "ratio": 0.5, "window": "published"}),
        fourier(size, centered(int(min(size[1:]) * 0.3)), {"mode": "swap", "beta": 0.3}),
        fourier(size, corners(int(min(size[1:]) * 0.3)), {"mode": "swap", "beta": 0.3, "window": "published"}),
    ]
cases.append(case("color_jitter", color_jitter, 9, (1, 8, 8), brightness=0.4, contrast=0.6, saturation=0.0, hue=0.0))
cases.append(case("color_jitter", color_jitter, 9, (3, 8, 8), brightness=0.8, contrast=0.8, saturation=0.8, hue=0.2))
cases.append(case("color_jitter", color_jitter, 9, (3, 8, 8), brightness=0.0, contrast=0.0, saturation=0.0, hue=0.5))
cases.append(case("grayscale", grayscale, 1, (3, 8, 8)))
print(json.dumps({"cases": cases}))
