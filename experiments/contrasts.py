#!/usr/bin/env python3
"""Differences between the arms of an experiment, paired by seed, with Holm's correction for all that are asked for.

    assay export MANIFEST > one.csv
    python experiments/contrasts.py one.csv --metric test/accuracy --pairs sam:sgd asam:sgd [--axis arm] [--per dataset.rate]
    python experiments/contrasts.py one.csv --metric test/accuracy --again two.csv

With --per a difference is taken for each value of another axis; otherwise the mean over all other axes is one observation per
seed. Several files are several experiments of the same arms, each with its own metric if several are named. With --again, other
runs of the same trials, such as with another number of threads: how far each trial's value is apart, and how far the means of
the arms. Prints Markdown. Needs numpy and SciPy.
"""
import argparse
import collections
import csv

import numpy as np
from scipy.stats import ttest_rel


def read(file, metric, axis, per):
    """By (experiment, value of `per`), arm and seed: the mean of the metric. Refuses a trial that is not done."""
    found = collections.defaultdict(lambda: collections.defaultdict(list))
    for row in csv.DictReader(open(file, newline="")):
        if row["state"] != "done":
            raise SystemExit(f"{file}: trial {row['id']} is {row['state']}; run the manifest to its end first")
        found[(row["experiment"], row[per] if per else ""), row[axis]][int(row["seed"])].append(float(row[metric]))
    return {key: {seed: np.mean(values) for seed, values in seeds.items()} for key, seeds in found.items()}


def read_all(files, metrics, axis, per):
    if len(metrics) not in (1, len(files)):
        raise SystemExit(f"{len(files)} files need one metric, or one each")
    found = {}
    for file, metric in zip(files, metrics * len(files) if len(metrics) == 1 else metrics):
        found.update(read(file, metric, axis, per))
    return found


def holm(p):
    """statsmodels' multipletests(p, method="holm"), which needs a package more."""
    order, corrected, largest = np.argsort(p), np.empty(len(p)), 0
    for k, place in enumerate(order):
        largest = max(largest, min(1, (len(p) - k) * p[place]))
        corrected[place] = largest
    return corrected


def contrast(found, value, pair):
    a, b = (found[value, name] for name in pair)
    seeds = sorted(a.keys() & b.keys())
    test = ttest_rel([a[seed] for seed in seeds], [b[seed] for seed in seeds])
    low, high = test.confidence_interval(0.95)
    return np.mean([a[seed] - b[seed] for seed in seeds]), low, high, test.pvalue, len(seeds)


def text_of(p):
    return "<0.001" if p < 0.001 else f"{p:.3f}"


def print_contrasts(found, pairs, values):
    rows = [(value, pair, *contrast(found, value, pair)) for pair in pairs for value in values]
    corrected = holm(np.array([row[5] for row in rows]))
    print("| difference | at | mean | 95 % interval | p | p (Holm) | seeds |\n|---|---|---|---|---|---|---|")
    for (value, pair, mean, low, high, p, seeds), p_holm in zip(rows, corrected):
        print(f"| {pair[0]} - {pair[1]} | {' '.join(value).strip()} | {mean:+.3f} | [{low:+.3f}, {high:+.3f}] | {text_of(p)} | {text_of(p_holm)} | {seeds} |")
    print(f"\n{len(rows)} intervals, each of 95 % by itself; p (Holm) is corrected for all of them.")


def print_changes(one, two):
    if one.keys() != two.keys():
        raise SystemExit("the two files do not have the same arms")
    print("| arm | at | mean | again | largest change of a trial |\n|---|---|---|---|---|")
    for (value, arm), seeds in one.items():
        again = two[value, arm]
        apart = max(abs(seeds[seed] - again[seed]) for seed in seeds)
        print(f"| {arm} | {' '.join(value).strip()} | {np.mean(list(seeds.values())):.4f} | {np.mean(list(again.values())):.4f} | {apart:.4f} |")


def main():
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("files", nargs="+", metavar="FILE")
    words.add_argument("--metric", nargs="+", required=True)
    words.add_argument("--axis", default="arm")
    words.add_argument("--per")
    words.add_argument("--pairs", nargs="+", default=[], metavar="A:B")
    words.add_argument("--again", nargs="+", metavar="FILE")
    asked = words.parse_args()
    found = read_all(asked.files, asked.metric, asked.axis, asked.per)
    if asked.pairs:
        values = list(dict.fromkeys(value for value, _ in found))
        print_contrasts(found, [pair.split(":") for pair in asked.pairs], values)
    if asked.again:
        print_changes(found, read_all(asked.again, asked.metric, asked.axis, asked.per))


if __name__ == "__main__":
    main()
