"""Golden trajectories of the rules over terms for tests/plugins/multitask/terms_test.cpp.

Everything is computed with 40 digits by mpmath, from the vectors, and by other ways than the plugins': MGDA's and
CAGrad's simplex by trying every support, CAGrad's dual and Nash-MTL's equations by Newton's method from where SciPy's
SLSQP and BFGS end, whose values must agree with the result. What is returned is asserted to be optimal.

Run with a Python that has numpy, scipy and mpmath:

    python tests/python/golden_terms.py > tests/plugins/multitask/golden_terms.json
"""
import itertools
import json

import mpmath
import numpy
import scipy
from mpmath import cosh, exp, log, mpf, sinh, sqrt
from scipy.optimize import minimize

mpmath.mp.dps = 40
TINY = mpf(10) ** -30
STEPS = (1, 2, 10)
START = [mpf("0.6"), mpf("-0.4"), mpf("0.9"), mpf("0.3")]


def dot(a, b):
    return mpmath.fsum(x * y for x, y in zip(a, b))


def norm(a):
    return sqrt(dot(a, a))


def combined(weights, vectors):
    return [mpmath.fsum(w * v[i] for w, v in zip(weights, vectors)) for i in range(len(vectors[0]))]


# The three terms, on the tensors {w_0, w_1} and {w_2, w_3}: all above 0, and in conflict.

def losses_at(w, count):
    a, b, c, d = w
    return [mpf("1.5") * (a - 1) ** 2 + (b + 2) ** 2 / 2 + mpf("0.3") * a * b + mpf("0.2") * exp(c),
            cosh(b - c / 2) + (d + 1) ** 2 / 4 + a ** 2 / 2,
            log(1 + exp(1 - c - d)) + mpf("0.75") * (a + b) ** 2 + mpf("0.1") * d ** 4][:count]


def gradients_at(w, count):
    a, b, c, d = w
    s, p = sinh(b - c / 2), -1 / (1 + exp(c + d - 1))
    found = [[3 * (a - 1) + mpf("0.3") * b, b + 2 + mpf("0.3") * a, mpf("0.2") * exp(c), mpf(0)],
             [a, s, -s / 2, (d + 1) / 2],
             [mpf("1.5") * (a + b), mpf("1.5") * (a + b), p, p + mpf("0.4") * d ** 3]][:count]
    for k, gradient in enumerate(found):
        for i, exact in enumerate(gradient):
            slope = mpmath.diff(lambda x: losses_at(w[:i] + [x] + w[i + 1:], count)[k], w[i])
            assert abs(slope - exact) < mpf(10) ** -15
    return found


# Rules: the direction of the gradients g and the losses l at step t.

def supports(count):
    for size in range(1, count + 1):
        yield from itertools.combinations(range(count), size)


def on_simplex(function, count):
    return minimize(function, numpy.full(count, 1 / count), method="SLSQP", tol=1e-14, bounds=[(0, 1)] * count,
                    constraints={"type": "eq", "fun": lambda x: x.sum() - 1})


def shortest(g):
    """The weights of the shortest vector in the hull, and nothing unless its certificate holds."""
    for some in supports(len(g)):
        n = len(some)
        system = mpmath.matrix(n + 1, n + 1)
        right = mpmath.matrix(n + 1, 1)
        right[n] = 1
        for i, p in enumerate(some):
            system[i, n] = system[n, i] = 1
            for j, q in enumerate(some):
                system[i, j] = dot(g[p], g[q])
        solution = mpmath.lu_solve(system, right)
        weights = [mpf(0)] * len(g)
        for i, p in enumerate(some):
            weights[p] = solution[i]
        d = combined(weights, g)
        if min(weights) >= 0 and all(dot(d, x) - dot(d, d) > -TINY for x in g):
            found = on_simplex(lambda x: numpy.square(x @ numpy.array(g, dtype=float)).sum(), len(g))
            assert abs(found.fun - float(dot(d, d))) < 1e-6
            return weights
    raise AssertionError("no support is optimal")


def mgda(normalise):
    def rule(g, l, t):
        lengths, losses = normalise in ("l2", "loss+"), "loss" in normalise
        scale = [(x if losses else 1) * (norm(y) if lengths else 1) for x, y in zip(l, g)]
        return combined(shortest([[x / s for x in y] for y, s in zip(g, scale)]), g)
    return rule


