#!/usr/bin/env python3
"""Differences between the arms of an experiment, paired by seed, with Holm's correction for all that are asked for.

    assay export MANIFEST > one.csv
    python experiments/contrasts.py one.csv --metric test/accuracy --pairs sam:sgd asam:sgd [--axis arm] [--per dataset.rate]
    python experiments/contrasts.py one.csv --metric test/accuracy --again two.csv

A:B:C:D is the interaction (A - B) - (C - D). With --per a difference is taken for each value of another axis; otherwise the
mean over all other axes is one observation per seed. Several files are several experiments of the same arms, each with its own metric if several are named. With --again, other
runs of the same trials, such as with another number of threads: how far each trial's value is apart, and how far the means of
the arms. Prints Markdown. Needs numpy and SciPy.
"""
import argparse
import collections
import csv

import numpy as np
from scipy.stats import ttest_rel


def read_number(row, name, file):
    try:
        return float(row[name])
    except (KeyError, ValueError):
        raise SystemExit(f"{file}: trial {row['id']} has no number `{name}`; the columns are {', '.join(row)}")


def read_rows(file):
    """The trials of a CSV of `assay export`, and its axes."""
    try:
        with open(file, newline="") as text:
            table = csv.DictReader(text)
            rows, columns = list(table), table.fieldnames or []
    except OSError as error:
        raise SystemExit(f"{file}: {error.strerror}")
    if not {"id", "seed", "state"} <= set(columns):
        raise SystemExit(f"{file}: expected the CSV of `assay export MANIFEST`, with columns such as id, seed and state")
    if not rows:
        raise SystemExit(f"{file}: there is no trial in it")
    return rows, columns[columns.index("id") + 1:columns.index("seed")]


def read(file, metric, axis, per):
    """By (experiment, value of `per`), arm, seed and values of the other axes: the metric."""
    found = collections.defaultdict(lambda: collections.defaultdict(dict))
    rows, axes = read_rows(file)
    for name in (axis, per):
        if name and name not in axes:
            raise SystemExit(f"{file}: there is no axis `{name}`; the axes are {', '.join(axes)}")
    for row in rows:
        if row["state"] != "done":
            raise SystemExit(f"{file}: trial {row['id']} is {row['state']}: leave its arm out of the sweep, or finish it")
        of_arm = found[(row["experiment"], row[per] if per else ""), row[axis]][int(row["seed"])]
        setting = tuple((name, row[name]) for name in axes if name not in (axis, per))
        if setting in of_arm:
            raise SystemExit(f"{file}: trial {row['id']} has the same arm, seed and axes as another: export one version")
        of_arm[setting] = read_number(row, metric, file)
    return found


def read_all(files, metrics, axis, per):
    if len(metrics) not in (1, len(files)):
        raise SystemExit(f"{len(files)} files need one metric, or one each")
    found = {}
    for file, metric in zip(files, metrics * len(files) if len(metrics) == 1 else metrics):
        more = read(file, metric, axis, per)
        if found.keys() & more.keys():
            raise SystemExit(f"{file}: another file has the same experiment; give its runs another `name`")
        found.update(more)
    return found


def holm(p):
    """statsmodels' multipletests(p, method="holm"), which needs a package more; NaN stays NaN, and counts."""
    order, corrected, largest = np.argsort(p), np.empty(len(p)), 0
    for k, place in enumerate(order):
        largest = max(largest, min(1, (len(p) - k) * p[place])) if p[place] == p[place] else np.nan
        corrected[place] = largest
    return corrected


def describe_settings(settings):
    return " and ".join(", ".join(f"{name}={value}" for name, value in setting) for setting in sorted(settings))


def observe(found, value, pair):
    """Per seed, two sides of a difference: the arms' means over the other axes, or of four arms the two differences.
    All arms need the same seeds and, for each, the same values of these axes."""
    if len(pair) == 4:
        (a, b), (c, d) = observe(found, value, pair[:2]), observe(found, value, pair[2:])
        observe(found, value, pair[::2])  # for the seeds and values of all four
        return a - b, c - d
    for name in pair:
        if (value, name) not in found:
            arms = ", ".join(arm for at, arm in found if at == value)
            raise SystemExit(f"{' '.join(value).strip()} has no arm `{name}`; it has {arms}")
    a, b = (found[value, name] for name in pair)
    if a.keys() != b.keys() or len(a) < 2:
        raise SystemExit(f"{pair[0]} and {pair[1]} need the same seeds, at least two, but have {sorted(a)} and {sorted(b)}")
    for seed in a:
        if apart := a[seed].keys() ^ b[seed].keys():
            raise SystemExit(f"seed {seed} has {describe_settings(apart)} for only one of {pair[0]} and {pair[1]}: sweep both over the same values")
    return (np.array([np.mean(list(arm[seed].values())) for seed in sorted(a)]) for arm in (a, b))


