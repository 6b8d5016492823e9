"""Golden losses and gradients of contrastive objectives for tests/plugins/contrastive/golden_test.cpp:
those of lightly, in float64. lightly has no supervised contrastive loss: that one is the sum over
pairs of Khosla et al., NeurIPS 2020, eq. 2, term by term.

    python tests/python/golden_contrastive.py > tests/plugins/contrastive/golden_contrastive.json
"""
import json

import libtorch

libtorch.find()

import numpy as np  # noqa: E402
import torch  # noqa: E402
from lightly.loss import BarlowTwinsLoss, NTXentLoss, VICRegLoss  # noqa: E402

rng = np.random.default_rng(25)
B, D = 12, 7


def views():
    return [torch.from_numpy(rng.normal(size=(B, D)).round(4)).requires_grad_() for _ in range(2)]


def told(loss, inputs):
    """The loss and its gradient."""
    gradients = torch.autograd.grad(loss, inputs)
    return {"inputs": [x.tolist() for x in inputs], "loss": loss.item(), "gradients": [g.tolist() for g in gradients]}


def supervised(z, target, temperature):
    rows = torch.nn.functional.normalize(torch.cat(z), dim=1)
    classes = torch.cat([target, target])
    count, total = len(rows), 0
    for i in range(count):
        weight = [torch.exp(rows[i] @ rows[j] / temperature) for j in range(count)]
        others = sum(weight[j] for j in range(count) if j != i)
        positives = [p for p in range(count) if p != i and classes[p] == classes[i]]
        total = total - sum(torch.log(weight[p] / others) for p in positives) / len(positives)
    return total / count


answers = {}
for temperature in (0.05, 0.5, 2.0):
    z = views()
    answers[f"nt_xent/{temperature}"] = told(NTXentLoss(temperature)(*z), z)
    z = views()
    target = torch.from_numpy(rng.integers(3, size=B))
    answers[f"supervised/{temperature}"] = {**told(supervised(z, target, temperature), z), "target": target.tolist()}
z = views()
answers["barlow_twins"] = told(BarlowTwinsLoss(lambda_param=0.005)(*z), z)
z = views()
answers["vicreg"] = told(VICRegLoss()(*z), z)
print(json.dumps(answers))
