"""What NT-Xent and two views cost in Assay and in PyTorch, in turns in one run, on one thread.

    ASSAY_BUILD=build/release python tests/benchmark/contrastive.py

needs torchvision; torch comes from the LibTorch wheel. Prints the ratios of the least times of five
turns, and the share of a SimCLR step that waits for its batch.
"""
import os
import pathlib
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "python"))
import libtorch  # noqa: E402

libtorch.find()

import torch  # noqa: E402
from torchvision.transforms import v2  # noqa: E402

torch.set_num_threads(1)
BENCH = pathlib.Path(os.environ["ASSAY_BUILD"]) / "bin/assay-bench-contrastive"


def least(repeats, work):
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def nt_xent():
    """The formula of SimCLR at 2 N = 1,024 and d = 128, forward and backward."""
    a, b = (torch.randn(512, 128, requires_grad=True) for _ in range(2))
    eye = torch.eye(1024, dtype=torch.bool)
    partner = torch.arange(1024).roll(512)

    def work():
        a.grad = b.grad = None
        z = torch.nn.functional.normalize(torch.cat([a, b]), dim=1)
        similarity = (z @ z.T / 0.5).masked_fill(eye, float("-inf"))
        torch.nn.functional.cross_entropy(similarity, partner).backward()

    return least(60, work)


def views():
    """Two views per image, each image with draws of its own; seconds per image."""
    images = torch.rand(256, 1, 28, 28)
    change = v2.Compose([v2.RandomResizedCrop(28, scale=(0.2, 1), antialias=True), v2.RandomHorizontalFlip(),
                         v2.RandomApply([v2.ColorJitter(0.4, 0.4)], 0.8), v2.RandomApply([v2.GaussianBlur(3)], 0.5)])
    return least(3, lambda: [(change(x), change(x)) for x in images]) / len(images)


turns = []
for _ in range(5):
    said = subprocess.run([BENCH], capture_output=True, text=True, check=True, env={**os.environ, "OMP_NUM_THREADS": "1"}).stdout
    ours = {name: float(value) for name, value in (line.split() for line in said.splitlines())}
    turns.append({**ours, "nt_xent of PyTorch": nt_xent(), "views of torchvision": views()})
best = {name: min(turn[name] for turn in turns) for name in turns[0]}
print(f"NT-Xent, forward and backward: {best['nt_xent'] * 1e3:.2f} ms, "
      f"{best['nt_xent of PyTorch'] / best['nt_xent']:.2f} times as fast as PyTorch eager (at least 1 wanted)")
print(f"two views of an image: {best['views'] * 1e6:.1f} us, "
      f"{best['views of torchvision'] / best['views']:.1f} times as fast as torchvision (at least 3 wanted)")
print(f"waiting for data: {best['waiting']:.1%} of a SimCLR step (under 10 % wanted)")
