"""Writes what scikit-learn says about labels and probabilities, which the tests compare metrics with.

Made with scikit-learn 1.9.1 and NumPy 2.4. Run from the root of the repository:

    python3 Tests/Fixtures/make_metrics_fixtures.py

Probabilities are Floats, and some of them equal, so that ties count. The calibration error, which
scikit-learn lacks, is written out after Guo et al. 2017, arXiv:1706.04599 eq 3, in NumPy.
"""

import json
import pathlib
import warnings

import numpy as np
import sklearn
from sklearn import metrics as m

FOLDER = pathlib.Path(__file__).parent.parent / "StriateTests" / "Fixtures"
BINS = 15


def number(x):
    return None if np.isnan(x) else float(f"{x:.12g}")


def calibration(p, predictions, labels):
    """Expected and largest gap between accuracy and confidence, over bins ((m-1)/M, m/M]."""
    confidence = p.astype(np.float64)[np.arange(len(labels)), predictions]
    right = predictions == labels
    expected, largest = 0.0, 0.0
    for b in range(1, BINS + 1):
        inside = (confidence > (b - 1) / BINS) & (confidence <= b / BINS)
        if inside.any():
            gap = abs(right[inside].mean() - confidence[inside].mean())
            expected += inside.mean() * gap
            largest = max(largest, gap)
    return expected, largest


def mean_area(labels, p, classes):
    areas = []
    for k in range(classes):
        is_defined = 0 < (labels == k).sum() < len(labels)
        areas.append(m.roc_auc_score(labels == k, p[:, k]) if is_defined else np.nan)
    return areas


def case(name, labels, p):
    """`p` [N, C] in Float; predictions are the first largest."""
    labels = np.asarray(labels)
    classes = p.shape[1]
    predictions = p.argmax(axis=1)
    every = list(range(classes))
    means = {}
    for average in (None, "macro", "weighted"):
        precision, recall, f1, support = m.precision_recall_fscore_support(
            labels, predictions, labels=every, average=average, zero_division=np.nan)
        means[average] = [np.atleast_1d(x) for x in (precision, recall, f1)]
    areas = mean_area(labels, p, classes)
    expected, largest = calibration(p, predictions, labels)
    curve = m.roc_curve(labels == 0, p[:, 0], drop_intermediate=False)
    tops = [
        m.accuracy_score(labels, predictions) if k == 1 else
        m.top_k_accuracy_score(labels, p, k=k, labels=every) if classes > 2 else 1.0
        for k in range(1, classes)
    ]
    return {
        "name": name,
        "classes": classes,
        "labels": labels.tolist(),
        # Float values exactly.
        "probabilities": [float(x) for x in p.flatten()],
        "accuracy": number(m.accuracy_score(labels, predictions)),
        "topAccuracies": [number(x) for x in tops],
        "precision": [number(x) for x in means[None][0]],
        "recall": [number(x) for x in means[None][1]],
        "f1": [number(x) for x in means[None][2]],
        "macro": [number(x[0]) for x in means["macro"]],
        "weighted": [number(x[0]) for x in means["weighted"]],
        "confusion": m.confusion_matrix(labels, predictions, labels=every).tolist(),
        "cohenKappa": number(m.cohen_kappa_score(labels, predictions)),
        "matthews": number(m.matthews_corrcoef(labels, predictions)),
        "areas": [number(x) for x in areas],
        "macroArea": number(np.nanmean(areas)),
        "curve": [[number(x) for x in axis] for axis in curve[:2]],
        "logLoss": number(m.log_loss(labels, p, labels=every)),
        "brierScore": number(m.brier_score_loss(labels, p, labels=every)),
        "calibrationError": number(expected),
        "maximumCalibrationError": number(largest),
    }


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return (e / e.sum(axis=1, keepdims=True)).astype(np.float32)


def scores(generator, labels, classes, strength):
    z = generator.normal(size=(len(labels), classes))
    z[np.arange(len(labels)), labels] += strength
    return z


def main():
    warnings.filterwarnings("ignore")
    g = np.random.default_rng(15)
    cases = []
    labels = g.integers(0, 5, 60)
    cases.append(case("five classes", labels, softmax(scores(g, labels, 5, 1.5))))
    # Rounded scores: many equal probabilities of one class. The largest of an image stays alone, because
    # scikit-learn's top-k breaks ties by the higher number.
    labels = g.integers(0, 4, 80)
    z = np.round(scores(g, labels, 4, 1.5) * 2) / 2 + np.array([0, 0.01, 0.02, 0.03])
    cases.append(case("equal probabilities", labels, softmax(z)))
    # Class 3 has no images; class 4 is never predicted.
    labels = g.choice([0, 1, 2, 4], 50)
    z = scores(g, labels, 5, 2)
    z[:, 4] -= 9
    cases.append(case("a class without images and one never predicted", labels, softmax(z)))
    labels = (g.random(70) < 0.3).astype(int)
    cases.append(case("two uneven classes", labels, softmax(scores(g, labels, 2, 1))))
    labels = g.integers(0, 3, 30)
    cases.append(case("hopeless", labels, softmax(scores(g, (labels + 1) % 3, 3, 4))))
    text = json.dumps(
        {"version": "scikit-learn " + sklearn.__version__, "cases": cases}, separators=(",", ":"))
    (FOLDER / "metrics.json").write_text(text + "\n")


main()
