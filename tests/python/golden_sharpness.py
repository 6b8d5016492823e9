"""Golden trajectories of the optimizers around SAM for tests/plugins/sharpness/sharpness_test.cpp, in float64.

The problem is that of golden_base.py, a sum of three samples' losses a_i (w_i - b_i)^2 / 2 (the first one's with
c w_0 w_1), times a scale, on the tensors {w_0, w_1} and {w_2}, or on one.

Where the PyPI package pytorch-optimizer 4.1.0 computes what the equations define, it is the oracle, around
torch.optim. It differs, and the page's equations are restated here,
- in asam with eta (it has T = |w| alone) and in looksam over several tensors (its norms are per tensor),
- in bsam: its decay multiplies the gradient, its noise has the deviation 1 / (N s), and s averages a square,
- in fisher_sam and m_sam, which it has not got.
Its norm of the gradient is summed in float32, which would leave 1e-8 between us: `squared_norm` below is that sum in
float64. LookSAM adds 1e-8 to the norm of g_v: the loss is scaled by 2^20 there, so that it does not count.

Run with a Python that has torch and the package (pip install --no-deps pytorch-optimizer==4.1.0):

    python tests/python/golden_sharpness.py > tests/plugins/sharpness/golden_sharpness.json
"""
import json
import sys
import types

import torch

# The package asks for torch 2.1. What it misses in an older one are two names, and none of them is called here.
if not hasattr(torch.optim.lr_scheduler, "LRScheduler"):
    torch.optim.lr_scheduler.LRScheduler = torch.optim.lr_scheduler._LRScheduler
    absent = types.ModuleType("torch.utils._foreach_utils")
    absent._group_tensors_by_device_and_dtype = None
    sys.modules["torch.utils._foreach_utils"] = absent

from importlib.metadata import version  # noqa: E402

import pytorch_optimizer as package  # noqa: E402
from pytorch_optimizer.lr_scheduler.proportion import ProportionScheduler  # noqa: E402


def squared_norm(groups, device=None, *, weight_adaptive=False):
    parts = [(p.grad * p.abs() if weight_adaptive and group.get("adaptive") else p.grad).square().sum()
             for group in groups for p in group["params"]]
    return torch.stack(parts).sum().reshape(1)


sys.modules[package.SAM.__module__].get_global_gradient_norm = squared_norm

A, B, C = [3.0, 1.0, 0.5], [1.0, -2.0, 0.25], 0.3
SGD, ADAMW = torch.optim.SGD, torch.optim.AdamW
STEPS = (1, 2, 10)
LARGE = 2.0 ** 20


def samples(w, scale):
    losses = [a * (x - b) ** 2 / 2 for a, b, x in zip(A, B, w)]
    losses[0] = losses[0] + C * w[0] * w[1]
    return [scale * loss for loss in losses]


@torch.enable_grad()
def gradients(parameters, scale=1.0, some=slice(None)):
    """Of the sum of some samples' losses."""
    return list(torch.autograd.grad(sum(samples(torch.cat(parameters), scale)[some]), parameters))


def parameters_of(tensors):
    start = [[0.5, -1.5], [2.0]] if tensors == 2 else [[0.5, -1.5, 2.0]]
    return [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in start]


def run(parameters, step):
    kept = {}
    for t in range(max(STEPS)):
        step(t)
        if t + 1 in STEPS:
            kept[str(t + 1)] = torch.cat(parameters).tolist()
    return kept


def by_package(make, tensors=2, scale=1.0):
    """make(parameters, closure) -> what takes step t."""
    parameters = parameters_of(tensors)

    def closure():
        for p, g in zip(parameters, gradients(parameters, scale)):
            p.grad = g

    return run(parameters, make(parameters, closure))


def wrapped(optimizer):
    """A step of the package's optimizers that want the gradient at w before it."""
    def make(parameters, closure):
        made = optimizer(parameters)

        def step(t):
            closure()
            made.step(closure)
        return step
    return make


