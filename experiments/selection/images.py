#!/usr/bin/env python3
"""Tables and plot of images.yaml: accuracy and macro F1 of each selector, by layers finetuned and n.

    python experiments/selection/images.py runs/skmm_images [--plot FILE]

Means and deviations over the seeds; `- uniform` is the difference of the accuracy from the uniform selection's, for each
seed the mean over n below 2,000, with half of its 95 % interval over the seeds. Needs numpy and SciPy, and matplotlib for the plot.
"""
import argparse
import collections
import json
import pathlib

import numpy as np
from scipy.stats import t as student

NAMES = {"arm": "arm", "n": "stages.pick.procedure.n", "selector": "stages.pick.selector"}


def collect(folder):
    """By arm, selector and n: accuracy and macro F1 by seed."""
    found = collections.defaultdict(lambda: collections.defaultdict(lambda: collections.defaultdict(dict)))
    for file in folder.glob("*/provenance.json"):
        said, status = json.loads(file.read_text()), json.loads((file.parent / "status.json").read_text())
        if said["stage"] != "tune" or status["state"] != "done":
            continue
        axes = {key: said["axes"][name] for key, name in NAMES.items()}
        metrics = status["metrics"]
        cell = found[axes["arm"]][axes["selector"]][int(axes["n"])]
        if said["seed"] in cell:
            raise SystemExit(f"{file.parent}: a second trial of {axes}, seed {said['seed']}: remove the older one, or name the folder anew")
        cell[said["seed"]] = metrics["test/accuracy"], metrics["test/macro_f1"]
    return found


def above_uniform(own, uniform):
    """Mean difference and half of its 95 % interval."""
    few = [n for n in own if n < 2000]
    apart = [np.mean([100 * (own[n][seed][0] - uniform[n][seed][0]) for n in few]) for seed in uniform[few[0]]]
    half = student.ppf(0.975, len(apart) - 1) * np.std(apart, ddof=1) / np.sqrt(len(apart))
    return np.mean(apart), half


def table(arm, selectors):
    sizes = sorted(selectors["uniform"])
    print(f"\n**{arm}**\n\n| selector | " + " | ".join(f"n = {n}" for n in sizes) + " | - uniform |\n" + "|---" * (len(sizes) + 2) + "|")
    order = sorted(selectors, key=lambda name: -above_uniform(selectors[name], selectors["uniform"])[0] if name != "uniform" else 0)
    for name in order:
        cells = []
        for n in sizes:
            accuracy, f1 = 100 * np.array(list(selectors[name][n].values())).T
            cells.append(f"{accuracy.mean():.1f} +- {accuracy.std(ddof=1):.1f}, {f1.mean():.1f}")
        apart, half = above_uniform(selectors[name], selectors["uniform"]) if name != "uniform" else (0, 0)
        print(f"| {name} | " + " | ".join(cells) + (f" | {apart:+.1f} +- {half:.1f} |" if name != "uniform" else " | |"))


def plot(file, found):
    from matplotlib import pyplot

    figure, panels = pyplot.subplots(1, len(found), figsize=(6 * len(found), 5), sharey=True)
    for panel, (arm, selectors) in zip(np.atleast_1d(panels), sorted(found.items())):
        for k, (name, by_n) in enumerate(sorted(selectors.items())):
            sizes = sorted(by_n)
            means = [100 * np.mean([accuracy for accuracy, _ in by_n[n].values()]) for n in sizes]
            bold = name in ("uniform", "full") or name.startswith("skmm")
            color = {"uniform": "black", "full": "gray"}.get(name, pyplot.cm.tab20(k % 20))
            panel.plot(sizes, means, marker="o^sv"[k % 4], label=name, color=color, linewidth=2.5 if bold else 1)
        panel.set(xscale="log", xlabel="selected samples n", title=arm)
        panel.set_xticks(sizes, [str(n) for n in sizes])
        panel.minorticks_off()
    panels[0].set_ylabel("test accuracy, %, mean of seeds")
    panels[-1].legend(bbox_to_anchor=(1.02, 1), fontsize=8)
    figure.savefig(file, bbox_inches="tight")


def main():
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("folder", type=pathlib.Path)
    words.add_argument("--plot", type=pathlib.Path)
    asked = words.parse_args()
    found = collect(asked.folder)
    for arm in sorted(found):
        table(arm, found[arm])
    if asked.plot:
        plot(asked.plot, found)


if __name__ == "__main__":
    main()
