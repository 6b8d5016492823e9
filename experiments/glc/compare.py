#!/usr/bin/env python3
"""Cross-validated tables of an experiment of this folder, beside scikit-learn on the same folds.

    python experiments/glc/compare.py runs/glc_wbc runs/glc_wbc_whole [--by accuracy]

The first folder has each model fitted without a validation split's rows, the second on the whole training folds. `chosen`
is, fold by fold, the model of the second that did best on the first's validation rows; of equals the first by name; CART is
a rival and not among them. Needs scikit-learn and safetensors.
"""
import argparse
import collections
import json
import pathlib

import numpy as np
from safetensors.numpy import load_file
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score, recall_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier


def rivals():
    return {"sklearn tree": DecisionTreeClassifier(random_state=0),
            "sklearn logistic": make_pipeline(StandardScaler(), LogisticRegression(max_iter=5000)),
            "sklearn LDA": LinearDiscriminantAnalysis(),
            "sklearn 5-NN": make_pipeline(StandardScaler(), KNeighborsClassifier(5)),
            "sklearn SVM": make_pipeline(StandardScaler(), SVC())}


def runs_of(folder):
    """By fold and model: what it answered, and its rules."""
    found = collections.defaultdict(dict)
    for run in sorted(pathlib.Path(folder).iterdir()):
        if not (run / "artifacts" / "answers.safetensors").exists():
            continue
        axes = json.loads((run / "provenance.json").read_text())["axes"]
        metrics = json.loads((run / "status.json").read_text())["metrics"]
        rules = json.loads((run / "artifacts" / "rules.json").read_text())
        found[int(axes["dataset.fold"])][axes["model"]] = {
            "metrics": metrics, "rules": rules, "answers": load_file(run / "artifacts" / "answers.safetensors"), "run": run}
    return found


def size_of(rules):
    """Rules, and sides to read in a rule; nothing for what has no rules."""
    if "rules" not in rules:
        return np.nan, np.nan
    sides = [sum(len(side) - 1 for side in rule["where"]) for rule in rules["rules"]]
    return len(sides), np.mean(sides) if sides else 0


def scores(target, answer, refused):
    """A refused row counts as a wrong one."""
    answer = np.where(refused, -1, answer)
    classes = np.unique(target)
    return {"accuracy": accuracy_score(target, answer), "balanced": recall_score(target, answer, labels=classes, average="macro", zero_division=0),
            "macro F1": f1_score(target, answer, labels=classes, average="macro", zero_division=0),
            "recalls": recall_score(target, answer, labels=classes, average=None, zero_division=0),
            "coverage": 1 - refused.mean()}


def rows(file):
    """Of the table, in the order of their ids; the class left out."""
    lines = [line.strip() for line in open(file) if line.strip() and not line.startswith("@")]
    return np.array([[float(cell) for cell in line.split(",")[:-1]] for line in lines], dtype=np.float32)


def row_of(name, results):
    """Means over the folds; deviations of the first two."""
    mean = lambda key: np.mean([result[key] for result in results], axis=0)
    spread = lambda key: f"{mean(key):.3f} +- {np.std([result[key] for result in results], ddof=1):.3f}"
    number = lambda value: "" if np.isnan(value) else f"{value:.1f}"
    recalls = " ".join(f"{value:.2f}" for value in mean("recalls"))
    return (f"| {name} | {spread('accuracy')} | {spread('balanced')} | {mean('macro F1'):.3f} | {recalls} | {mean('coverage'):.3f} | "
            f"{number(mean('rules'))} | {number(mean('sides'))} |")


def main():
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("split", help="folder of the runs with a validation split")
    words.add_argument("whole", help="folder of the runs without one")
    words.add_argument("--by", default="accuracy", help="metric of the validation split to choose by")
    words.add_argument("--data", required=True, help="the .dat file")
    asked = words.parse_args()
    split, whole, x = runs_of(asked.split), runs_of(asked.whole), rows(asked.data)
    table = collections.defaultdict(list)
    chosen = []
    for fold, models in sorted(whole.items()):
        for name, one in models.items():
            answers = one["answers"]
            result = scores(answers["test/target"], answers["test/logits"].argmax(1), answers["test/refused"].astype(bool))
            result["rules"], result["sides"] = size_of(one["rules"])
            table[name].append(result)
        best = max((name for name in sorted(split[fold]) if name != "cart"), key=lambda name: split[fold][name]["metrics"][f"validation/{asked.by}"])
        chosen.append(best)
        table["chosen"].append(table[best][-1])
        answers = next(iter(models.values()))["answers"]
        for name, model in rivals().items():
            model.fit(x[answers["train/id"]], answers["train/target"])
            answer = model.predict(x[answers["test/id"]])
            result = scores(answers["test/target"], answer, np.zeros(len(answer), bool))
            result["rules"], result["sides"] = (model.get_n_leaves(), np.nan) if name == "sklearn tree" else (np.nan, np.nan)
            table[name].append(result)
    print("| model | accuracy | balanced | macro F1 | recall of each class | coverage | rules | sides a rule |\n|---|---|---|---|---|---|---|---|")
    best = {"accuracy": "accuracy", "balanced_accuracy": "balanced", "macro_f1": "macro F1"}.get(asked.by, "accuracy")
    place = lambda name: (name.startswith("sklearn"), name == "chosen", -np.mean([result[best] for result in table[name]]))
    for name in sorted(table, key=place):
        print(row_of(name, table[name]))
    print("\nchosen:", ", ".join(f"{n} x {name}" for name, n in collections.Counter(chosen).most_common()))


main()