def gsam(rho, rho_min, alpha, factor, **sgd):
    """The package's GSAM, its radius by its own scheduler from the learning rate."""
    def make(parameters, closure):
        base = SGD(parameters, **sgd)
        rate = types.SimpleNamespace(last_lr=[sgd["lr"]])
        radius = ProportionScheduler(rate, max_lr=sgd["lr"], max_value=rho, min_value=rho_min)
        made = package.GSAM(parameters, base, torch.nn.Module(), radius, alpha=alpha, perturb_eps=1e-30)

        def step(t):
            rate.last_lr[0] = base.param_groups[0]["lr"] = sgd["lr"] * factor(t)
            made.update_rho_t()
            made.step(lambda: (None, closure()))
        return step
    return make


def restated(make):
    """make() -> direction(parameters): the gradient that the base gets, by the equations."""
    def by(base):
        parameters, direction = parameters_of(2), make()
        optimizer = base(parameters)

        def step(t):
            for p, d in zip(parameters, direction(parameters)):
                p.grad = d
            optimizer.step()
        return run(parameters, step)
    return by


def norm(tensors):
    return torch.cat(tensors).square().sum().sqrt()


def dot(a, b):
    return (torch.cat(a) * torch.cat(b)).sum()


def uphill(parameters, e, some=slice(None)):
    return gradients([(p.detach() + x).requires_grad_() for p, x in zip(parameters, e)], some=some)


def asam(rho, eta, names=("weight", "weight")):
    """T = 1 for a tensor that is not named `weight`."""
    def direction(parameters):
        g = gradients(parameters)
        t = [p.detach().abs() + eta if "weight" in name else torch.ones_like(p) for name, p in zip(names, parameters)]
        n = norm([x * y for x, y in zip(t, g)])
        return uphill(parameters, [rho * x ** 2 * y / n for x, y in zip(t, g)])
    return lambda: direction


def fisher_sam(rho, eta):
    def direction(parameters):
        g = gradients(parameters)
        inverse = [1 / (1 + eta * x ** 2) for x in g]
        n = dot(g, [f * x for f, x in zip(inverse, g)]).sqrt()
        return uphill(parameters, [rho * f * x / n for f, x in zip(inverse, g)])
    return lambda: direction


def looksam(rho, k, alpha):
    def make():
        state = {"t": -1}

        def direction(parameters):
            state["t"] += 1
            g = gradients(parameters)
            if state["t"] % k == 0:
                gs = uphill(parameters, [rho * x / norm(g) for x in g])
                state["v"] = [s - dot(gs, g) / dot(g, g) * x for s, x in zip(gs, g)]
                return gs
            return [x + alpha * norm(g) / norm(state["v"]) * v for x, v in zip(g, state["v"])]
        return direction
    return make


def m_sam(rho, m):
    def direction(parameters):
        total = [torch.zeros_like(p) for p in parameters]
        for first in range(0, 3, m):
            some = slice(first, first + m)
            g = gradients(parameters, some=some)
            for x, y in zip(total, uphill(parameters, [rho * x / norm(g) for x in g], some)):
                x += y
        return total
    return lambda: direction


def bsam(lr, rho, beta1, beta2, weight_decay, damping, s_init):
    """Without noise, of which no two libraries draw the same."""
    parameters = parameters_of(2)
    m, s = [torch.zeros_like(p) for p in parameters], [torch.full_like(p, s_init) for p in parameters]

    def step(t):
        drawn = gradients(parameters)
        gs = uphill(parameters, [rho * g / x for g, x in zip(drawn, s)])
        with torch.no_grad():
            for i, w in enumerate(parameters):
                m[i] = beta1 * m[i] + (1 - beta1) * (gs[i] + weight_decay * w)
                w -= lr * m[i] / s[i]
                s[i] = beta2 * s[i] + (1 - beta2) * (s[i].sqrt() * drawn[i].abs() + damping + weight_decay)
    return run(parameters, step)


def case(use, params, oracle, weights, **more):
    return {"use": use, "params": params, "oracle": oracle, **more, "weights": weights}


PLAIN = {"lr": 0.05}
HEAVY = {"lr": 0.05, "momentum": 0.5, "weight_decay": 0.1}
ADAM = {"lr": 0.1, "weight_decay": 0.2}
BASES = [("sgd", PLAIN, SGD), ("sgd", HEAVY, SGD), ("adamw", ADAM, ADAMW)]
EQUATIONS = "the equations"


