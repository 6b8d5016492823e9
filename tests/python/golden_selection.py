"""The moment program by SciPy, and the published recipe for it in NumPy.

python tests/python/golden_selection.py > tests/plugins/selection/golden_selection.json
"""
import json

import numpy as np
from scipy.optimize import minimize


def moments(samples, width, seed):
    """Gradients of two clusters of unlike size and scale, and their moments: A [N, m], lambda [m]."""
    random = np.random.default_rng(seed)
    f = random.normal(size=(samples, width)) * random.uniform(0.2, 2, width)
    f[: samples // 5] += 3 * random.normal(size=width)
    values, vectors = np.linalg.eigh(f.T @ f / samples)
    each = (f @ vectors) ** 2
    return f, each, each.mean(0)


def optimum(n, c):
    """Over (s, gamma) as the paper has it, gamma not eliminated."""
    f, each, mean = moments(50, 5, 1)
    size, width = each.shape

    def value(z):
        apart = each.T @ z[:size] - z[size:] * mean
        return apart @ apart, np.concatenate([2 * each @ apart, -2 * mean * apart])

    start = np.concatenate([np.full(size, 1 / size), np.full(width, 1 / c)])
    found = minimize(value, start, jac=True, method="SLSQP", bounds=[(0, 1 / n)] * size + [(1 / c, None)] * width,
                     constraints={"type": "eq", "fun": lambda z: z[:size].sum() - 1, "jac": lambda z: np.concatenate([np.ones(size), np.zeros(width)])},
                     options={"ftol": 1e-16, "maxiter": 2000})
    return {"f": f.tolist(), "n": n, "c": c, "value": found.fun}


def recipe(n, c, lr, steps):
    """Adam, then clamping and dividing by the sum; the s after the step whose objective before it was the least."""
    f, each, mean = moments(40, 4, 2)
    random = np.random.default_rng(3)
    s = np.zeros(len(each))
    s[random.choice(len(each), n, replace=False)] = 1 / n
    gamma = 1 / c + random.uniform(size=len(mean)) * (1 - 1 / c)
    begin = {"s": s.tolist(), "gamma": gamma.tolist()}
    z = [s, gamma]
    first, second = [np.zeros_like(x) for x in z], [np.zeros_like(x) for x in z]
    values, best, least = [], s, np.inf
    for t in range(1, steps + 1):
        apart = each.T @ z[0] - z[1] * mean
        value = apart @ apart
        slopes = [2 * each @ apart, -2 * mean * apart]
        for k in range(2):
            first[k] = 0.9 * first[k] + 0.1 * slopes[k]
            second[k] = 0.999 * second[k] + 0.001 * slopes[k] ** 2
            z[k] = z[k] - lr * (first[k] / (1 - 0.9**t)) / (np.sqrt(second[k] / (1 - 0.999**t)) + 1e-8)
        z[0] = np.clip(z[0], 0, 1 / n)
        z[0] = z[0] / z[0].sum()
        z[1] = np.maximum(z[1], 1 / c)
        values.append(value)
        if value < least:
            least, best = value, z[0].copy()
    return {"f": f.tolist(), "n": n, "c": c, "lr": lr, "steps": steps, **begin, "lambda": np.sort(mean).tolist(), "values": values[:100],
            "least": least, "best": best.tolist()}


print(json.dumps({"optima": [optimum(n, c) for n, c in ((5, 0.999), (5, 0.15), (12, 0.3), (20, 0.4), (40, 0.8), (50, 0.9))],
                  "recipe": recipe(8, 0.999, 1e-3, 500)}))
