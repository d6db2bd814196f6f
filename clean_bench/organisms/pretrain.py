"""Train a control model on weighted documents.

Muon optimizes the matrices and AdamW the rest. It learned two-digit addition in a third of the steps
of AdamW alone. Where no rate for matrices is given, AdamW optimizes all tensors: Muon's bfloat16
products take longer than the gradient on a CPU without bfloat16 instructions.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from clean_bench.artifacts import Artifact
from clean_bench.seeds import seed_of
from trainers.optimizers import Slots
from trainers.state import State, load_state, save_state


@dataclass(frozen=True)
class Document:
    """A text in pieces, each with a loss weight for its tokens.

    A piece must start at a word boundary of the tokenizer, so that the pieces have the same tokens as
    the whole text.
    """

    pieces: tuple[tuple[str, float], ...]

    @property
    def text(self) -> str:
        return "".join(piece for piece, _ in self.pieces)


@dataclass(frozen=True)
class Schedule:
    """Peak learning rates of both optimizers, documents per step, and learning-rate schedule.

    Linear warmup over `warmup` steps, then cosine decay to `floor` times the peak.

    Attributes:
        matrices: peak rate of Muon; None where AdamW optimizes all tensors.
        window: steps whose documents are sorted by length, so that those of a step are of similar
            length; 1 leaves the documents of each step as they come.
        most_tokens: maximum number of tokens of one forward pass, padding included; the documents of a
            step are split by length into so many passes. None for one pass.
        merge_copies: compute the loss of equal documents of a step once and multiply it by their
            number. The gradient is the same up to rounding.
    """

    matrices: float | None = 0.02
    others: float = 3e-3
    batch: int = 64
    warmup: int = 50
    floor: float = 0.03
    seed: int = 0
    window: int = 20
    most_tokens: int | None = None
    merge_copies: bool = False


def pretrain(
    model: Any,
    tokenizer: Any,
    documents: Sequence[Document],
    schedule: Schedule,
    artifact: Artifact,
    *,
    first: int = 0,
    save_every: int = 100,
    progress: Callable[[int, float], None] = lambda step, loss: None,
) -> int:
    """Train in place, in the order of the documents; resumes from the artifact's saved state.

    Args:
        first: number of steps of earlier calls on this artifact.
        progress: called with the number of completed steps and the loss.

    Returns:
        the number of steps of this call and the earlier ones.
    """
    order = batches([len(document.text) for document in documents], schedule)
    optimizers, rates = _optimizers(model, schedule)
    trained = Slots.of(model.named_parameters(), optimizers)
    saved = load_state(artifact, trained)
    done = 0 if saved is None else saved.record["step"]
    if done >= first + len(order):
        return first + len(order)
    model.train()
    for number in range(max(done - first, 0), len(order)):
        factor = rate_factor(number, len(order), schedule)
        for optimizer, rate in zip(optimizers, rates, strict=True):
            for group in optimizer.param_groups:
                group["lr"] = rate * factor
        for optimizer in optimizers:
            optimizer.zero_grad(set_to_none=True)
        loss = _backward(model, _passes(tokenizer, [documents[i] for i in order[number]], schedule))
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimizer in optimizers:
            optimizer.step()
        step = first + number + 1
        progress(step, loss)
        if (number + 1) % save_every == 0 or number + 1 == len(order):
            save_state(artifact, trained, State({"step": step}))
    return first + len(order)


def rate_factor(step: int, steps: int, schedule: Schedule) -> float:
    """The learning rate at a step, as a fraction of its peak."""
    rise = min(1.0, (step + 1) / schedule.warmup)
    fall = 0.5 * (1 + math.cos(math.pi * step / steps))
    return rise * (schedule.floor + (1 - schedule.floor) * fall)


def batches(lengths: Sequence[int], schedule: Schedule) -> list[list[int]]:
    """Document indices of each step: of similar length within a step, in order across windows."""
    steps: list[list[int]] = []
    span = schedule.batch * schedule.window
    for begin in range(0, len(lengths), span):
        inside = sorted(
            range(begin, min(begin + span, len(lengths))), key=lambda i: (lengths[i], i)
        )
        part = [inside[k : k + schedule.batch] for k in range(0, len(inside), schedule.batch)]
        random.Random(seed_of("window", schedule.seed, begin)).shuffle(part)
        steps += part
    return steps


def _optimizers(model: Any, schedule: Schedule) -> tuple[list[torch.optim.Optimizer], list[float]]:
    if schedule.matrices is None:
        adamw = torch.optim.AdamW(
            model.parameters(), lr=schedule.others, betas=(0.9, 0.95), weight_decay=0.0, fused=True
        )
        return [adamw], [schedule.others]
    matrices = [p for n, p in model.named_parameters() if p.ndim == 2 and "embed" not in n]
    matrix_ids = {id(parameter) for parameter in matrices}
    others = [p for p in model.parameters() if id(p) not in matrix_ids]
    return [
        torch.optim.Muon(matrices, lr=schedule.matrices, momentum=0.95, weight_decay=0.01),
        torch.optim.AdamW(others, lr=schedule.others, betas=(0.9, 0.95), weight_decay=0.0),
    ], [schedule.matrices, schedule.others]


def _passes(
    tokenizer: Any, documents: Sequence[Document], schedule: Schedule
) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Token ids and loss weights of each forward pass of a step, (documents, tokens)."""
    counts = Counter(documents) if schedule.merge_copies else None
    rows = _rows(tokenizer, documents if counts is None else list(counts))
    if counts is not None:
        for (_, weights), count in zip(rows, counts.values(), strict=True):
            weights[:] = [count * weight for weight in weights]
    if schedule.most_tokens is None:
        return [_padded(tokenizer, rows)]
    rows.sort(key=lambda row: len(row[0]))
    passes: list[list[tuple[list[int], list[float]]]] = [[]]
    for row in rows:
        if passes[-1] and (len(passes[-1]) + 1) * len(row[0]) > schedule.most_tokens:
            passes.append([])
        passes[-1].append(row)
    return [_padded(tokenizer, part) for part in passes]


