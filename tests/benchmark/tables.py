#!/usr/bin/env python3
"""Fitting models of tables to a million made rows, beside scikit-learn's tree on the same rows in the same run.

    python tests/benchmark/tables.py [--rows 1000000] [--build build/release]

Ten columns, of which five decide, with noise. In turns: our models at a tenth of the rows, at all of them, and
scikit-learn's DecisionTreeClassifier at all of them, one thread each. `growth` is seconds at all rows over those at a tenth;
n log n would be 12. Needs the target assay-bench-tables, numpy and scikit-learn; writes one JSON object.
"""
import argparse
import json
import math
import os
import pathlib
import subprocess
import tempfile
import time

import numpy as np
from sklearn.tree import DecisionTreeClassifier

MODELS = ["cart", "area_rules", "tree_areas", "end_point"]


def table(rows):
    random = np.random.default_rng(0)
    x = random.standard_normal((rows, 10)).astype(np.float32)
    y = (x[:, :5] @ np.arange(1, 6) + 2 * random.standard_normal(rows) > 6).astype(np.int64)
    return x, y


def ours(build, x, y, models):
    with tempfile.NamedTemporaryFile() as file:
        file.write(x.tobytes() + y.tobytes())
        file.flush()
        ran = subprocess.run([build / "bin" / "assay-bench-tables", file.name, str(len(x)), str(x.shape[1]), "2", *models],
                             env=os.environ | {"ASSAY_BUILD": str(build), "OMP_NUM_THREADS": "1"}, capture_output=True, text=True, check=True)
    return json.loads(ran.stdout)


def main():
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--rows", type=int, default=1_000_000)
    words.add_argument("--build", type=lambda path: pathlib.Path(path).resolve(), default=pathlib.Path("build/release").resolve())
    words.add_argument("--models", nargs="*", default=MODELS)
    asked = words.parse_args()
    x, y = table(asked.rows)
    few = asked.rows // 10
    small, large = ours(asked.build, x[:few], y[:few], asked.models), ours(asked.build, x, y, asked.models)
    began = time.perf_counter()
    tree = DecisionTreeClassifier(random_state=0).fit(x, y)
    theirs = time.perf_counter() - began
    print(json.dumps({"rows": asked.rows, "sklearn tree": round(theirs, 2), "its leaves": int(tree.get_n_leaves()),
                      "n log n": round(10 * math.log(asked.rows) / math.log(few), 2),
                      "models": {name: {"seconds": round(large[name], 2), "growth": round(large[name] / small[name], 2),
                                        "of sklearn's": round(large[name] / theirs, 3)} for name in asked.models}}, indent=1))


main()
