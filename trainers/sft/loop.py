"""Optimizer steps of supervised training on documents: the loop that fine-tuning and planting share.

The loss is the mean negative log-likelihood of the completions' tokens over the batch. A killed run
continues from its last saved state, bit for bit on a CPU.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from math import isfinite

import pyarrow as pa

from clean_bench.artifacts import Artifact
from clean_bench.errors import UserError
from trainers.batching import Document, pack
from trainers.optimizers import Optimizer, optimizer_of
from trainers.policy import Policy
from trainers.policy_settings import PolicySettings
from trainers.schedules import scheduled_rate
from trainers.state import SaveTimer, State, load_state, save_state

METRICS, SECONDS = "metrics", "seconds"
UpdateCallback = Callable[[int, Mapping[str, float]], None]


def train_on_documents(
    artifact: Artifact,
    policy: Policy,
    config: PolicySettings,
    updates: int,
    documents_of: Callable[[int], Sequence[Document]],
    checkpoint_seconds: float,
    progress: UpdateCallback,
) -> None:
    """All updates that are left, and the tables `metrics` and `seconds`.

    Args:
        updates: optimizer steps.
        documents_of: the batch of an update, from 0.
        checkpoint_seconds: seconds between two saved states.
        progress: called after each update with the number of completed updates and its metrics.

    Raises:
        UserError: for a training that diverged.
    """
    optimizer = optimizer_of(policy, config)
    state = load_state(artifact, optimizer)
    begin = int(state.record["update"]) if state else 0
    rows = list(state.record["rows"]) if state else []
    timer = SaveTimer(checkpoint_seconds)
    for update in range(begin, updates):
        started = time.perf_counter()
        row = _update(policy, optimizer, documents_of(update), config, update, updates)
        rows.append({"update": update, **row, "seconds": time.perf_counter() - started})
        if timer.due() and update + 1 < updates:
            save_state(artifact, optimizer, State({"update": update + 1, "rows": rows}))
            timer.saved()
        progress(update + 1, row)
    names = [name for name in rows[0] if name != "seconds"]
    metrics = [{name: row[name] for name in names} for row in rows]
    artifact.write(f"{METRICS}/00000", pa.Table.from_pylist(metrics))
    seconds = [{name: row[name] for name in ("update", "seconds")} for row in rows]
    artifact.write(f"{SECONDS}/00000", pa.Table.from_pylist(seconds))


def _update(
    policy: Policy,
    optimizer: Optimizer,
    documents: Sequence[Document],
    config: PolicySettings,
    update: int,
    updates: int,
) -> dict[str, float]:
    """One optimizer step; the loss is averaged over the completions' tokens of the batch."""
    tokens = sum(len(document.completion) for document in documents)
    rows = pack(documents, config.token_budget, policy.device)
    rate = scheduled_rate(config, update, updates)
    optimizer.set_rate(rate)
    norm = None
    while norm is None:  # repeated where a scaled gradient overflowed float16
        optimizer.zero_grad()
        loss = 0.0
        for row in rows:
            logp, _ = policy.logprobs(row, chunk=config.head_chunk)
            part = -logp.sum() / tokens
            optimizer.scaled(part).backward()  # type: ignore[no-untyped-call]
            loss += float(part.detach())
        norm = optimizer.step(config.max_grad_norm)
    if not (isfinite(loss) and isfinite(norm)):
        raise UserError(
            f"update {update + 1}: expected a finite loss and gradient, got {loss} and {norm}: training "
            "diverged; train with a smaller learning_rate into another folder"
        )
    return {"loss": loss, "grad_norm": norm, "learning_rate": rate, "tokens": float(tokens)}