def test_difference(a, b):
    """Mean, ends of the 95 % interval, p, and number of observations. If all differences are equal up to rounding, there is no
    interval: it would have no width."""
    if np.std(a - b, ddof=1) <= 1e-12 * max(np.abs(a).max(), np.abs(b).max()):
        return np.mean(a - b), None, None, None, len(a)
    test = ttest_rel(a, b)
    return np.mean(a - b), *test.confidence_interval(0.95), test.pvalue, len(a)


def format_p(p):
    return "<0.001" if p < 0.001 else f"{p:.3f}"


def format_number(x):
    """As `assay compare` shows numbers."""
    return f"{x:+.4f}" if x == 0 or 1e-3 <= abs(x) < 1e7 else f"{x:+.4g}"


def correct(rows):
    """p by Holm's method, of the rows that have one."""
    corrected = iter(holm(np.array([p for *_, p, _ in rows if p is not None])))
    return [None if p is None else next(corrected) for *_, p, _ in rows]


def describe_average(found):
    """The axes over which an observation is a mean."""
    names = {name for seeds in found.values() for settings in seeds.values() if len(settings) > 1 for setting in settings for name, _ in setting}
    return f" An observation is the mean over {', '.join(sorted(names))}." if names else ""


def describe_difference(pair):
    return f"{pair[0]} - {pair[1]}" if len(pair) == 2 else f"({pair[0]} - {pair[1]}) - ({pair[2]} - {pair[3]})"


def print_contrasts(found, pairs, values):
    rows = [(value, pair, *test_difference(*observe(found, value, pair))) for pair in pairs for value in values]
    tested = sum(p is not None for *_, p, _ in rows)
    print("| difference | at | mean | 95 % interval | p | p (Holm) | seeds |\n|---|---|---|---|---|---|---|")
    for (value, pair, mean, low, high, p, seeds), p_holm in zip(rows, correct(rows)):
        interval = "equal differences | |" if p is None else f"[{format_number(low)}, {format_number(high)}] | {format_p(p)} | {format_p(p_holm)}"
        print(f"| {describe_difference(pair)} | {' '.join(value).strip()} | {format_number(mean)} | {interval} | {seeds} |")
    print(f"\nIntervals: {tested}, each of 95 % by itself; p (Holm) is corrected for all of them.{describe_average(found)}")


def flatten(found):
    """By (experiment, value of `per`) and arm: the metric by seed and other axes."""
    return {key: {(seed, setting): number for seed, settings in seeds.items() for setting, number in settings.items()} for key, seeds in found.items()}


def print_changes(one, two):
    one, two = flatten(one), flatten(two)
    for value, arm in one.keys() | two.keys():
        if one.get((value, arm), {}).keys() != two.get((value, arm), {}).keys():
            raise SystemExit(f"{' '.join(value).strip()} {arm}: the two runs have other trials; run the same seeds and axes twice")
    print("| arm | at | mean | again | largest change of a trial |\n|---|---|---|---|---|")
    for (value, arm), trials in one.items():
        again = two[value, arm]
        means = (f"{np.mean(list(numbers.values())):.4g}" for numbers in (trials, again))
        apart = max(abs(trials[key] - again[key]) for key in trials)
        print(f"| {arm} | {' '.join(value).strip()} | {' | '.join(means)} | {apart:.2g} |")


def main():
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("files", nargs="+", metavar="FILE")
    words.add_argument("--metric", nargs="+", required=True)
    words.add_argument("--axis", default="arm")
    words.add_argument("--per")
    words.add_argument("--pairs", nargs="+", default=[], metavar="A:B or A:B:C:D")
    words.add_argument("--again", nargs="+", metavar="FILE")
    asked = words.parse_args()
    pairs = [pair.split(":") for pair in asked.pairs]
    if not pairs and not asked.again or any(len(pair) not in (2, 4) for pair in pairs):
        words.error("give pairs as A:B, interactions as A:B:C:D, or --again FILE")
    found = read_all(asked.files, asked.metric, asked.axis, asked.per)
    if pairs:
        values = list(dict.fromkeys(value for value, _ in found))
        print_contrasts(found, pairs, values)
    if asked.again:
        print_changes(found, read_all(asked.again, asked.metric, asked.axis, asked.per))


if __name__ == "__main__":
    main()