def cagrad(c, rescale):
    def rule(g, l, t):
        count = len(g)
        g0 = combined([mpf(1) / count] * count, g)
        radius = c * norm(g0)

        def dual(w):
            s = combined(w, g)
            return dot(s, g0) + radius * norm(s)

        def slopes(w):
            s = combined(w, g)
            return [dot(x, g0) + radius * dot(x, s) / norm(s) for x in g]

        start = on_simplex(lambda x: float(dual([mpf(v) for v in x])), count)
        for some in supports(count):
            def spread(*x):
                w = [mpf(0)] * count
                for p, v in zip(some, (1 - mpmath.fsum(x),) + x):
                    w[p] = v
                return w
            w = spread()
            if len(some) > 1:
                def level(*x):
                    s = slopes(spread(*x))
                    return [s[p] - s[some[0]] for p in some[1:]]
                first = [max(mpf(start.x[p]), mpf("1e-3")) for p in some]
                try:
                    w = spread(*mpmath.findroot(level, [x / sum(first) for x in first[1:]]))
                except (ValueError, ZeroDivisionError):
                    continue
            s, here = slopes(w), mpmath.fsum(v * x for v, x in zip(w, slopes(w)))
            if min(w) >= 0 and all(x - here > -TINY for x in s):
                assert abs(float(dual(w)) - start.fun) < 1e-6
                s = combined(w, g)
                d = [a + radius * b / norm(s) for a, b in zip(g0, s)]
                return [x / (1 + c * c) for x in d] if rescale else d
        raise AssertionError("no support is optimal")
    return rule


def imtl_g(g, l, t):
    units = [[x / norm(y) for x in y] for y in g]
    n = len(g) - 1
    system, right = mpmath.matrix(n, n), mpmath.matrix(n, 1)
    for i in range(n):
        u = [a - b for a, b in zip(units[0], units[i + 1])]
        right[i] = dot(g[0], u)
        for j in range(n):
            system[i, j] = dot([a - b for a, b in zip(g[0], g[j + 1])], u)
    rest = list(mpmath.lu_solve(system, right))
    d = combined([1 - mpmath.fsum(rest)] + rest, g)
    assert all(abs(dot(d, u) - dot(d, units[0])) < TINY for u in units)
    return d


def bargain(g):
    c = [[dot(a, b) for b in g] for a in g]
    matrix = numpy.array(c, dtype=float)
    start = minimize(lambda y: numpy.exp(y) @ matrix @ numpy.exp(y) / 2 - y.sum(), numpy.zeros(len(g)), method="BFGS")
    found = mpmath.findroot(lambda *a: [dot(row, a) - 1 / x for row, x in zip(c, a)],
                            [mpf(x) for x in numpy.exp(start.x)])
    assert min(found) > 0 and max(abs(a * dot(row, found) - 1) for a, row in zip(found, c)) < TINY
    return list(found)


def nash_mtl(max_norm, every):
    kept = {}

    def rule(g, l, t):
        if t % every == 0:
            kept["alpha"] = bargain(g)
        d = combined(kept["alpha"], g)
        return [x * max_norm / norm(d) for x in d] if max_norm and norm(d) > max_norm else d
    return rule


def pcgrad(g, l, t):
    """Of two terms, where there is no order."""
    total = [mpf(0)] * len(g[0])
    for one, other in (g, g[::-1]):
        along = min(mpf(0), dot(one, other)) / dot(other, other)
        total = [x + a - along * b for x, a, b in zip(total, one, other)]
    return total


def gradvac(beta):
    target = [mpf(0), mpf(0)]

    def rule(g, l, t):
        total = [mpf(0)] * len(g[0])
        for i, (one, other) in enumerate((g, g[::-1])):
            cosine, multiple = dot(one, other) / (norm(one) * norm(other)), mpf(0)
            if cosine < target[i]:
                sine = sqrt(1 - target[i] ** 2)
                multiple = norm(one) * (target[i] * sqrt(1 - cosine ** 2) - cosine * sine) / (norm(other) * sine)
                turned = [a + multiple * b for a, b in zip(one, other)]
                assert abs(dot(turned, other) / (norm(turned) * norm(other)) - target[i]) < TINY
            total = [x + a + multiple * b for x, a, b in zip(total, one, other)]
            target[i] = (1 - beta) * target[i] + beta * cosine
        return total
    return rule


def weighted_sum(*weights):
    return lambda g, l, t: combined(weights, g)


