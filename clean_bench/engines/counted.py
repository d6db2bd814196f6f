"""Call an engine and report each row as it ends, not when the call returns.

An engine that can report has two callbacks (`Reporting`), which are set during one call. Rows that an
engine did not report are reported when it returns them, so every engine counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar, runtime_checkable

from clean_bench.engines.base import Completion, Engine, Request
from clean_bench.engines.token_distributions import DistributionEngine, TokenStatistics

_Number = TypeVar("_Number")


@runtime_checkable
class Reporting(Protocol):
    """An engine that reports rows as they end, in any order.

    `on_completion` gets the place of a request and its completion; `on_logprobs` the place of a text
    and its number of tokens. A row may be reported twice, where a batch had to be repeated.
    """

    on_completion: Callable[[int, Completion], None]
    on_logprobs: Callable[[int, int], None]


class Reports:
    """The callbacks of `Reporting`, which ignore what they get."""

    def __init__(self) -> None:
        self.on_completion: Callable[[int, Completion], None] = _ignore
        self.on_logprobs: Callable[[int, int], None] = _ignore


def _ignore(place: int, row: Any) -> None:
    pass


def counted_completions(
    engine: Engine, requests: Sequence[Request], ended: Callable[[Completion], None]
) -> list[Completion]:
    """The completions of requests, in order.

    Args:
        ended: called once for each completion, as soon as it has ended.
    """
    reported: set[int] = set()

    def report(place: int, completion: Completion) -> None:
        if place not in reported:
            reported.add(place)
            ended(completion)

    completions = []
    with _callback(engine, "on_completion", report):
        for place, completion in enumerate(engine.generate(requests)):
            completions.append(completion)
            report(place, completion)
    return completions


def counted_logprobs(
    engine: Engine,
    prefix_ids: Sequence[Sequence[int]],
    suffix_ids: Sequence[Sequence[int]],
    ended: Callable[[int], None],
) -> list[list[float]]:
    """Log-probabilities of suffixes; see `Engine.logprobs`.

    Args:
        ended: called once for each text that was read, with its number of tokens.
    """
    return _counted_texts(engine, engine.logprobs, prefix_ids, suffix_ids, ended)


def counted_token_statistics(
    engine: DistributionEngine,
    prefix_ids: Sequence[Sequence[int]],
    suffix_ids: Sequence[Sequence[int]],
    ended: Callable[[int], None],
) -> list[list[TokenStatistics]]:
    """Statistics of suffix tokens; see `DistributionEngine.token_statistics`.

    Args:
        ended: called once for each text that was read, with its number of tokens.
    """
    return _counted_texts(engine, engine.token_statistics, prefix_ids, suffix_ids, ended)


def _counted_texts(
    engine: Engine,
    method: Callable[[Sequence[Sequence[int]], Sequence[Sequence[int]]], list[list[_Number]]],
    prefix_ids: Sequence[Sequence[int]],
    suffix_ids: Sequence[Sequence[int]],
    ended: Callable[[int], None],
) -> list[list[_Number]]:
    reported: set[int] = set()

    def report(place: int, tokens: int) -> None:
        if place not in reported:
            reported.add(place)
            ended(tokens)

    with _callback(engine, "on_logprobs", report):
        rows = method(prefix_ids, suffix_ids)
    for place, (prefix, row) in enumerate(zip(prefix_ids, rows, strict=True)):
        report(place, len(prefix) + len(row))
    return rows


@contextmanager
def _callback(engine: Engine, name: str, callback: Callable[[int, Any], None]) -> Iterator[None]:
    if not isinstance(engine, Reporting):
        yield
        return
    setattr(engine, name, callback)
    try:
        yield
    finally:
        setattr(engine, name, _ignore)
