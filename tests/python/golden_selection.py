"""The moment program by SciPy; the published recipe for it, moderate coresets and GLISTER in NumPy.

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


def simplex(v):
    """The nearest point of {s >= 0, sum s = 1}, by bisection of the threshold."""
    low, high = v.min() - 1, v.max()
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if np.maximum(v - middle, 0).sum() > 1 else (low, middle)
    return np.maximum(v - high, 0)


def softmax(z):
    e = np.exp(z - z.real.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def vision(n, c, sparsity, squared, by, lr, steps):
    """Adam on |A^T q - gamma lambda| + sparsity / |s| with slopes by complex steps, which are exact to rounding."""
    f, each, mean = moments(40, 4, 2)
    size, s = len(each), np.zeros(len(each))
    s[np.random.default_rng(3).choice(size, n, replace=False)] = 1 / n
    begin, z = s.tolist(), np.concatenate([s, np.full(len(mean), 1 / c)])

    def value(z):
        s, gamma = softmax(z[:size]) if by == "logits" else z[:size], z[size:]
        apart = each.T @ (s**2 if squared else s) - gamma * mean
        return np.sqrt((apart * apart).sum()) + sparsity / np.sqrt((s * s).sum())

    def slope(z, h=1e-30):
        return np.array([value(z + 1j * h * one).imag / h for one in np.eye(len(z))])

    first, second, values = np.zeros_like(z), np.zeros_like(z), []
    for t in range(1, steps + 1):
        values.append(value(z))
        g = slope(z)
        first, second = 0.9 * first + 0.1 * g, 0.999 * second + 0.001 * g**2
        z = z - lr * (first / (1 - 0.9**t)) / (np.sqrt(second / (1 - 0.999**t)) + 1e-8)
        back = {"sort": simplex, "softmax": softmax, "logits": lambda logits: logits}[by]
        z = np.concatenate([back(z[:size]), np.maximum(z[size:], 1 / c)])
    last = softmax(z[:size]) if by == "logits" else z[:size]
    return {"f": f.tolist(), "c": c, "sparsity": sparsity, "squared": squared, "simplex": by, "lr": lr, "steps": steps,
            "s": begin, "values": values, "last": last.tolist()}


def pool():
    """Three classes of unlike sizes, and a validation split in which they have other shares."""
    random = np.random.default_rng(5)
    label = np.concatenate([np.full(24, 0), np.full(13, 1), np.full(6, 2)])
    val_label = np.concatenate([np.full(5, 0), np.full(9, 1), np.full(4, 2)])

    def split(y):
        x = random.normal(size=(len(y), 4)) * (1 + y)[:, None] + y[:, None]
        return x, random.normal(size=(len(y), 3)) + 1.5 * np.eye(3)[y]

    (x, z), (val_x, val_z) = split(label), split(val_label)
    return {"label": label, "features": x, "logits": z, "val_label": val_label, "val_features": val_x, "val_logits": val_z}


def moderate(of, n, centre):
    """The ranks from round((N - n) / 2) on, of the distances to the center of the own class."""
    centers = np.array([centre(of["features"][of["label"] == c], axis=0) for c in range(3)])
    distance = np.linalg.norm(of["features"] - centers[of["label"]], axis=1)
    first = round((len(distance) - n) / 2)
    return sorted(np.argsort(distance, kind="stable")[first : first + n].tolist())


def gradients(features, logits, label):
    """Of the cross-entropy, in the last layer's weights and bias: [N, 3 * 5]."""
    wide = np.concatenate([features, np.ones((len(label), 1))], axis=1)
    return np.einsum("nc,nd->ncd", softmax(logits) - np.eye(3)[label], wide).reshape(len(label), -1)


def greedy(own, val_x, val_z, val_y, count, lr, scale):
    """Adds the gradient that has the largest product with the validation loss's, after a step along those before."""
    wide, taken = np.concatenate([val_x, np.ones((len(val_y), 1))], axis=1), []
    for _ in range(count):
        step = lr * scale(own[taken]) if taken else np.zeros(own.shape[1])
        moved = val_z - wide @ step.reshape(3, -1).T
        gain = own @ gradients(val_x, moved, val_y).mean(0)
        gain[taken] = -np.inf
        taken.append(int(gain.argmax()))
    return taken


def glister(of, n, lr, scale, per_class):
    own = gradients(of["features"], of["logits"], of["label"])
    if not per_class:
        return greedy(own, of["val_features"], of["val_logits"], of["val_label"], n, lr, scale)
    taken = []
    for c, share in zip(range(3), per_class):
        rows, val = np.flatnonzero(of["label"] == c), of["val_label"] == c
        picked = greedy(own[rows], of["val_features"][val], of["val_logits"][val], of["val_label"][val], share, lr, scale)
        taken += rows[picked].tolist()
    return taken


def selections():
    of = pool()
    total, mean = (lambda g: g.sum(0)), (lambda g: g.mean(0))
    cases = [{"use": "moderate", "params": {"centre": name}, "n": n, "places": moderate(of, n, function)}
             for name, function in (("mean", np.mean), ("median", np.median)) for n in (10, 11, 43)]
    for name, scale in (("sum", total), ("mean", mean)):
        for lr in (0.01, 0.5):
            cases.append({"use": "glister", "params": {"lr": lr, "step": name}, "n": 12, "places": glister(of, 12, lr, scale, None)})
            cases.append({"use": "glister", "params": {"lr": lr, "step": name, "per_class": True}, "n": 43 // 2,
                          "places": glister(of, 43 // 2, lr, scale, (12, 6, 3))})
    return {"pool": {name: values.tolist() for name, values in of.items()}, "cases": cases}


print(json.dumps({"optima": [optimum(n, c) for n, c in ((5, 0.999), (5, 0.15), (12, 0.3), (20, 0.4), (40, 0.8), (50, 0.9))],
                  "recipe": recipe(8, 0.999, 1e-3, 500),
                  "vision": [vision(8, 0.999, 0.3, squared, by, 1e-2, 60) for squared in (False, True)
                             for by in ("sort", "softmax", "logits")], "selections": selections()}))