def around_bases(use, params, oracle, weights):
    """weights(torch's class of the base, its arguments)"""
    return [case(use, {**params, "base": {"use": name, **base}}, oracle, weights(kind, base))
            for name, base, kind in BASES]


def cases():
    yield from around_bases("sam", {"rho": 0.1}, "SAM", lambda kind, base: by_package(
        wrapped(lambda p: package.SAM(p, kind, rho=0.1, **base))))
    yield from around_bases("asam", {"rho": 0.3, "eta": 0.0}, "SAM, adaptive", lambda kind, base: by_package(
        wrapped(lambda p: package.SAM(p, kind, rho=0.3, adaptive=True, **base))))
    yield from around_bases("friendly_sam", {"rho": 0.1, "sigma": 0.8, "lambda": 0.6}, "FriendlySAM",
                            lambda kind, base: by_package(wrapped(lambda p: package.FriendlySAM(
                                p, kind, rho=0.1, sigma=0.8, lmbda=0.6, **base))))
    for name, factor in (("constant", lambda t: 1.0), ("falling", lambda t: 1 - t / 20)):
        for base in (PLAIN, HEAVY):
            yield case("gsam", {"rho": 0.2, "rho_min": 0.05, "alpha": 0.3, "base": {"use": "sgd", **base}}, "GSAM",
                       by_package(gsam(0.2, 0.05, 0.3, factor, **base)), factors=[factor(t) for t in range(max(STEPS))])
    for base in (PLAIN, HEAVY):
        large = {**base, "lr": base["lr"] / LARGE}
        if "weight_decay" in base:
            large["weight_decay"] = base["weight_decay"] * LARGE
        yield case("looksam", {"rho": 0.2, "k": 3, "alpha": 0.6, "base": {"use": "sgd", **large}}, "LookSAM",
                   by_package(wrapped(lambda p: package.LookSAM(p, SGD, rho=0.2, k=3, alpha=0.6, **large)), 1, LARGE),
                   tensors=1, scale=LARGE)
    for use, params, make in (("asam", {"rho": 0.3, "eta": 0.01}, asam(0.3, 0.01)),
                              ("fisher_sam", {"rho": 0.1, "eta": 0.7}, fisher_sam(0.1, 0.7)),
                              ("looksam", {"rho": 0.2, "k": 4, "alpha": 0.7}, looksam(0.2, 4, 0.7)),
                              ("m_sam", {"rho": 0.1, "m": 2}, m_sam(0.1, 2)),
                              ("m_sam", {"rho": 0.1, "m": 1}, m_sam(0.1, 1))):
        yield from around_bases(use, params, EQUATIONS,
                                lambda kind, base, make=make: restated(make)(lambda p: kind(p, **base)))
    names = ["layer.weight", "layer.bias"]
    for case_of in around_bases("asam", {"rho": 0.3, "eta": 0.01, "scale": "weights"}, EQUATIONS,
                                lambda kind, base: restated(asam(0.3, 0.01, names))(lambda p: kind(p, **base))):
        yield {**case_of, "names": names}
    published = {"lr": 0.5, "rho": 0.01, "beta1": 0.9, "beta2": 0.999, "weight_decay": 40 / (4 * 50000), "damping": 0.1,
                 "s_init": 1.0}
    yield case("bsam", {"noise": 0.0}, "the equations, with the authors' settings", bsam(**published))
    for params in ({"lr": 0.1, "rho": 0.05, "beta1": 0.9, "beta2": 0.999, "weight_decay": 0.01, "damping": 0.1,
                    "s_init": 1.0},
                   {"lr": 0.05, "rho": 0.1, "beta1": 0.5, "beta2": 0.7, "weight_decay": 0.1, "damping": 0.3,
                    "s_init": 2.0}):
        yield case("bsam", {**params, "noise": 0.0}, EQUATIONS, bsam(**params))


print(json.dumps({"torch": torch.__version__, "pytorch_optimizer": version("pytorch-optimizer"),
                  "cases": list(cases())}, indent=1))
