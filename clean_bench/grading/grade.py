"""Grade many (gold, response) pairs at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

from clean_bench.errors import UserError
from clean_bench.grading.cache import Table, pair_key
from clean_bench.grading.extraction import Extraction, Tier, tier_of
from clean_bench.grading.gold import gold_text, read_gold, unreadable_gold
from clean_bench.grading.graders import Grader, named, with_tolerance
from clean_bench.grading.worker import client

GradeKind = Literal["equal", "different", "no answer", "timeout", "crash"]
KINDS: tuple[GradeKind, ...] = ("equal", "different", "no answer", "timeout", "crash")

UNDECIDED = frozenset({"timeout", "crash"})
"""Kinds of grade where the comparison was not finished."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Hard limits of one comparison in the worker.

    `seconds` of wall time from the moment the comparison begins, and `memory_mb` of address space
    (2^20 bytes each). At most four comparisons run at a time, each in its own process: with the
    default limits, all of them together stay under 2 GB.
    """

    seconds: float = 5.0
    memory_mb: int = 384

    def __post_init__(self) -> None:
        if not 0 < self.seconds <= 86_400:
            raise UserError(
                f"a limit of {self.seconds} seconds: expected a positive number up to 86,400 (a day)"
            )
        if self.memory_mb < 128:
            raise UserError(f"a limit of {self.memory_mb} MB: expected 128 MB or more")


@dataclass(frozen=True, slots=True)
class Grade:
    """The grader's result for one response.

    `extracted` is the answer as it stands in the response, None if there is none. `extraction` names
    the rule that located it: one of `clean_bench.grading.extraction.tiers.TIERS`, or the grader's name
    where the grader has its own extraction ("math-verify", "spurious-rewards"). "timeout" and "crash"
    mean that the comparison was not finished. They count as not correct; report them apart from
    "different". `reason` of a crash is the exception ("RecursionError", "MemoryError") or how the
    process ended. A grade is flexible: it also uses answers that nothing marks; `strict` does not.
    """

    kind: GradeKind
    extracted: str | None
    extraction: str | None = None
    reason: str | None = None

    @property
    def correct(self) -> bool:
        return self.kind == "equal"

    @property
    def tier(self) -> Tier | None:
        """How the answer is marked: "box", "marker" or "fallback"; None without an answer."""
        return tier_of(self.extraction)

    @property
    def strict(self) -> Grade:
        """This grade, or "no answer" where nothing marks the answer (the tier "fallback")."""
        return Grade("no answer", None) if self.tier == "fallback" else self


def score_of(kind: str) -> float | None:
    """The score of a grade: 1 for equal, None where the grader did not decide, else 0.

    This is the only map from a grade to a number.
    """
    return None if kind in UNDECIDED else float(kind == "equal")


Case = tuple[str, Extraction | None]
"""A gold answer and the extracted answer (the whole response if the grader extracts in the worker)."""

_GIVEN = "given"
"""In place of the rule of extraction, for an answer that was given and not extracted."""


class _Cache:
    """The decided grades of one grader in this process."""

    def __init__(self) -> None:
        self.pairs: Table[tuple[str, int, int], Grade] = Table()
        self.cases: Table[Case, Grade] = Table()


_caches: defaultdict[str, _Cache] = defaultdict(_Cache)


def grade(
    pairs: Sequence[tuple[Any, str]],
    limits: Limits | None = None,
    *,
    grader: str = "clean-bench",
    tolerance: float | None = None,
) -> list[Grade]:
    """One grade per (gold, response), in order.

    Each distinct (gold, answer) is decided once: in this process where strings or exact values decide
    it, else in the worker, which limits time and memory. Grades are cached for later calls, except
    timeouts and crashes. May be called from any thread or process.

    A gold answer is read as it is published (`clean_bench.grading.gold`): GSM8K's `... #### 7`, a
    worked solution with a box, a list of acceptable answers. With several acceptable answers a
    response is equal if it equals one of them.

    Args:
        pairs: gold answers, each with the whole response of a model. A gold answer is a text, a number
            or a list of these.
        limits: limits of one comparison in the worker.
        grader: "clean-bench", or for comparison with the literature "math-verify" (the library on the
            whole response), "spurious-rewards" (the rules of that paper's code) or "qwen2.5-math" (the
            rules of that evaluation; "qwen2.5-math-minerva" keeps units, as it does for Minerva).
        tolerance: largest relative difference of two equal numbers, for measured quantities; None for
            exact equality. Only with the grader "clean-bench".

    Raises:
        UserError: naming the pair, if no answer can be read from its gold answer, or its response is
            no text; if no grader has the name, or the tolerance is out of range.
    """
    name = with_tolerance(grader, tolerance)
    rules, cache, pairs = named(name), _caches[name], list(pairs)
    if not all(type(pair) is tuple and len(pair) == 2 and type(pair[0]) is str for pair in pairs):
        pairs = [_as_texts(pair, number) for number, pair in enumerate(pairs, 1)]
    try:
        keys = list(map(pair_key, pairs))
    except (TypeError, ValueError):
        raise UserError("expected pairs of a gold answer and a response, both text") from None
    grades = cache.pairs.get_all(keys)
    if all(grades):
        return cast(list[Grade], grades)
    missing = [index for index, cached in enumerate(grades) if cached is None]
    cases = [_cases(rules, pairs, index) for index in missing]
    distinct = dict.fromkeys(case for of_pair in cases for case in of_pair)
    decided = _decide(rules, cache, distinct, limits or Limits())
    for index, of_pair in zip(missing, cases, strict=True):
        new = grades[index] = _best([decided[case] for case in of_pair])
        if new.kind not in UNDECIDED:
            length = sum(len(gold) for gold, _ in of_pair) + len(new.extracted or "")
            cache.pairs.put(keys[index], new, length)
    return cast(list[Grade], grades)


def same_answers(
    pairs: Sequence[tuple[str, str]], limits: Limits | None = None
) -> list[bool | None]:
    """Whether two extracted answers are equal by the grader "clean-bench", for each pair.

    Neither side is read as a published gold answer: `[1, 2]` is an interval or a pair here, and not two
    acceptable answers. None where the comparison was not finished within the limits.
    """
    cases: list[Case] = [(one, (other, _GIVEN)) for one, other in pairs]
    rules, cache = named("clean-bench"), _caches["clean-bench"]
    decided = _decide(rules, cache, dict.fromkeys(cases), limits or Limits())
    scores = [score_of(decided[case].kind) for case in cases]
    return [None if score is None else score == 1 for score in scores]


def _as_texts(pair: Any, number: int) -> tuple[str, str]:
    """A pair with its gold answer as text."""
    try:
        if isinstance(pair, str):
            raise TypeError
        gold, response = pair
    except (TypeError, ValueError):
        raise UserError(
            f"pair {number}: expected a gold answer and the text of a response, got {pair!r:.60}"
        ) from None
    text = gold_text(gold)
    if text is None:
        raise UserError(
            f"pair {number}: expected a gold answer (text, number or list of these), got {gold!r:.60}"
        )
    return text, response


def _best(grades: Sequence[Grade]) -> Grade:
    """The grade of a response from those with each acceptable answer: equal to one, or undecided."""
    for kinds in (("equal",), UNDECIDED):
        for graded in grades:
            if graded.kind in kinds:
                return graded
    return grades[0]


def _cases(rules: Grader, pairs: Sequence[tuple[str, str]], index: int) -> list[Case]:
    """The comparisons of a pair, one for each acceptable gold answer."""
    gold, response = pairs[index]
    if not isinstance(gold, str) or not isinstance(response, str):
        raise UserError(f"pair {index + 1}: gold and response must be text")
    if not gold.strip():
        raise UserError(f"pair {index + 1}: the gold answer is empty")
    if reason := unreadable_gold(gold):
        raise UserError(
            f"pair {index + 1}: expected a gold answer, got {reason}: give the answer, or mark it "
            "with a box or ####"
        )
    if rules.extract is None:
        return [(answer, (response, rules.name)) for answer in read_gold(gold)]
    return [(answer, rules.extract(answer, response)) for answer in read_gold(gold)]


def _decide(
    rules: Grader, cache: _Cache, cases: dict[Case, None], limits: Limits
) -> dict[Case, Grade]:
    """A grade for each distinct case."""
    grades: dict[Case, Grade] = {}
    slow: list[tuple[str, Extraction]] = []
    for case in cases:
        gold, extraction = case
        cached = cache.cases.get(case)
        if cached is not None:
            grades[case] = cached
        elif extraction is None:
            grades[case] = Grade("no answer", None)
        elif (equal := _equal_fast(rules, gold, extraction[0])) is None:
            slow.append((gold, extraction))
        else:
            grades[case] = Grade("equal" if equal else "different", *extraction)
            cache.cases.put(case, grades[case], len(gold) + len(extraction[0]))
    if slow:
        requests = [client.PairRequest(rules.name, gold, answer) for gold, (answer, _) in slow]
        replies = client.grade_slow(requests, limits.seconds, limits.memory_mb)
        for (gold, extraction), reply in zip(slow, replies, strict=True):
            case, (answer, rule) = (gold, extraction), extraction
            extracted = reply.extracted if rules.extract is None else answer
            grades[case] = Grade(
                cast(GradeKind, reply.kind),
                extracted,
                None if extracted is None else rule,
                reply.reason,
            )
            if rules.extract is not None and reply.kind not in UNDECIDED:
                cache.cases.put(case, grades[case], len(gold) + len(answer))
    return grades


def _equal_fast(rules: Grader, gold: str, answer: str) -> bool | None:
    """The fast decision. If it fails, the worker decides, and a fault there costs only this pair."""
    try:
        return rules.equal_fast(gold, answer)
    except Exception:
        return None