def uncertainty(lr, s0, factor):
    s = []

    def rule(g, l, t):
        if not s:
            s.extend([s0] * len(g))
        weights = [1 / (2 * exp(x)) for x in s]
        for i, loss in enumerate(l):
            slope = mpmath.diff(lambda x: loss / (2 * exp(x)) + x / 2, s[i])
            assert abs(slope - (mpf(1) / 2 - loss * weights[i])) < mpf(10) ** -15
            s[i] -= lr * factor(t) * (mpf(1) / 2 - loss * weights[i])
        return combined(weights, g)
    return rule


def softmax(x):
    e = [exp(v) for v in x]
    return [v / mpmath.fsum(e) for v in e]


def dwa(temperature, every):
    history = []

    def rule(g, l, t):
        weights = [mpf(1)] * len(g)
        if t >= 2 * every:
            now = t // every * every
            last, before = (combined([mpf(1) / every] * every, history[a:a + every])
                            for a in (now - every, now - 2 * every))
            weights = [len(g) * x for x in softmax([a / b / temperature for a, b in zip(last, before)])]
        history.append(list(l))
        return combined(weights, g)
    return rule


class Famo:
    def __init__(self, lr, decay, floor):
        self.lr, self.decay, self.floor = lr, decay, floor
        self.xi, self.m, self.v = ([mpf(0)] * len(floor) for _ in range(3))

    def __call__(self, g, l, t):
        self.z = softmax(self.xi)
        self.before = [x - b for x, b in zip(l, self.floor)]
        weights = [z / x for z, x in zip(self.z, self.before)]
        return combined([w / mpmath.fsum(weights) for w in weights], g)

    def seen(self, l, t):
        """The losses after step t."""
        delta = [log(x) - log(y - b) for x, y, b in zip(self.before, l, self.floor)]
        n = len(delta)
        slope = [mpmath.fsum((self.z[i] * ((i == j) - self.z[j])) * delta[j] for j in range(n)) for i in range(n)]
        for i in range(n):
            slope[i] += self.decay * self.xi[i]
            self.m[i] = mpf("0.9") * self.m[i] + mpf("0.1") * slope[i]
            self.v[i] = mpf("0.999") * self.v[i] + mpf("0.001") * slope[i] ** 2
            m, v = self.m[i] / (1 - mpf("0.9") ** (t + 1)), self.v[i] / (1 - mpf("0.999") ** (t + 1))
            self.xi[i] -= self.lr * m / (sqrt(v) + mpf("1e-8"))


# Bases.

def sgd(lr, momentum=0, weight_decay=0):
    velocity = []

    def step(w, g, t, factor):
        g = [x + weight_decay * y for x, y in zip(g, w)]
        velocity[:] = [momentum * v + x for v, x in zip(velocity, g)] if velocity else g
        return [x - lr * factor * v for x, v in zip(w, velocity)]
    return step


def adamw(lr, weight_decay):
    m, v = [mpf(0)] * len(START), [mpf(0)] * len(START)

    def step(w, g, t, factor):
        b1, b2 = mpf("0.9"), mpf("0.999")
        m[:] = [b1 * a + (1 - b1) * x for a, x in zip(m, g)]
        v[:] = [b2 * a + (1 - b2) * x * x for a, x in zip(v, g)]
        return [x * (1 - lr * factor * weight_decay) - lr * factor * a / (1 - b1 ** (t + 1)) /
                (sqrt(b / (1 - b2 ** (t + 1))) + mpf("1e-8")) for x, a, b in zip(w, m, v)]
    return step


def number(x):
    """A decimal literal, which C++ and mpmath read alike up to rounding."""
    return mpf(str(x)) if isinstance(x, float) else x


def constant(t):
    return mpf(1)


def falling(t):
    return 1 - mpf(t) / 20


BASES = {"sgd": sgd, "adamw": adamw}
PLAIN = ("sgd", {"lr": 0.05})
HEAVY = ("sgd", {"lr": 0.02, "momentum": 0.5, "weight_decay": 0.1})
ADAM = ("adamw", {"lr": 0.05, "weight_decay": 0.2})


