"""Golden weights and trajectories of CPT for tests/plugins/groups/cpt_test.cpp, in float64.

The equations of the group weights (see plugins/groups/cpt) are restated with NumPy; the linear programs are solved by SciPy's
HiGHS. Run with a Python that has SciPy:

    python tests/python/golden_cpt.py > tests/plugins/groups/golden_cpt.json
"""
import json

import numpy
import scipy
from scipy.optimize import linprog


def weights(losses, gradients, control, threshold=1e-4, softmax=False):
    """alpha, and whether the balancing program was the one."""
    l, g, r = (numpy.array(x, float) for x in (losses, gradients, control))
    r = r / r.sum()
    k, c = len(l), g @ g.T
    if softmax:
        h = numpy.exp(k * r * l - (k * r * l).max())
        h /= h.sum()
    else:
        h = r * l / (r * l).sum()
    mu = (h * numpy.log(k * h)).sum()
    a = r * (numpy.log(k * h) - mu) * (h if softmax else 1)
    q = c @ a
    rows, lows = [], []
    if mu > threshold and (q > 0).any():
        for i in range(k):
            if (r * l)[i] == (r * l).max():
                rows.append(c[i]), lows.append(0.0)
            elif q[i] <= 0:
                rows.append(c[i]), lows.append(q[i])
        objective = q
    elif mu > threshold:
        rows, lows, objective = list(c), [0.0] * k, q
    else:
        rows, lows, objective = list(c) + [q], [0.0] * k + [min(q.max(), 0.0)], c.sum(0)
    scale = numpy.abs(c).max()
    found = linprog(-objective / scale, A_ub=-numpy.array(rows) / scale, b_ub=-numpy.array(lows) / scale,
                    A_eq=numpy.ones((1, k)), b_eq=[1.0], bounds=(0, 1), method="highs")
    return (found.x if found.status == 0 else r), bool(mu > threshold), found.status == 0


def cases():
    """Random losses, gradients and control vectors of 2 to 6 groups."""
    rng, made = numpy.random.default_rng(7), []
    for number in range(120):
        k = 2 + number % 5
        losses, gradients = rng.uniform(0.05, 3, k), rng.normal(size=(k, 4))
        control = rng.uniform(0.3, 3, k) if number % 3 else numpy.ones(k)
        if number % 4 == 0:  # balanced: the other program
            losses = 1 / control
        softmax = number % 7 == 1
        alpha, balancing, solved = weights(losses, gradients, control, softmax=softmax)
        made.append({"losses": losses.tolist(), "gradients": gradients.tolist(), "control": control.tolist(),
                     "softmax": softmax, "balancing": balancing, "solved": solved,
                     "direction": (alpha @ gradients).tolist()})
    return made


CENTRES = numpy.array([[1.0, 0.5, -1.0], [-1.0, 1.0, 0.25], [0.0, -1.5, 0.5], [0.4, 0.2, 1.1]])
SCALES = numpy.array([[1.0, 2.0, 0.5], [0.3, 1.0, 1.5], [2.0, 0.4, 0.7], [1.2, 0.8, 0.6]])


def groups(w):
    """Group k's loss is log(1 + sum_i s_ki (w_i - c_ki)^2)."""
    inner = 1 + (SCALES * (w - CENTRES) ** 2).sum(1)
    return numpy.log(inner), 2 * SCALES * (w - CENTRES) / inner[:, None]


def trajectory(control, steps=(1, 2, 10), lr=0.1, threshold=1e-4, softmax=False):
    w, kept = numpy.array([0.6, -0.4, 0.3]), {}
    for step in range(1, max(steps) + 1):
        losses, gradients = groups(w)
        w = w - lr * weights(losses, gradients, control, threshold, softmax)[0] @ gradients
        if step in steps:
            kept[str(step)] = w.tolist()
    return kept


TRAJECTORIES = [([1, 1, 1, 1], 1e-4, False), ([1, 4, 1, 1], 1e-4, False), ([10, 1, 1, 2], 1e-4, False),
                ([1, 1, 1, 1], 0.5, False), ([1, 1, 4, 1], 1e-4, True)]
print(json.dumps({
    "scipy": scipy.__version__, "numpy": numpy.__version__, "centres": CENTRES.tolist(), "scales": SCALES.tolist(),
    "cases": cases(),
    "trajectories": [{"control": c, "threshold": t, "softmax": s, "weights": trajectory(c, threshold=t, softmax=s)}
                     for c, t, s in TRAJECTORIES]}, indent=None, separators=(",", ":")).replace('},{', '},\n{'))
