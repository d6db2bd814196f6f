"""Verdicts for many (gold, response) pairs at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, cast

from clean_bench.errors import UserError
from clean_bench.grading.cache import Table, pair_key
from clean_bench.grading.graders import GRADERS, Grader, named
from clean_bench.grading.worker import client

Kind = Literal["equal", "different", "no answer", "timeout", "crash"]
KINDS: tuple[Kind, ...] = ("equal", "different", "no answer", "timeout", "crash")

UNDECIDED = frozenset({"timeout", "crash"})
"""Kinds of verdict that say nothing of the answer."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one comparison in the worker process may cost.

    `seconds` of wall time, from the moment that a process begins with it, and `memory_mb` of address
    space (2^20 bytes each), both hard. At most four comparisons run at a time, each in a process of
    its own, so that by default all of them together stay under 2 GB.
    """

    seconds: float = 5.0
    memory_mb: int = 384

    def __post_init__(self) -> None:
        if not 0 < self.seconds <= 86_400:
            raise UserError(
                f"a limit of {self.seconds} seconds: it must be positive and at most a day"
            )
        if self.memory_mb < 128:
            raise UserError(f"a limit of {self.memory_mb} MB: a comparison needs 128 MB or more")


def score_of(kind: str) -> float | None:
    """The score of a grade: 1 for equal, None where the grader did not decide, else 0.

    This is the only map from a grade to a number.
    """
    return None if kind in UNDECIDED else float(kind == "equal")


@dataclass(frozen=True, slots=True)
class Grade:
    """The grader's word on one response.

    `extracted` is the answer as it stands in the response, None where there is none. "timeout" and
    "crash" say that the comparison could not be finished; both count as not correct and are to be
    reported apart from "different".
    """

    kind: Kind
    extracted: str | None
    extraction: str | None = None

    @property
    def correct(self) -> bool:
        return self.kind == "equal"


class _Known:
    """What one grader has said in this process. What limits cut short is not kept."""

    def __init__(self) -> None:
        self.pairs: Table[tuple[str, int, int], Grade] = Table()
        self.answers: Table[tuple[str, str | None], Grade] = Table()


_known = {name: _Known() for name in GRADERS}


def grade(
    pairs: Sequence[tuple[str, str]], limits: Limits | None = None, *, grader: str = "clean-bench"
) -> list[Grade]:
    """One verdict per (gold, response), in order.

    Each distinct (gold, answer) is decided once: at once where strings or exact values settle it,
    else in a process with a limit of time and memory. Verdicts are kept for later calls, except
    timeouts and crashes. May be called from any thread or process.

    Args:
        pairs: gold answers, each with the whole response of a model.
        limits: what one comparison may cost.
        grader: `clean-bench`, or for comparison with the literature `math-verify` (the library's word
            on the whole response) or `spurious-rewards` (the rules of that paper's code).

    Raises:
        UserError: if a gold answer is empty, a pair holds anything but text, or no grader has the name.
    """
    rules, pairs = named(grader), list(pairs)
    known = _known[grader]
    try:
        keys = list(map(pair_key, pairs))
    except (TypeError, ValueError):
        raise UserError("each pair must be a gold answer and a response, both text") from None
    found = known.pairs.get_all(keys)
    if all(found):
        return cast(list[Grade], found)
    fresh = [index for index, verdict in enumerate(found) if verdict is None]
    asked = _read(rules, pairs, fresh)
    verdicts = _decide(rules, known, dict.fromkeys(asked), limits or Limits())
    for index, question in zip(fresh, asked, strict=True):
        verdict = found[index] = verdicts[question]
        if verdict.kind not in UNDECIDED:
            known.pairs.put(keys[index], verdict, len(question[0]) + len(verdict.extracted or ""))
    return cast(list[Grade], found)


def _read(
    rules: Grader, pairs: Sequence[tuple[str, str]], indices: Sequence[int]
) -> list[tuple[str, str | None]]:
    """What is to be compared with each gold answer: the answer, or the whole response."""
    asked = []
    for index in indices:
        gold, response = pairs[index]
        if not isinstance(gold, str) or not isinstance(response, str):
            raise UserError(f"pair {index + 1}: gold and response must be text")
        if not gold.strip():
            raise UserError(f"pair {index + 1}: the gold answer is empty")
        asked.append((gold, rules.read(gold, response) if rules.read else response))
    return asked


def _decide(
    rules: Grader, known: _Known, questions: dict[tuple[str, str | None], None], limits: Limits
) -> dict[tuple[str, str | None], Grade]:
    """A verdict for each distinct (gold, answer)."""
    verdicts: dict[tuple[str, str | None], Grade] = {}
    hard: list[client.Question] = []
    for gold, answer in questions:
        earlier = known.answers.get((gold, answer))
        if earlier is not None:
            verdicts[gold, answer] = earlier
        elif answer is None:
            verdicts[gold, None] = Grade("no answer", None)
        elif (settled := _settled(rules, gold, answer)) is None:
            hard.append(client.Question(rules.name, gold, answer))
        else:
            verdict = verdicts[gold, answer] = Grade("equal" if settled else "different", answer)
            known.answers.put((gold, answer), verdict, len(gold) + len(answer))
    if hard:
        replies = client.compare(hard, limits.seconds, limits.memory_mb)
        for (_, gold, answer), reply in zip(hard, replies, strict=True):
            extracted = answer if rules.read else reply.extracted
            verdict = verdicts[gold, answer] = Grade(cast(Kind, reply.kind), extracted)
            if rules.read and verdict.kind not in UNDECIDED:
                known.answers.put((gold, answer), verdict, len(gold) + len(answer))
    return verdicts


def _settled(rules: Grader, gold: str, answer: str) -> bool | None:
    """What the grader says at once. A fault in it is the worker's to meet, as a crash of one pair."""
    try:
        return rules.settle(gold, answer)
    except Exception:
        return None
