"""A blind classifier of problem texts: words, word pairs and 20 features of shape.

TF-IDF and logistic regression. Folds never split a unit (a template, a family, or a near-duplicate
cluster): with siblings of a template in training, any templated set is recognized by its sentences. The
AUC is the mean over folds of the AUC within the fold; its interval resamples the units of both sides.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from clean_bench.seeds import digest, seed_of
from generators.competition.text_shape import FORMULA

FOLDS = 5
RESAMPLES = 500
REGULARIZATION = 3.0

Array = npt.NDArray[np.float64]


class Texts(NamedTuple):
    """The problems of one side, and the unit of each."""

    texts: Sequence[str]
    units: Sequence[str]


class Auc(NamedTuple):
    """The area under the ROC curve with a 95% interval, and the number of units of both sides."""

    value: float
    low: float
    high: float
    units: int


def shape(text: str) -> list[float]:
    """Twenty features of the shape of a text: lengths, formulas, blanks, breaks, numbers, ending."""
    formulas = FORMULA.findall(text)
    prose = FORMULA.sub(" ", text)
    words, characters = max(1, len(text.split())), max(1, len(text))
    signs = sum(len(re.findall(r"[0-9A-Za-z)}\]] ?[+-] ?[0-9A-Za-z(\\]", f)) for f in formulas)
    blanks = sum(len(re.findall(r"[0-9A-Za-z)}\]] [+-] [0-9A-Za-z(\\]", f)) for f in formulas)
    numbers = re.findall(r"\d+(?:\.\d+)?", text)
    return [
        float(np.log1p(characters)),
        float(np.log1p(words)),
        float(np.log1p(len(formulas))),
        sum(map(len, formulas)) / characters,
        float(np.log1p(len(numbers))),
        float(np.log1p(max((float(n) for n in numbers), default=0.0))),
        sum(len(n) == 1 for n in numbers) / max(1, len(numbers)),
        blanks / max(1, signs),
        float(signs > 0),
        float(len(re.findall(r"(?<!\\)\$-?\d+(?<!\\)\$", text))),
        float(len(re.findall(r"\b\d+\b", prose))),
        float(text.count("\n")),
        float(text.count(r"\[")),
        float(len(re.findall(r",(?<!\\)\$", text))),
        float(text.rstrip().endswith("?")),
        float(len(re.findall(r"[.?!]\$?(?:\s|$)", text))),
        text.count("(") / characters,
        text.count("=") / characters,
        text.count("\\") / characters,
        float("  " in text),
    ]


def blind_auc(
    first: Texts, second: Texts, words: bool, *, by_unit: bool = False, seed: str = "1"
) -> Auc:
    """How well a classifier tells the first side from the second.

    Args:
        words: with words and shape; otherwise shape alone.
        by_unit: units weigh alike; otherwise items do, as in a score.
    """
    texts = [*first.texts, *second.texts]
    units = [f"a:{unit}" for unit in first.units] + [f"b:{unit}" for unit in second.units]
    labels = np.array([1] * len(first.texts) + [0] * len(second.texts))
    weights = _weights(units, labels, by_unit)
    folds = _folds(units, labels, seed)
    scores = np.zeros(len(texts))
    for fold in range(FOLDS):
        train, test = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        columns = _features([texts[i] for i in train], [texts[i] for i in test], words)
        scores[test] = _fit(*columns, labels[train], weights[train])
    return _interval(scores, labels, weights, folds, units, seed)


def _features(train: Sequence[str], test: Sequence[str], words: bool) -> tuple[Any, Any]:
    from scipy import sparse
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler()
    shapes = [scaler.fit_transform([shape(text) for text in train])]
    shapes.append(scaler.transform([shape(text) for text in test]))
    if not words:
        return shapes[0], shapes[1]
    vectorizer = TfidfVectorizer(
        preprocessor=lambda text: re.sub(r"\d+(?:\.\d+)?", "#", text.lower()),
        token_pattern=r"\\?[a-z]+|#|[^\sa-z]",
        ngram_range=(1, 2),
        min_df=2,
        sublinear_tf=True,
    )
    bags = [vectorizer.fit_transform(train), vectorizer.transform(test)]
    # Shapes are scaled so that words and shape have squared norms of one each.
    scale = 1 / np.sqrt(shapes[0].shape[1])
    return tuple(
        sparse.hstack([bag, sparse.csr_matrix(part * scale)]).tocsr()
        for bag, part in zip(bags, shapes, strict=True)
    )  # type: ignore[return-value]


def _fit(train: Any, test: Any, labels: Any, weights: Array) -> Array:
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=REGULARIZATION, max_iter=2000)
    model.fit(train, labels, sample_weight=weights)
    decided: Array = model.decision_function(test)
    return decided


def _weights(units: Sequence[str], labels: Any, by_unit: bool) -> Array:
    """Items, or units, weigh alike, and both sides together alike."""
    counts = Counter(units)
    weights = np.array([1 / counts[unit] if by_unit else 1.0 for unit in units])
    for side in (0, 1):
        weights[labels == side] *= len(units) / 2 / max(1e-9, weights[labels == side].sum())
    return weights


def _folds(units: Sequence[str], labels: Any, seed: str) -> Any:
    """The fold of each text; the units of each side are dealt out evenly in random order."""
    of_unit: dict[str, int] = {}
    for side in (0, 1):
        names = dict.fromkeys(u for u, label in zip(units, labels, strict=True) if label == side)
        order = sorted(names, key=lambda unit: digest("fold", seed, unit))
        of_unit |= {unit: place % FOLDS for place, unit in enumerate(order)}
    return np.array([of_unit[unit] for unit in units])


def _interval(
    scores: Array, labels: Any, weights: Array, folds: Any, units: Sequence[str], seed: str
) -> Auc:
    from sklearn.metrics import roc_auc_score

    def mean_auc(weighted: Array) -> float:
        found = []
        for fold in range(FOLDS):
            rows = (folds == fold) & (weighted > 0)
            if len(set(labels[rows])) == 2:
                found.append(
                    roc_auc_score(labels[rows], scores[rows], sample_weight=weighted[rows])
                )
        return float(np.mean(found))

    names = list(dict.fromkeys(units))
    place = {name: number for number, name in enumerate(names)}
    of_text = np.array([place[unit] for unit in units])
    sides = np.array([name.startswith("a:") for name in names])
    generator = np.random.default_rng(seed_of("matched", seed))
    resampled = []
    for _ in range(RESAMPLES):
        counts = np.zeros(len(names))
        for side in (True, False):
            members = np.flatnonzero(sides == side)
            drawn = generator.choice(members, len(members))
            counts += np.bincount(drawn, minlength=len(names))
        resampled.append(mean_auc(weights * counts[of_text]))
    low, high = np.percentile(resampled, [2.5, 97.5])
    return Auc(mean_auc(weights), float(low), float(high), len(names))
