#!/usr/bin/env python3
"""The moment program of SkMM on made gradients, beside the published recipe in NumPy, from the same beginning.

    python tests/benchmark/moments.py [--samples 100000] [--width 256] [--steps 1000] [--threads 1] [--build build/release]

The recipe is Adam on s and gamma, clamped and divided by the sum; its objective is the best of its steps. Ours runs anew for
5, 10, 20, ... steps, up to a certified gap of 1e-8. `times faster` is the recipe's seconds until its best value, over ours
until one that is no higher. Needs the target assay-bench-selection and numpy; writes one JSON object.
"""
import argparse
import json
import os
import pathlib
import subprocess
import tempfile
import time

words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
words.add_argument("--samples", type=int, default=100_000)
words.add_argument("--width", type=int, default=256)
words.add_argument("--n", type=int, default=1000)
words.add_argument("--steps", type=int, default=1000, help="of the recipe; the paper takes 10,000 and more")
words.add_argument("--threads", type=int, default=1)
words.add_argument("--build", type=lambda path: pathlib.Path(path).resolve(), default=pathlib.Path("build/release").resolve())
asked = words.parse_args()
for name in "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS":
    os.environ[name] = str(asked.threads)

import numpy as np  # noqa: E402  (after the number of its threads)


def made(samples, width):
    """Clusters with noise, of a spectrum that falls: what sketched gradients look like."""
    draw = np.random.default_rng(0)
    centres = draw.standard_normal((20, width)) * np.arange(1, width + 1) ** -0.5
    noise = draw.standard_normal((samples, width)) * np.arange(1, width + 1) ** -0.5
    return centres[draw.integers(0, 20, samples)] + 0.5 * noise


def recipe(f, n, steps, c=0.999):
    """Seconds, and for a few numbers of steps the best value so far and the seconds until then."""
    began = time.perf_counter()
    values, vectors = np.linalg.eigh(f.T @ f / len(f))
    each = (f @ vectors) ** 2
    mean = each.mean(0)
    s = np.zeros(len(f))
    s[:n] = 1 / n
    gamma = np.full(len(mean), 1 / c)
    moments = [np.zeros_like(s), np.zeros_like(s), np.zeros_like(gamma), np.zeros_like(gamma)]
    least, course = np.inf, []
    for t in range(1, steps + 1):
        apart = each.T @ s - gamma * mean
        least = min(least, float(apart @ apart))
        if t % max(1, steps // 20) == 0 or t == steps:
            course.append({"steps": t, "value": least, "seconds": time.perf_counter() - began})
        for x, g, m, v in (s, 2 * each @ apart, *moments[:2]), (gamma, -2 * apart * mean, *moments[2:]):
            m *= 0.9
            m += 0.1 * g
            v *= 0.999
            v += 0.001 * g * g
            x -= lr(n) * m / (1 - 0.9**t) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
        np.clip(s, 0, 1 / n, out=s)
        s /= s.sum()
        np.maximum(gamma, 1 / c, out=gamma)
    return course


def lr(n):
    """The paper's 1e-5 is for n of about a hundred: s is about 1 / n."""
    return 1e-3 / n


def ours(f):
    with tempfile.NamedTemporaryFile() as file:
        file.write(np.ascontiguousarray(f).tobytes())
        file.flush()
        ran = subprocess.run([asked.build / "bin" / "assay-bench-selection", str(asked.threads), "moments", file.name,
                              str(asked.samples), str(asked.width), str(asked.n)], capture_output=True, text=True, check=True)
    return json.loads(ran.stdout)


f = made(asked.samples, asked.width)
mine, course = ours(f), recipe(f, asked.n, asked.steps)
theirs = next(one for one in course if one["value"] == course[-1]["value"])
reached = next((one for one in mine if one["value"] <= theirs["value"]), None)
print(json.dumps({"samples": asked.samples, "width": asked.width, "threads": asked.threads, "ours": mine, "recipe": course,
                  "times faster": reached and round(theirs["seconds"] / reached["seconds"], 2)}, indent=1))
