"""Golden trajectories of torch.optim for tests/plugins/standard/optimizers_test.cpp, in float64.

The problem is f(w) = sum_i a_i (w_i - b_i)^2 / 2 + c w_0 w_1, on two tensors, {w_0, w_1} and {w_2}, whose gradient a
reader can check by hand. Run with a Python that has torch:

    python tests/python/golden_optimizers.py > tests/plugins/standard/golden_optimizers.json
"""
import json

import torch

A, B, C = [3.0, 1.0, 0.5], [1.0, -2.0, 0.25], 0.3
START = [[0.5, -1.5], [2.0]]


def loss(parameters):
    w = torch.cat(parameters)
    a, b = torch.tensor(A, dtype=torch.float64), torch.tensor(B, dtype=torch.float64)
    return (a * (w - b) ** 2).sum() / 2 + C * w[0] * w[1]


def trajectory(make, steps=(1, 2, 10)):
    parameters = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in START]
    optimizer, kept = make(parameters), {}
    for step in range(1, max(steps) + 1):
        optimizer.zero_grad()
        loss(parameters).backward()
        optimizer.step()
        if step in steps:
            kept[str(step)] = torch.cat(parameters).tolist()
    return kept


def sam(parameters, rho=0.1, lr=0.05):
    """SAM restated from the paper's equations around plain gradient descent."""

    class Sam:
        def zero_grad(self):
            for p in parameters:
                p.grad = None

        def step(self):
            start = [p.detach().clone() for p in parameters]
            norm = torch.sqrt(sum((p.grad ** 2).sum() for p in parameters))
            with torch.no_grad():
                for p in parameters:
                    p += rho * p.grad / norm
            self.zero_grad()
            loss(parameters).backward()
            with torch.no_grad():
                for p, w in zip(parameters, start):
                    p.copy_(w - lr * p.grad)

    return Sam()


CASES = [
    ("sgd", {"lr": 0.05}, lambda p: torch.optim.SGD(p, lr=0.05)),
    ("sgd", {"lr": 0.05, "momentum": 0.9}, lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9)),
    ("sgd", {"lr": 0.05, "momentum": 0.9, "nesterov": True},
     lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9, nesterov=True)),
    ("sgd", {"lr": 0.05, "momentum": 0.5, "weight_decay": 0.1},
     lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.5, weight_decay=0.1)),
    ("adamw", {"lr": 0.1}, lambda p: torch.optim.AdamW(p, lr=0.1)),
    ("adamw", {"lr": 0.1, "beta1": 0.5, "beta2": 0.9, "eps": 1e-3, "weight_decay": 0.2},
     lambda p: torch.optim.AdamW(p, lr=0.1, betas=(0.5, 0.9), eps=1e-3, weight_decay=0.2)),
    ("adamw", {"lr": 0.1, "amsgrad": True, "beta2": 0.5},
     lambda p: torch.optim.AdamW(p, lr=0.1, betas=(0.9, 0.5), amsgrad=True)),
    ("sam", {"rho": 0.1, "base": {"use": "sgd", "lr": 0.05}}, sam),
]

print(json.dumps([{"use": use, "params": params, "weights": trajectory(make)} for use, params, make in CASES], indent=1))
