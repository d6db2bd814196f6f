"""Behaviors of the completions before and after training, and the transitions between them.

The rows are those of `clean_bench.behaviors.summary`, labelled with the arm. The transition table names
both checkpoints: its gain is of one and `versus` the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from clean_bench.results import Result, Results
from clean_bench.statistics.estimate import Estimate

ALL_PAIRS = "all pairs"
CELLS = {
    "CC": "code before and after",
    "CL": "code before, language after",
    "LC": "language before, code after",
    "LL": "language before and after",
    ALL_PAIRS: "all",
}
"""The cells of the transition table: C for a completion with the word python, L for any other."""

LEVELS = (
    ("code", None, "with the word python", "share"),
    ("accuracy", "with code", "accuracy with it", "share"),
    ("accuracy", "without code", "accuracy without it", "share"),
    ("boxed", None, "with a boxed answer", "share"),
    ("truncated", None, "cut off at the token limit", "share"),
    ("repeats", None, "that repeat themselves", "share"),
    ("mixed", None, "of mixed scripts", "share"),
    ("tokens", None, "tokens", "number"),
    ("characters", None, "characters", "number"),
    ("probability", None, "mean probability of a token", "share"),
)
"""Measure, subset, label and kind of the printed rows."""


@dataclass(frozen=True)
class Level:
    """One behavior before and after; `kind` is "share" (a fraction) or "number"."""

    label: str
    kind: str
    before: Estimate | None
    after: Estimate | None


@dataclass(frozen=True)
class Transition:
    """One cell: the accuracy of its completions before and after, and its share of the gain."""

    label: str
    before: Estimate | None
    after: Estimate | None
    share: Estimate | None


@dataclass(frozen=True)
class Behaviors:
    """The behaviors of an arm on one set in one way of decoding, named by `protocol`."""

    set: str
    protocol: str
    levels: tuple[Level, ...]
    transitions: tuple[Transition, ...]
    gain: Estimate
    seed: int | None = None


def behaviors_of(model: str, arm: str, results: Results) -> Iterator[Behaviors]:
    """The behaviors of an arm of a model, a set and a protocol at a time."""
    gains = results.where(measure="gain:accuracy", subset=ALL_PAIRS, arm=arm, step=None)
    for gain in gains:
        before = (gain.versus or "").removeprefix("checkpoint=")
        if gain.value is None or not _of_model(model, gain.checkpoint, before):
            continue
        same = results.where(set=gain.set, protocol=gain.protocol, step=None)
        own = Results(
            row for row in same if row.arm in (None, arm) and row.seed in (None, gain.seed)
        )
        old, new = (own.where(checkpoint=name) for name in (before, gain.checkpoint))
        yield Behaviors(
            gain.set,
            gain.protocol,
            tuple(_levels(old, new)),
            tuple(_transitions(old, new)),
            gain.estimate,
            gain.seed,
        )


def _of_model(model: str, *checkpoints: str) -> bool:
    """Whether the names belong to a model; names without one, such as "before", are of any."""
    return all("/" not in name or name.startswith(f"{model}/") for name in checkpoints)


def _levels(old: Results, new: Results) -> Iterator[Level]:
    for measure, subset, label, kind in LEVELS:
        before, after = (_known(part, measure, subset) for part in (old, new))
        if before or after:
            yield Level(label, kind, before, after)


def _transitions(old: Results, new: Results) -> Iterator[Transition]:
    for subset, label in CELLS.items():
        before, after = (_known(part, "accuracy", subset) for part in (old, new))
        share = None if subset == ALL_PAIRS else _known(new, "share_of_gain", subset)
        if before or after:
            yield Transition(label, before, after, share)


def _known(part: Results, measure: str, subset: str | None) -> Estimate | None:
    row: Result | None = part.first(measure=measure, subset=subset)
    return None if row is None or row.value is None else row.estimate
