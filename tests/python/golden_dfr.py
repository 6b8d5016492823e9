"""Last layers of two and of three classes by scikit-learn's L1 logistic regression (LIBLINEAR).

python tests/python/golden_dfr.py > tests/plugins/groups/golden_dfr.json
"""
import json

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler


def case(classes, c, seed):
    random = np.random.default_rng(seed)
    # Two groups of equal size in each class, so that balancing them takes every sample.
    y = np.repeat(np.arange(classes), 24)
    group = 2 * y + np.tile([0, 1], 12 * classes)
    x = random.normal(size=(len(y), 5)) * [1, 2, 0.5, 3, 1] + [0, 1, -2, 0, 0]
    x[:, 0] += y
    x[:, 1] += 2 * (y == 1)
    x[:, 4] = 0.25  # says nothing
    x = np.round(x, 4)
    scaler = StandardScaler().fit(x)
    weight, bias = np.zeros((classes, 5)), np.zeros(classes)
    for k in range(1 if classes == 2 else 0, classes):
        model = LogisticRegression(penalty="l1", solver="liblinear", C=c, tol=1e-12, max_iter=100000)
        model.fit(scaler.transform(x), y == k)
        weight[k] = model.coef_[0] / scaler.scale_
        bias[k] = model.intercept_[0] - weight[k] @ scaler.mean_
    return {"classes": classes, "c": c, "x": x.tolist(), "y": y.tolist(), "group": group.tolist(),
            "weight": weight.tolist(), "bias": bias.tolist()}


print(json.dumps([case(2, 0.3, 1), case(2, 0.1, 2), case(3, 1.0, 3)]))
