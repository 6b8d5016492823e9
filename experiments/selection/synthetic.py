#!/usr/bin/env python3
"""The synthetic experiment of Sketchy Moment Matching: ridge regression on n of 2,000 samples of a Gaussian mixture.

    python experiments/selection/synthetic.py WORK [--assay assay] [--n 48 64 ...] [--seeds 8] [--plot FILE]

Writes the mixture and a manifest into WORK, lets assay select (a trial a selector, n and seed; what is done already is not
done again), fits scikit-learn's ridge regression on each selection, and prints tables beside the published rows: median and
mean of the risk over all samples, the mean with the ridge of the grid that is best in hindsight, and in how many seeds a
cluster was missed. Needs numpy, safetensors, scikit-learn, and matplotlib for the plot.
"""
import argparse
import json
import pathlib
import subprocess

import numpy as np
from safetensors.numpy import load_file
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV

SAMPLES, WIDTH, CLUSTERS, DEVIATION = 2000, 2400, 8, 0.04
SELECTORS = {"uniform": "uniform", "herding": "herding", "herding_deepcore": "herding_deepcore", "k_centre": "k_centre",
             "leverage": "{use: leverage, of: gradients}", "ridge_leverage": "{use: leverage, alpha: 1000}",
             "adaptive_pivoting": "{use: adaptive_pivoting, of: gradients}", "skmm": "skmm",
             "skmm_published": "{use: skmm, recipe: published, lr: 1e-5, steps: 4000}", "skmm_greedy": "skmm_greedy"}
MANIFEST = """assay: 1
name: skmm_synthetic
dataset: {{use: csv_table, path: mixture.csv, task: regression, standardise: false, test: 0, validation: 0}}
model: {{use: mlp, hidden: []}}
procedure: {{use: select, n: 48, gradient: features, sketch: gaussian, width: 32}}
sweep:
  selector: {{{selectors}}}
  procedure.n: {n}
  seed: {seeds}
limits: {{workers: 2, threads: 1}}
"""


def mixture(samples=SAMPLES, width=WIDTH, clusters=CLUSTERS, deviation=DEVIATION, seed=0):
    """Of the reference's generator, draw by draw. Features, labels without noise, and each sample's cluster."""
    draw = np.random.default_rng(seed)
    breaks = np.sort(draw.integers(1, samples - 1, clusters - 1))
    sizes = np.diff(np.concatenate([[0], breaks, [samples]]))
    norms = draw.integers(1, clusters + 1, clusters) * clusters
    deviations = deviation * draw.random(clusters)
    latent = draw.normal(size=clusters)
    x, y, cluster = [], [], []
    for k, size in enumerate(sizes):
        centre = np.zeros(width)
        centre[k] = norms[k]
        x.append(centre + deviations[k] * draw.normal(size=(size, width)))
        y.append(np.full(size, norms[k] * latent[k]))
        cluster.append(np.full(size, k))
    return np.concatenate(x), np.concatenate(y), np.concatenate(cluster)


# Of LSQR: the default of scikit-learn before 1.2, with which the paper's table was made. It stops LSQR early, which
# regularizes too: with 1e-4, the default since then, the risk of all samples is a tenth.
TOLERANCE = 1e-3
RIDGES = np.linspace(1e-3, 1e2, 10)


def ridge(alpha=1.0, tolerance=TOLERANCE):
    return Ridge(alpha, solver="lsqr", fit_intercept=False, tol=tolerance)


def risk_of(model, x, y):
    return float(np.mean((model.predict(x) - y) ** 2))


def risk(x, y, ids, tolerance=TOLERANCE):
    """As the paper's notebook: the ridge chosen by two unshuffled halves of the selection, the risk over all samples."""
    search = GridSearchCV(ridge(tolerance=tolerance), {"alpha": RIDGES}, cv=2, scoring="neg_mean_squared_error")
    return risk_of(search.fit(x[ids], y[ids]).best_estimator_, x, y)


def best_risk(x, y, ids):
    """Of the ridge of the grid that is best in hindsight: what the selection is worth, apart from the choice of the ridge."""
    return min(risk_of(ridge(alpha).fit(x[ids], y[ids]), x, y) for alpha in RIDGES)


def select(work, program, x, y, asked):
    if not (work / "mixture.csv").exists():
        np.savetxt(work / "mixture.csv", np.column_stack([x, y]), delimiter=",", fmt="%.9g")
    (work / "synthetic.yaml").write_text(MANIFEST.format(
        n=asked.n, seeds=list(range(asked.seeds)), selectors=", ".join(f"{name}: {SELECTORS[name]}" for name in asked.selectors)))
    ran = subprocess.run([program, "run", "synthetic.yaml", "--json"], cwd=work, stdout=subprocess.PIPE, text=True)
    if ran.returncode != 0:
        raise SystemExit(ran.returncode)
    return json.loads(ran.stdout)["trials"]


