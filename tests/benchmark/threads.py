#!/usr/bin/env python3
"""Steps per second with one thread, with two, and by default, on an idle machine and a busy one.

    python3 tests/benchmark/threads.py --busy 0 1 --rounds 3

Trains small networks on Fashion-MNIST (the Debian package dataset-fashion-mnist) with one worker,
beside so many processes that do nothing but compute. The time of one step is subtracted from that
of many, so what a stage does once does not count. Cases alternate within a round, since the speed of
a shared machine changes from minute to minute.
"""

import argparse
import json
import multiprocessing
import pathlib
import statistics
import subprocess
import tempfile

ASSAY = pathlib.Path(__file__).resolve().parents[2] / "build/release/bin/assay"
MANIFEST = """
assay: 1
name: {name}
dataset: {{use: fashion_mnist, validation: 5000, train_limit: 20000}}
model: {model}
objective: cross_entropy
optimizer: {{use: sgd, lr: 0.05, momentum: 0.9}}
procedure: {{use: train, steps: {steps}, batch: {batch}, evaluate_steps: 0}}
limits: {{workers: 1{threads}}}
"""
# model, batch, steps
MODELS = {
    "mlp 128, batch 32": ("{use: mlp, hidden: [128]}", 32, 6000),
    "mlp 128, batch 64": ("{use: mlp, hidden: [128]}", 64, 4000),
    "convnet 4, batch 32": ("{use: convnet, width: 4}", 32, 1500),
    "convnet 16, batch 128": ("{use: convnet, width: 16}", 128, 120),
    "resnet 8, batch 64": ("{use: resnet, width: 8}", 64, 60),
}
THREADS = {"one": ", threads: 1", "two": ", threads: 2", "default": ""}


def burn():
    while True:
        pass


def seconds(folder, model, batch, steps, threads):
    name = f"m{len(list(folder.iterdir()))}"
    manifest = folder / f"{name}.yaml"
    manifest.write_text(MANIFEST.format(name=name, model=model, batch=batch, steps=steps, threads=threads))
    # Folders of their own: the number of threads is no part of a trial's identity, and it would be reused.
    subprocess.run([ASSAY, "run", manifest, "--quiet", "--runs", folder / name], cwd=folder, check=True,
                   capture_output=True)
    (status,) = (folder / name).glob("*/*/status.json")
    return json.loads(status.read_text())["seconds"]


def rate(folder, case, threads):
    model, batch, steps = MODELS[case]
    return (steps - 1) / (seconds(folder, model, batch, steps, threads) - seconds(folder, model, batch, 1, threads))


def main():
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--busy", type=int, nargs="+", default=[0, 1], help="numbers of busy processes")
    words.add_argument("--rounds", type=int, default=3)
    asked = words.parse_args()
    found = {}
    with tempfile.TemporaryDirectory() as name:
        for _ in range(asked.rounds):
            for busy in asked.busy:
                others = [multiprocessing.Process(target=burn, daemon=True) for _ in range(busy)]
                for other in others:
                    other.start()
                for case in MODELS:
                    for threads, text in THREADS.items():
                        found.setdefault((case, busy, threads), []).append(rate(pathlib.Path(name), case, text))
                for other in others:
                    other.terminate()
    for (case, busy, threads), rates in sorted(found.items()):
        each = ", ".join(f"{one:.0f}" for one in rates)
        print(f"{case:22} {busy} busy, {threads:7} {statistics.median(rates):7.1f} steps/s ({each})")


if __name__ == "__main__":
    main()