def case(use, params, rule, base=PLAIN, count=3, factor=constant):
    name, values = base
    step = BASES[name](**{k: number(v) for k, v in values.items()})
    w, kept, conflicts = list(START), {}, 0
    for t in range(max(STEPS)):
        g = gradients_at(w, count)
        conflicts += any(dot(a, b) < 0 for a, b in itertools.combinations(g, 2))
        w = step(w, rule(g, losses_at(w, count), t), t, factor(t))
        if hasattr(rule, "seen"):
            rule.seen(losses_at(w, count), t)
        if t + 1 in STEPS:
            kept[str(t + 1)] = [float(x) for x in w]
    more = {} if factor is constant else {"factors": [float(factor(t)) for t in range(max(STEPS))]}
    return {"use": use, "params": {**params, "base": {"use": name, **values}}, "terms": count, "conflicts": conflicts,
            **more, "weights": kept}


def cases():
    half = mpf("0.5")
    for base in (PLAIN, HEAVY, ADAM):
        yield case("weighted_sum", {"weights": [0.5, 2.0, 0.25]}, weighted_sum(half, mpf(2), mpf("0.25")), base)
        yield case("uncertainty_weights", {"lr": 0.1}, uncertainty(mpf("0.1"), -half, constant), base)
        yield case("dwa", {}, dwa(mpf(2), 1), base)
        yield case("mgda", {}, mgda("none"), base)
        yield case("cagrad", {}, cagrad(mpf("0.4"), True), base)
        yield case("imtl_g", {}, imtl_g, base)
        yield case("nash_mtl", {}, nash_mtl(mpf(1), 1), base)
        yield case("famo", {}, Famo(mpf("0.025"), mpf("0.001"), [mpf(0)] * 3), base)
        yield case("pcgrad", {}, pcgrad, base, count=2)
        yield case("gradvac", {}, gradvac(half), base, count=2)
    yield case("uncertainty_weights", {"lr": 0.3, "s0": 0.25}, uncertainty(mpf("0.3"), mpf("0.25"), falling),
               factor=falling)
    yield case("dwa", {"temperature": 0.5, "every": 2}, dwa(half, 2))
    yield case("dwa", {"temperature": 1.0, "every": 3}, dwa(mpf(1), 3))
    for normalise in ("l2", "loss", "loss+"):
        yield case("mgda", {"normalise": normalise}, mgda(normalise))
    for count in (2, 3):
        yield case("cagrad", {"c": 0.7, "rescale": False}, cagrad(mpf("0.7"), False), count=count)
        yield case("cagrad", {"c": 0.9}, cagrad(mpf("0.9"), True), count=count)
    yield case("cagrad", {"c": 2.0}, cagrad(mpf(2), True))
    yield case("mgda", {}, mgda("none"), count=2)
    yield case("imtl_g", {}, imtl_g, count=2)
    yield case("nash_mtl", {"max_norm": 0.0}, nash_mtl(0, 1))
    yield case("nash_mtl", {"max_norm": 0.0, "update_every": 3}, nash_mtl(0, 3), count=2)
    yield case("nash_mtl", {"max_norm": 1.5, "update_every": 4}, nash_mtl(mpf("1.5"), 4))
    yield case("gradvac", {"beta": 0.2}, gradvac(mpf("0.2")), count=2)
    yield case("famo", {"lr": 0.2, "weight_decay": 0.1, "floor": [0.5, 0.75, -0.25]},
               Famo(mpf("0.2"), mpf("0.1"), [half, mpf("0.75"), mpf("-0.25")]))


def directions():
    """One step's directions on fixed gradients: those of the worked example with three terms, and random ones."""
    draw = numpy.random.default_rng(5)
    sets = [[[3, 4, 0], [-3, 0, 1], [0, -2, 2]]]
    sets += [draw.normal(size=(k, 6)).round(3).tolist() for k in (2, 3, 4, 5)]
    sets += [(draw.normal(size=(k, 6)) + [1, 0, 0, 0, 0, 0]).round(3).tolist() for k in (3, 4, 5)]
    for gradients in sets:
        g = [[number(float(x)) for x in y] for y in gradients]
        for use, params, rule in (("mgda", {}, mgda("none")), ("imtl_g", {}, imtl_g),
                                  ("cagrad", {"c": 0.4, "rescale": False}, cagrad(mpf("0.4"), False)),
                                  ("cagrad", {"c": 0.8}, cagrad(mpf("0.8"), True)),
                                  ("nash_mtl", {"max_norm": 0.0}, nash_mtl(0, 1))):
            yield {"use": use, "params": params, "gradients": gradients,
                   "direction": [float(x) for x in rule(g, [mpf(1)] * len(g), 0)]}


print(json.dumps({"mpmath": mpmath.__version__, "scipy": scipy.__version__, "cases": list(cases()),
                  "directions": list(directions())}, indent=1))
