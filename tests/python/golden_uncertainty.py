"""Golden numbers of the metrics calibration, uncertainty_parts and out_of_distribution for
tests/plugins/bayes/golden_test.cpp, in float64.

torchmetrics computes the calibration errors; its bins hold their left edges, and its sums are in float32. scikit-learn
computes AUROC, average precision, the ROC curve, the log loss and the Brier score, SciPy the entropies.

    python tests/python/golden_uncertainty.py > tests/plugins/bayes/golden_uncertainty.json
"""
import json

import libtorch

libtorch.find()

import numpy as np  # noqa: E402
import scipy.special  # noqa: E402
import scipy.stats  # noqa: E402
import torch  # noqa: E402
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score, roc_curve  # noqa: E402
from torchmetrics.functional.classification import multiclass_calibration_error  # noqa: E402

S, N, M, K = 3, 200, 120, 4
rng = np.random.default_rng(24)
logits = {"inside": np.round(2 * rng.normal(size=(S, N, K)), 3), "outside": np.round(1.2 * rng.normal(size=(S, M, K)), 3)}
inside, outside = (scipy.special.log_softmax(logits[name], axis=2) for name in ("inside", "outside"))
p = np.exp(inside).mean(0)
y = np.array([rng.choice(K, p=row) if rng.uniform() < 0.8 else rng.integers(K) for row in p])


def scores(members):
    mean = np.exp(members).mean(0)
    total = scipy.stats.entropy(mean, axis=1)
    each = scipy.stats.entropy(np.exp(members), axis=2).mean(0)
    return {"max_probability": mean.max(1), "entropy": -total, "mutual_information": each - total}


def detection(positive, negative, kinds):
    truth = np.r_[np.ones(len(positive)), np.zeros(len(negative))]
    score = np.r_[positive, negative]
    false, true, _ = roc_curve(truth, score, drop_intermediate=False)
    return {"auroc": roc_auc_score(truth, score), f"aupr_{kinds[0]}": average_precision_score(truth, score),
            f"aupr_{kinds[1]}": average_precision_score(1 - truth, -score), "fpr95": float(false[np.argmax(true >= 0.95)])}


def calibration_error(bins, norm):
    return float(multiclass_calibration_error(torch.from_numpy(p), torch.from_numpy(y), K, n_bins=bins, norm=norm))


right = p.argmax(1) == y
own, far = scores(inside), scores(outside)
print(json.dumps({
    "inside": logits["inside"].tolist(), "outside": logits["outside"].tolist(), "target": y.tolist(),
    "nll": log_loss(y, p, labels=range(K)),
    "brier": float(brier_score_loss(y, p, labels=range(K), scale_by_half=False)),
    "ece": {str(b): calibration_error(b, "l1") for b in (10, 15, 20)},
    "mce": {str(b): calibration_error(b, "max") for b in (10, 15, 20)},
    "total": float(scipy.stats.entropy(p, axis=1).mean()),
    "aleatoric": float(scipy.stats.entropy(np.exp(inside), axis=2).mean()),
    "errors": {name: detection(s[right], s[~right], ("right", "wrong")) for name, s in own.items()},
    "outside_scores": {name: detection(own[name], far[name], ("in", "out")) for name in own},
}))
