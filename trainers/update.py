"""The optimizer steps on one rollout batch.

    batch = prepare(policy, rollouts, config, recompute=False)
    for record in run_updates(policy, optimizer, batch, config):
        ...

`config.minibatches` steps per epoch, each on consecutive rollouts in sampling order. Old
log-probabilities are those that the sampler recorded, or those of the learner before its first
step. In the first update the policy is the old one: its own log-probabilities are then the old ones, and
no extra pass is needed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from statistics import fmean

import torch

from trainers.batching import Document, PackedRow, gather, pack, spread
from trainers.config import TrainConfig
from trainers.failures import require_finite
from trainers.host_memory import release_free_memory
from trainers.loss import LossBatch, policy_loss, token_statistics
from trainers.minibatches import MiniBatch, divide
from trainers.mismatch import DIFFERENCE_STATISTICS, mismatch_statistics, mismatch_weights
from trainers.objectives import Objective
from trainers.optimizers import Optimizer
from trainers.policy import Policy
from trainers.rollouts import Rollouts
from trainers.schedules import scheduled_rate

Record = dict[str, float | None]
OldLogprobs = dict[int, torch.Tensor]
STATISTICS: Mapping[str, str] = {
    "ratio": "ratio",
    "clip_low": "clip_fraction_low",
    "clip_high": "clip_fraction_high",
    "outside_low": "outside_fraction_low",
    "outside_high": "outside_fraction_high",
    "dual": "dual_fraction",
    "kl_k3": "kl",
    "probability": "token_probability",
    "entropy": "entropy",
    "kl_reference": "kl_reference",
    "mismatch": "mismatch_weight",
    "delta_masked": "delta_masked",
}
"""The metric of each statistic of `trainers.loss.token_statistics`, an average over tokens."""
AFTER_SHARE, AFTER_TOKENS = 0.25, 512
"""The clip fractions after an optimizer step are measured on the first rollouts of its mini-batch, up to
this share of its tokens and this number of tokens, and on one rollout at least."""
ALWAYS = tuple(
    name for name in STATISTICS if name not in ("kl_reference", "mismatch", "delta_masked")
)
"""Statistics of every objective."""
_SHARE, _POSITIVE = (0.0, 1.0), (0.0, inf)
OF_SAMPLING = frozenset({"sampled_batches", "sampled_tokens"})
"""Metrics of what sampling the rollouts of a step took."""
SAMPLING_METRICS = {f"sampling_{name}": bounds for name, bounds in DIFFERENCE_STATISTICS.items()}
UPDATE_METRICS: Mapping[str, tuple[float, float]] = {
    **{name: _SHARE for name in STATISTICS.values() if "fraction" in name or "masked" in name},
    **dict.fromkeys(("clip_fraction_low_after", "clip_fraction_high_after"), _SHARE),
    "token_probability": _SHARE,
    **dict.fromkeys(("ratio", "kl", "entropy", "mismatch_weight", "grad_norm"), _POSITIVE),
    **dict.fromkeys(("learning_rate", "skipped", "trained_tokens"), _POSITIVE),
    **dict.fromkeys(OF_SAMPLING, _POSITIVE),
    **dict.fromkeys(("loss", "kl_reference"), (-inf, inf)),
    **SAMPLING_METRICS,
}
"""The least and the greatest value of each metric that the rollouts alone do not give."""


@dataclass
class UpdateBatch:
    """A rollout batch that is ready for its updates.

    `old` maps the place of a rollout to the old log-probabilities of its completion, (tokens,) in
    float32 on the CPU. Where the learner gives them (`recompute`), those of the first mini-batch are
    entered by the first update.
    """

    minibatches: Sequence[MiniBatch]
    objective: Objective
    recompute: bool
    old: OldLogprobs


def recomputes(config: TrainConfig, same_arithmetic: bool) -> bool:
    """Whether the learner recomputes the old log-probabilities.

    Args:
        same_arithmetic: whether sampler and learner agree up to rounding in float32.
    """
    if config.old_logprobs == "auto":
        return not same_arithmetic or config.corrects_mismatch
    return config.old_logprobs == "recomputed"


def prepare(
    policy: Policy,
    rollouts: Rollouts,
    config: TrainConfig,
    *,
    recompute: bool,
    old: OldLogprobs | None = None,
    begun: Callable[[str], None] = lambda text: None,
) -> UpdateBatch:
    """Divide a rollout batch, and compute the old log-probabilities where the learner gives them.

    Args:
        old: those of an interrupted step, which its weights no longer give.
        begun: called with a text as each mini-batch begins.
    """
    objective = Objective.of(config)
    minibatches = divide(rollouts, config, objective, policy.device)
    batch = UpdateBatch(minibatches, objective, recompute, dict(old or {}))
    if not recompute:
        for minibatch in minibatches:
            for place, logps in zip(minibatch.rollouts, minibatch.sampler, strict=True):
                batch.old[place] = torch.tensor(logps, dtype=torch.float32)
    elif old is None:
        for number, minibatch in enumerate(minibatches[1:], 2):
            begun(f"old log-probabilities {number}/{config.minibatches}")
            for row in minibatch.rows:
                with torch.no_grad():
                    logp, _ = _logprobs(policy, row, config)
                batch.old |= _by_rollout(logp, row, minibatch)
    return batch


def run_updates(
    policy: Policy,
    optimizer: Optimizer,
    batch: UpdateBatch,
    config: TrainConfig,
    *,
    step: int,
    first: int = 0,
    begun: Callable[[str], None] = lambda text: None,
) -> Iterator[Record]:
    """Make the optimizer steps; yields the statistics of each as soon as it is made.

    Averages are over the completion tokens that are trained on; None where there are none. The first
    update also measures the sampler's log-probabilities (`sampling_...`), the last one the clip
    fractions that its own step leaves (`..._after`, on a part of its rollouts: `AFTER_SHARE`).

    Args:
        step: the training step, from 0: the learning rate depends on it.
        first: number of updates of this step that were made before an interruption.

    Raises:
        UserError: if the loss or the gradient is not finite.
    """
    count = config.updates_per_step
    for update in range(first, count):
        begun(f"update {update + 1}/{count}")
        epoch, number = divmod(update, config.minibatches)
        rate = scheduled_rate(config, step * count + update, config.steps * count)
        optimizer.set_rate(rate)
        minibatch = batch.minibatches[number]
        record: Record = {"epoch": epoch, "minibatch": number, "learning_rate": rate}
        record |= _update(policy, optimizer, batch, minibatch, config, step, update)
        if update + 1 == count:
            record |= _fractions_after(policy, batch, minibatch, config)
        yield record


def step_statistics(records: Sequence[Record]) -> Record:
    """The statistics of a step: means over its updates, of those that have a value."""
    names = dict.fromkeys(name for record in records for name in record)
    statistics: Record = {}
    for name in names:
        if name in ("epoch", "minibatch"):
            continue
        values = [value for record in records if (value := record.get(name)) is not None]
        statistics[name] = fmean(values) if values else None
    return statistics


def _update(
    policy: Policy,
    optimizer: Optimizer,
    batch: UpdateBatch,
    minibatch: MiniBatch,
    config: TrainConfig,
    step: int,
    update: int,
) -> Record:
    """One optimizer step on a mini-batch."""
    where = f"step {step}, update {update + 1}"
    current: OldLogprobs = {}
    norm = None
    while norm is None:
        # Repeated where the scaled gradient overflowed float16: the scale was then lowered.
        optimizer.zero_grad()
        # Summed on the device, in float64: reading a number per row and statistic would wait for the
        # GPU each time.
        totals = dict[str, torch.Tensor]()
        for row in minibatch.rows:
            if policy.device.type == "cpu":
                release_free_memory()
            logp, entropy = _logprobs(policy, row, config)
            if update == 0:
                of_row = _by_rollout(logp, row, minibatch)
                current |= of_row
                # The policy is still the one that the old log-probabilities belong to.
                for place, logps in of_row.items():
                    batch.old.setdefault(place, logps)
            parts = policy_loss(
                logp, entropy, _loss_batch(policy, batch, minibatch, row, config), batch.objective
            )
            optimizer.scaled(parts.loss).backward()  # type: ignore[no-untyped-call]
            for name, value in {"loss": parts.loss.detach(), **parts.statistics}.items():
                totals[name] = totals[name] + value.double() if name in totals else value.double()
        sums = {name: float(total) for name, total in totals.items()}
        loss = sums.pop("loss", 0.0)
        require_finite(where, config, loss=loss)
        norm = optimizer.step(config.max_grad_norm)
    require_finite(where, config, gradient=norm)
    record: Record = {"loss": loss, "grad_norm": norm, "skipped": float(minibatch.skipped)}
    record |= _averages(sums)
    if update == 0:
        record |= _sampler_difference(batch, batch.old if batch.recompute else current)
    return record


def _averages(totals: Mapping[str, float]) -> Record:
    """Sums over tokens as averages, under the names of the metrics; None without a token."""
    tokens = totals.get("tokens", 0.0)
    averages: Record = {
        name: totals[statistic] / tokens if tokens else None
        for statistic, name in STATISTICS.items()
        if statistic in totals or statistic in ALWAYS
    }
    return averages | {"trained_tokens": tokens}


def _logprobs(
    policy: Policy, row: PackedRow, config: TrainConfig
) -> tuple[torch.Tensor, torch.Tensor]:
    return policy.logprobs(row, temperature=config.temperature, chunk=config.head_chunk)


def _by_rollout(logp: torch.Tensor, row: PackedRow, minibatch: MiniBatch) -> OldLogprobs:
    """The log-probabilities of a row, by the place of their rollout in the rollout batch."""
    lengths = torch.bincount(row.document, minlength=len(row.places)).tolist()
    parts = torch.split(logp.detach().float().cpu(), lengths)
    return {minibatch.rollouts[place]: part for place, part in zip(row.places, parts, strict=True)}


def _loss_batch(
    policy: Policy,
    batch: UpdateBatch,
    minibatch: MiniBatch,
    row: PackedRow,
    config: TrainConfig,
) -> LossBatch:
    """What the loss of a row needs beside the current log-probabilities."""
    objective, documents = batch.objective, len(row.places)
    old = torch.cat([batch.old[minibatch.rollouts[place]] for place in row.places])
    old = old.to(policy.device)
    mismatch = reference = sampler = None
    if objective.needs_sampler:
        sampler = gather(row, minibatch.sampler)
        mismatch = mismatch_weights(old, sampler, row.document, documents, objective)
    if objective.needs_reference:
        with torch.no_grad(), policy.reference():
            reference, _ = _logprobs(policy, row, config)
    return LossBatch(
        old=old,
        advantage=spread(row, minibatch.advantages),
        weight=spread(row, minibatch.weights),
        document=row.document,
        documents=documents,
        reference=reference,
        mismatch=mismatch,
        sampler=sampler,
    )


def _sampler_difference(batch: UpdateBatch, learner: OldLogprobs) -> Record:
    """Statistics of the learner's log-probabilities minus the sampler's, before the first update."""
    sampler = {
        place: logps
        for minibatch in batch.minibatches
        for place, logps in zip(minibatch.rollouts, minibatch.sampler, strict=True)
    }
    places = sorted(learner)
    if not places:
        return dict.fromkeys(SAMPLING_METRICS)
    parts = [learner[place] - torch.tensor(sampler[place]) for place in places]
    document = torch.cat([torch.full((len(part),), i) for i, part in enumerate(parts)])
    return {
        f"sampling_{name}": value
        for name, value in mismatch_statistics(torch.cat(parts), document).items()
    }


def _fractions_after(
    policy: Policy, batch: UpdateBatch, minibatch: MiniBatch, config: TrainConfig
) -> Record:
    """Clip fractions of a mini-batch after its own optimizer step, which may leave the clip range.

    The clip acts before the step; momentum can carry the ratio further (2601.05002).
    """
    names = [f"clip_fraction_{side}" for side in ("low", "high")]
    objective = batch.objective
    clips = objective.surrogate != "reinforce" and (objective.clip_low or objective.clip_high)
    if not (minibatch.rows and clips):
        return {f"{name}_after": None for name in names}
    # A forward pass of the whole mini-batch would cost a third of the update again.
    tokens = sum(row.ids.numel() for row in minibatch.rows)
    first = _first_documents(minibatch.documents, min(AFTER_TOKENS, int(AFTER_SHARE * tokens)))
    [row] = pack(first, sum(map(len, first)), policy.device, share_prompts=True)
    with torch.no_grad():
        logp, entropy = _logprobs(policy, row, config)
        loss_batch = _loss_batch(policy, batch, minibatch, row, config)
    statistics = token_statistics(logp, entropy, loss_batch, objective)
    after = _averages({name: float(value) for name, value in statistics.items()})
    return {f"{name}_after": after[name] for name in names}


def _first_documents(documents: Sequence[Document], budget: int) -> Sequence[Document]:
    """The first documents, up to `budget` tokens where each shared prompt counts once; one at least."""
    used, before = 0, None
    for count, document in enumerate(documents):
        prompt = tuple(document.prompt)
        used += len(document.completion) + (0 if prompt == before else len(prompt))
        if count and used > budget:
            return documents[:count]
        before = prompt
    return documents
