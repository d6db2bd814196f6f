"""Run requests again, and compare the completions with the stored ones token by token.

Equal tokens are proof. The rest of a batch changes a completion by rounding, so a difference is looked
into. With `transformers` the stored tokens are replayed (`clean_bench.engines.replay`): each has to be
the sampler's choice up to rounding. Elsewhere as many completions may differ as differ between two batch
sizes on this machine. The stored log-probabilities have to be the checkpoint's in either case.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np

from clean_bench.artifacts import Failure
from clean_bench.engines import special_tokens
from clean_bench.engines.base import Completion, Engine
from clean_bench.engines.outputs import stop_end
from clean_bench.experiments.regenerate.agreement import Agreement, Tolerance, differs, tolerance
from clean_bench.samples import Sample, SampleRequest, generate_completions, storable

GREEDY_ONLY = "sampled completions not regenerated: the engines have different random numbers"


@dataclass(frozen=True, slots=True)
class Stored:
    """A stored completion, where it is, and the request that the artifact states for it."""

    where: str
    request: SampleRequest
    sample: Sample


@dataclass(frozen=True, slots=True)
class _Difference:
    """`place` is the first token that differs; `logprob` as in `Agreement`, None if not known."""

    row: Stored
    place: int
    explained: bool | None
    logprob: float | None
    what: str


def compare(
    engine: Engine, rows: Sequence[Stored], made_by: Mapping[str, Any], *, part: str, what: str
) -> Agreement:
    """Regenerate the rows in one call of the engine.

    Args:
        made_by: the description of the engine that made them.
        part, what: as in `Agreement`.
    """
    now = engine.describe()
    allowed, notes = tolerance(made_by, now), [differs(made_by, now)]
    same_sampler = made_by.get("engine") == now.get("engine")
    if not same_sampler:
        sampled = len(rows)
        rows = [row for row in rows if row.request.request.temperature == 0]
        notes.append(GREEDY_ONLY if len(rows) < sampled else "")
    completions = generate_completions(engine, [row.request for row in rows])
    pairs = list(zip(rows, completions, strict=True))
    failures = [failure for row, completion in pairs for failure in _wrong_texts(row, completion)]
    equal = [(row, c) for row, c in pairs if list(row.sample.token_ids) == c.token_ids]
    gaps = {row.where: _gap(row.sample.logprobs, c.logprobs) for row, c in equal}
    differing = [
        _difference(engine, row, completion, allowed)
        for row, completion in pairs
        if list(row.sample.token_ids) != completion.token_ids
    ]
    flips = _flips(engine, rows, completions) if differing else None
    unexplained = [difference for difference in differing if difference.explained is not True]
    refuted = [difference for difference in differing if difference.explained is False]
    # Twice the standard deviation of a count above the flips that were measured.
    most = 0 if refuted or not flips else int(flips + 2 * sqrt(flips))
    if len(unexplained) > most:
        failures += [Failure(difference.row.where, difference.what) for difference in unexplained]
    gaps |= {d.row.where: d.logprob for d in differing if d.logprob is not None}
    failures += [
        Failure(where, f"has log-probabilities that differ by {gap:.2g} nats per token")
        for where, gap in gaps.items()
        if not gap <= allowed.logprob
    ]
    return Agreement(
        part,
        what,
        len(rows),
        len(equal),
        len(differing) - len(unexplained),
        flips,
        max(gaps.values(), default=None),
        "; ".join(filter(None, notes)),
        tuple(failures),
    )


def _wrong_texts(row: Stored, completion: Completion) -> list[Failure]:
    """Differences of the prompt, and of the text of equal tokens."""
    sample = row.sample
    if sample.prompt != row.request.prompt or list(sample.prompt_ids) != completion.prompt_ids:
        return [
            Failure(row.where, "has another prompt than its problem, template and tokenizer give")
        ]
    if list(sample.token_ids) != completion.token_ids:
        return []
    if sample.response != storable(row.request.force_start + completion.text):
        return [Failure(row.where, "has a response that is not the text of its tokens")]
    if sample.finish != completion.finish:
        return [Failure(row.where, f"ended by {completion.finish!r}, stored as {sample.finish!r}")]
    return []


def _difference(
    engine: Engine, row: Stored, completion: Completion, allowed: Tolerance
) -> _Difference:
    """The first difference of a completion, and whether rounding explains the stored tokens."""
    stored, again = list(row.sample.token_ids), completion.token_ids
    place = next(
        (i for i, (a, b) in enumerate(zip(stored, again, strict=False)) if a != b),
        min(len(stored), len(again)),
    )
    what = f"is not the checkpoint's: the first difference is at token {place}"
    if place in (len(stored), len(again)):
        ends = "ends" if place == len(stored) else "goes on"
        return _Difference(row, place, False, None, f"{what}, where only the stored one {ends}")
    greedy = row.request.request.temperature == 0
    limit, unit = (allowed.nats, "nats") if greedy else (allowed.mass, "of probability")
    replayed = _replayed(engine, row)
    if isinstance(replayed, str):
        return _Difference(row, place, False, None, f"{what}; {replayed}")
    if replayed is None:
        return _Difference(row, place, None, _teacher_forced(engine, row), what)
    gap = _gap(row.sample.logprobs, replayed.logprobs)
    far = next((i for i, value in enumerate(replayed.departures) if value > limit), None)
    if far is not None:
        what += (
            f"; its token {far} is {replayed.departures[far]:.2g} {unit} from the sampler's choice, "
            f"expected at most {limit:g}"
        )
    ending = _wrong_end(engine, row)
    explained = far is None and not ending
    return _Difference(row, place, explained, gap, f"{what}; {ending}" if ending else what)


def _replayed(engine: Engine, row: Stored) -> Any:
    """The replay; None where the engine offers none, a text where the tokens cannot be replayed."""
    from clean_bench.engines.replay import replay
    from clean_bench.engines.transformers_engine import TransformersEngine

    if not isinstance(engine, TransformersEngine):
        return None
    try:
        return replay(engine, row.request.request, row.sample.prompt_ids, row.sample.token_ids)
    except ValueError as error:
        return f"its tokens cannot be replayed: {error}"


def _teacher_forced(engine: Engine, row: Stored) -> float | None:
    """The mean difference of log-probability, where the distribution is the unrestricted one."""
    request = row.request.request
    whole = request.temperature == 1 and request.top_p >= 1 and not request.top_k
    if not (whole or request.temperature == 0):
        return None
    [again] = engine.logprobs([list(row.sample.prompt_ids)], [list(row.sample.token_ids)])
    return _gap(row.sample.logprobs, again)


def _wrong_end(engine: Any, row: Stored) -> str:
    """How the end of the stored completion contradicts its tokens; empty if it does not.

    Called for an engine with `ends`, the ids of its end tokens.
    """
    sample, request = row.sample, row.request.request
    tokens = [int(token) for token in sample.token_ids]
    [text] = special_tokens.decode(engine.tokenizer, [tokens], engine.ends)
    cut = stop_end(text, request.stop)
    text = text if cut is None else text[:cut]
    if sample.response != storable(row.request.force_start + text):
        return "its response is not the text of its tokens"
    limit = min(request.max_tokens, engine.context_length - len(sample.prompt_ids))
    stopped = cut is not None or (bool(tokens) and tokens[-1] in engine.ends)
    if sample.finish != ("stop" if stopped else "length") or not (stopped or len(tokens) == limit):
        return f"it ended by {sample.finish!r}, which its tokens do not show"
    return ""


def _flips(engine: Engine, rows: Sequence[Stored], first: Sequence[Completion]) -> int:
    """How many completions differ when they are decoded in two batches of other sizes."""
    again: dict[int, Completion] = {}
    for half in (range(0, len(rows), 2), range(1, len(rows), 2)):
        requests = [row.request for row in (rows[i] for i in half)]
        again |= zip(half, generate_completions(engine, requests), strict=True)
    return sum(again[i].token_ids != completion.token_ids for i, completion in enumerate(first))


def _gap(stored: Sequence[float], again: Sequence[float]) -> float:
    """Mean difference per token; infinite where there is not one log-probability for each.

    A token that top-k or top-p leaves out has none: its distance from the sampler's choice decides.
    """
    if len(stored) != len(again):
        return float("inf")
    before, after = np.asarray(stored, np.float64), np.asarray(again, np.float64)
    known = after > -np.inf
    return float(np.abs(before[known] - after[known]).mean()) if known.any() else 0.0
