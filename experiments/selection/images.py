#!/usr/bin/env python3
"""Tables and plot of images.yaml: accuracy and macro F1 of each selector, by layers finetuned and n.

    python experiments/selection/images.py runs/skmm_images [--plot FILE]

Means and deviations over the seeds; `- uniform` is the difference of the accuracy from the uniform selection's, for each
seed the mean over n below 2,000, with half of its 95 % interval over the seeds; p is corrected by Holm's method for all
selectors and layers. Needs numpy and SciPy, and matplotlib for the plot.
"""
import argparse
import collections
import json
import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from contrasts import correct, format_p, test_difference  # noqa: E402

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


def observe(selections, seeds):
    """For each seed the accuracy in per cent, a mean over n below 2,000."""
    return np.array([np.mean([100 * by_seed[seed][0] for n, by_seed in selections.items() if n < 2000]) for seed in seeds])


def differences(found):
    """By arm and selector: the mean difference from uniform, half of its 95 % interval, and p, corrected for all of them."""
    rows = {}
    for arm, selectors in found.items():
        seeds = sorted(next(iter(selectors["uniform"].values())))
        for name in selectors.keys() - {"uniform"}:
            rows[arm, name] = test_difference(observe(selectors[name], seeds), observe(selectors["uniform"], seeds))
    if equal := [key for key, row in rows.items() if row[3] is None]:
        raise SystemExit(f"{' '.join(equal[0])} differs from uniform by the same number for each seed, so there is no interval")
    return {key: (mean, (high - low) / 2, p) for (key, (mean, low, high, _, _)), p in zip(rows.items(), correct(list(rows.values())))}


def table(arm, selectors, apart):
    sizes = sorted(selectors["uniform"])
    print(f"\n### {arm}\n\n| selector | " + " | ".join(f"n = {n}" for n in sizes) + " | - uniform | p (Holm) |\n" + "|---" * (len(sizes) + 3) + "|")
    for name in sorted(selectors, key=lambda name: -apart.get((arm, name), (0,))[0]):
        cells = []
        for n in sizes:
            accuracy, f1 = 100 * np.array(list(selectors[name][n].values())).T
            cells.append(f"{accuracy.mean():.1f} +- {accuracy.std(ddof=1):.1f}, {f1.mean():.1f}")
        if name != "uniform":
            mean, half, p = apart[arm, name]
            cells += [f"{mean:+.1f} +- {half:.1f}", format_p(p)]
        print(f"| {name} | " + " | ".join(cells) + (" |" if name != "uniform" else " | | |"))


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
    apart = differences(found)
    for arm in sorted(found):
        table(arm, found[arm], apart)
    print(f"\n{len(apart)} intervals, each of 95 % by itself; p (Holm) is corrected for all of them.")
    if asked.plot:
        plot(asked.plot, found)


if __name__ == "__main__":
    main()
