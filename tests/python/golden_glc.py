"""Lines and trees on made tables, by scikit-learn.

python tests/python/golden_glc.py > tests/plugins/glc/golden_glc.json
"""
import json

import numpy as np
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier


def table(classes, seed):
    random = np.random.default_rng(seed)
    y = random.integers(0, classes, 90)
    x = random.normal(size=(90, 4)) * [1, 20, 0.1, 1] + y[:, None] * [1, -8, 0.03, 0]
    return np.round(x, 4).astype(np.float32).astype(float), y


def lines(classes, seed):
    x, y = table(classes, seed)
    lda = LinearDiscriminantAnalysis(solver="lsqr").fit(x, y)
    scaler = StandardScaler().fit(x)
    logistic = LogisticRegression(C=0.5, tol=1e-12, max_iter=10000).fit(scaler.transform(x), y)
    tree = DecisionTreeClassifier(random_state=0).fit(x, y)
    return {"classes": classes, "x": x.tolist(), "y": y.tolist(), "lda": lda.predict_log_proba(x).tolist(),
            "logistic": logistic.predict_log_proba(scaler.transform(x)).tolist(),
            "leaves": int(tree.get_n_leaves()), "depth": int(tree.get_depth())}


def regression(seed):
    x, _ = table(2, seed)
    y = np.round(x @ [1, 0.1, -2, 0] + np.abs(x[:, 0]), 4)
    line = LinearRegression().fit(x, y)
    end = line.predict(x)
    step = IsotonicRegression(increasing="auto").fit(end, y)
    return {"x": x.tolist(), "y": y.tolist(), "line": end.tolist(), "isotonic": step.predict(end).tolist()}


print(json.dumps({"lines": [lines(2, 1), lines(3, 2)], "regression": regression(3)}))