# Table 1 of the paper, as far as it is known here (means, in thousandths); and n of its columns.
PUBLISHED_N = [48, 64, 80, 120, 400, 800, 1600]
PUBLISHED = {"SkMM": [3.54, 3.31, 3.12, 3.07, 2.98, 2.96, 2.95],
             "uniform": [114, 101, 3.44, 3.13, 2.99, 2.96, 2.95],
             "herding": [740e3, 740e3, 740e3, 740e3, 738e3, 117e3, 2.95]}


def collect(asked, x, y, cluster):
    """By selector and n, for each seed: the risk, the clusters that were missed, and the best risk."""
    found = {}
    for trial in select(asked.work, asked.assay, x, y, asked):
        run = asked.work / trial["dir"]
        axes = json.loads((run / "provenance.json").read_text())["axes"]
        ids = load_file(run / "artifacts" / "ids.safetensors")["ids"]
        missed = CLUSTERS - len(set(cluster[ids]))
        row = risk(x, y, ids), missed, best_risk(x, y, ids)
        found.setdefault(axes["selector"], {}).setdefault(int(axes["procedure.n"]), []).append(row)
    return found


def table(title, found, sizes, cell, published=()):
    print(f"\n{title}\n\n| selector | " + " | ".join(str(n) for n in sizes) + " |\n" + "|---" * (len(sizes) + 1) + "|")
    for selector, by_n in sorted(found.items(), key=lambda item: np.median([row[0] for row in item[1][sizes[len(sizes) // 2]]])):
        print(f"| {selector} | " + " | ".join(cell(np.array(by_n[n])) for n in sizes) + " |")
    for name in published:
        values = dict(zip(PUBLISHED_N, PUBLISHED[name]))
        print(f"| *published {name}* | " + " | ".join(f"{values[n]:.3g}" if n in values else "" for n in sizes) + " |")


def plot(file, found, sizes):
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(8, 5))
    for k, (selector, by_n) in enumerate(sorted(found.items())):
        axes.plot(sizes, [np.median([row[0] for row in by_n[n]]) for n in sizes], marker="o^sv"[k % 4], label=selector)
    for name, color in ("SkMM", "black"), ("uniform", "gray"):
        axes.plot(PUBLISHED_N, np.array(PUBLISHED[name]) / 1000, "--", color=color, label=f"published {name} (mean)")
    axes.set(xscale="log", yscale="log", xlabel="selected samples n", ylabel="risk over all samples, median of seeds")
    axes.set_xticks(sizes, [str(n) for n in sizes])
    axes.minorticks_off()
    axes.legend(bbox_to_anchor=(1.02, 1), fontsize=8)
    figure.savefig(file, bbox_inches="tight")


def main():
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("work", type=pathlib.Path)
    words.add_argument("--assay", default="assay")
    words.add_argument("--n", type=int, nargs="+", default=[48, 64, 80, 120, 200, 400, 800, 1600])
    words.add_argument("--seeds", type=int, default=8)
    words.add_argument("--selectors", nargs="+", choices=list(SELECTORS), default=list(SELECTORS))
    words.add_argument("--plot", type=pathlib.Path)
    asked = words.parse_args()
    asked.work.mkdir(parents=True, exist_ok=True)
    x, y, cluster = mixture()
    found = collect(asked, x, y, cluster)
    thousandths = lambda value: f"{1000 * value:.3g}" if value < 1 else f"{1000 * value:,.0f}"
    print(f"All samples: {thousandths(risk(x, y, np.arange(len(y))))}")
    table("Median of the risk, in thousandths", found, asked.n, lambda one: thousandths(np.median(one[:, 0])))
    table("Mean +- deviation, in thousandths", found, asked.n,
          lambda one: f"{thousandths(one[:, 0].mean())} +- {thousandths(one[:, 0].std(ddof=1))}", PUBLISHED)
    table("Mean with the best ridge, in thousandths", found, asked.n, lambda one: thousandths(one[:, 2].mean()))
    table("Seeds in which a cluster was missed", found, asked.n, lambda one: f"{(one[:, 1] > 0).sum()}")
    if asked.plot:
        plot(asked.plot, found, asked.n)


if __name__ == "__main__":
    main()
