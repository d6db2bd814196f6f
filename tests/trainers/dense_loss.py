"""The policy loss document by document and token by token in plain Python: the oracle of the tests.

It shares nothing with `trainers.loss`: every document has its own list of values, and each formula is
written as its paper writes it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from trainers.loss import LossBatch
from trainers.objectives import Objective


@dataclass
class Document:
    """One completion: values per token, and its advantage."""

    logp: list[float]
    old: list[float]
    advantage: float
    reference: list[float]
    sampler: list[float]
    mismatch: list[float]
    entropy: list[float]


def dense_loss(documents: Sequence[Document], objective: Objective) -> float:
    """The loss of a mini-batch, averaged as `objective.aggregate` tells."""
    terms = [document_terms(document, objective) for document in documents]
    tokens = sum(len(document.logp) for document in documents)
    if objective.aggregate == "token":
        return sum(map(sum, terms)) / tokens
    if objective.aggregate == "sequence":
        return sum(sum(part) / len(part) for part in terms) / len(documents)
    assert objective.constant_length is not None
    return sum(map(sum, terms)) / (len(documents) * objective.constant_length)


def document_terms(document: Document, objective: Objective) -> list[float]:
    """The loss of each token of a document, before any average."""
    count = len(document.logp)
    changes = [p - q for p, q in zip(document.logp, document.old, strict=True)]
    if objective.ratio == "sequence":
        changes = [sum(changes) / count] * count
    drift = sum(s - p for s, p in zip(document.sampler, document.logp, strict=True)) / count
    a = document.advantage
    terms = []
    for t in range(count):
        ratio = math.exp(changes[t])
        clipped = ratio
        if objective.clip_low is not None:
            clipped = max(clipped, 1 - objective.clip_low)
        if objective.clip_high is not None:
            clipped = min(clipped, 1 + objective.clip_high)
        if objective.surrogate == "reinforce":
            value = a * document.logp[t]
        elif objective.surrogate == "cispo":
            value = clipped * a * document.logp[t]
        else:
            value = min(ratio * a, clipped * a)
            if objective.dual_clip is not None and a < 0:
                value = max(value, objective.dual_clip * a)
        value *= document.mismatch[t]
        if objective.mismatch_delta is not None and a < 0 and drift > objective.mismatch_delta:
            value = 0.0
        d = document.logp[t] - document.reference[t]
        divergence = {"k1": d, "abs": abs(d), "k2": d * d / 2, "k3": math.exp(-d) - 1 + d}[
            objective.kl_estimator
        ]
        if objective.kl_ratio_weighted:
            divergence *= ratio
        terms.append(
            -value
            + objective.kl_coefficient * divergence
            - objective.entropy_coefficient * document.entropy[t]
        )
    return terms


def random_documents(
    generator: torch.Generator, lengths: Sequence[int], spread: float = 0.4
) -> list[Document]:
    """Documents of these lengths with log-probabilities that differ by about `spread`."""

    def values(count: int, scale: float) -> torch.Tensor:
        return scale * torch.randn(count, generator=generator, dtype=torch.float64)

    documents = []
    for length in lengths:
        logp = -2 * torch.rand(length, generator=generator, dtype=torch.float64) - 0.05
        documents.append(
            Document(
                logp=logp.tolist(),
                old=(logp + values(length, spread)).tolist(),
                advantage=float(values(1, 1.0)),
                reference=(logp + values(length, spread)).tolist(),
                sampler=(logp + values(length, spread)).tolist(),
                mismatch=(values(length, 0.3).exp()).tolist(),
                entropy=(values(length, 1.0).abs()).tolist(),
            )
        )
    return documents


def token_weights(lengths: Sequence[int], objective: Objective) -> list[float]:
    """The weight of a token of each document of a mini-batch."""
    if objective.aggregate == "token":
        return [1 / sum(lengths)] * len(lengths)
    if objective.aggregate == "sequence":
        return [1 / (len(lengths) * length) for length in lengths]
    assert objective.constant_length is not None
    return [1 / (len(lengths) * objective.constant_length)] * len(lengths)


def flat(documents: Sequence[Document], name: str) -> torch.Tensor:
    """One field of the documents as the flat tensor of a packed row."""
    rows = [getattr(document, name) for document in documents]
    return torch.tensor([value for row in rows for value in row], dtype=torch.float64)


def packed(documents: Sequence[Document], weights: Sequence[float]) -> LossBatch:
    """Documents as one packed row; `weights` has one value per document."""
    lengths = torch.tensor([len(document.logp) for document in documents], dtype=torch.long)
    number = torch.arange(len(documents)).repeat_interleave(lengths)

    def spread(values: Sequence[float]) -> torch.Tensor:
        return torch.tensor(values, dtype=torch.float64)[number]

    return LossBatch(
        old=flat(documents, "old"),
        advantage=spread([document.advantage for document in documents]),
        weight=spread(weights),
        document=number,
        documents=len(documents),
        reference=flat(documents, "reference"),
        mismatch=flat(documents, "mismatch"),
        sampler=flat(documents, "sampler"),
    )