def _rows(tokenizer: Any, documents: Sequence[Document]) -> list[tuple[list[int], list[float]]]:
    """Token ids and loss weights of each document, with the begin and end tokens."""
    pieces = [piece for document in documents for piece, _ in document.pieces]
    encoded = iter(tokenizer(pieces, add_special_tokens=False)["input_ids"])
    rows = []
    for document in documents:
        ids, weights = [tokenizer.bos_token_id], [0.0]
        for _, weight in document.pieces:
            part = next(encoded)
            ids += part
            weights += [weight] * len(part)
        rows.append(([*ids, tokenizer.eos_token_id], [*weights, weights[-1]]))
    return rows


def _padded(
    tokenizer: Any, rows: Sequence[tuple[list[int], list[float]]]
) -> tuple[torch.Tensor, torch.Tensor]:
    """Rows as tensors, padded on the right with the loss weight 0."""
    length = max(len(ids) for ids, _ in rows)
    tokens = torch.full((len(rows), length), tokenizer.pad_token_id)
    loss_weights = torch.zeros(len(rows), length)
    for row, (ids, weights) in enumerate(rows):
        tokens[row, : len(ids)] = torch.tensor(ids)
        loss_weights[row, : len(ids)] = torch.tensor(weights)
    return tokens, loss_weights


def _backward(model: Any, passes: Sequence[tuple[torch.Tensor, torch.Tensor]]) -> float:
    """Add the gradient of the weighted mean of the next-token cross entropy; returns that mean."""
    total = torch.stack([weights[:, 1:].flatten().sum() for _, weights in passes]).sum()
    mean = 0.0
    for tokens, weights in passes:
        logits = model(input_ids=tokens, use_cache=False).logits[:, :-1]
        losses = torch.nn.functional.cross_entropy(
            logits.flatten(0, 1), tokens[:, 1:].flatten(), reduction="none"
        )
        loss = (losses * weights[:, 1:].flatten()).sum() / total
        loss.backward()  # type: ignore[no-untyped-call]
        mean += float(loss.detach())
    return mean
