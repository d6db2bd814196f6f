"""The positive control of `measurements/real_models.py`: which signals detect famous passages.

A signal counts as detecting them in a checkpoint if one of these has p <= 0.05 after Holm's adjustment
over all signals and checkpoints:

    reconstruction   more passages are reproduced than by the look-up without a model (exact McNemar
                     test), at the text level or with case folded
    the others       passages of tier 1 have more evidence than passages of tier 4 of the same kind
                     (poem, scripture, ...): a stratified rank test (van Elteren 1960) with permutations
                     inside each kind

The second question assumes that without memorization the tier of a passage makes no difference to its
evidence among texts of one kind. Passages of tier 4 are archived too and may be stored as well, which
makes the test conservative. Number sequences are left out: a rule can be continued without memory.

Shown and not counted: own minus altered suffix (`sign_flip_p_value`), because any language model
prefers text in its order; and the same contrast against mathematical problems, which differ in kind.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from scipy import stats

from clean_bench.probing.null_sets import Statistics
from clean_bench.probing.within_kinds import FAMOUS as TOP
from clean_bench.probing.within_kinds import RARE as BOTTOM
from clean_bench.probing.within_kinds import SEQUENCE, stratified_test
from clean_bench.problems import Problem
from clean_bench.statistics.binomial_tests import mcnemar_p_value, sign_flip_p_value

LEVEL = 0.05


@dataclass(frozen=True)
class Entry:
    """A problem with its statistics at the headline prefix, by test."""

    problem: Problem
    tests: Mapping[str, Mapping[str, float]]

    def number(self, test: str, statistic: str) -> float | None:
        return self.tests.get(test, {}).get(statistic)


Contrast = Callable[[Entry], float | None]
"""The evidence of a problem, larger for stronger memorization; None where it was not measured."""


class Detection(NamedTuple):
    """A test of the positive control.

    Attributes:
        first, second: passages that are compared.
        effect: a difference of shares, or the probability that a passage of tier 1 has more evidence
            than one of tier 4 of its kind (1/2: none).
    """

    signal: str
    question: str
    first: int
    second: int
    effect: float
    p: float


class Paired(NamedTuple):
    """The mean of a contrast per token, in nats, and the p-value of the sign-flip test."""

    contrast: str
    problems: int
    mean: float
    p: float


def entries_of(problems: Sequence[Problem], statistics: Sequence[Statistics]) -> list[Entry]:
    """Problems with their statistics, from one or several probes."""
    entries = []
    for problem in problems:
        tests: dict[str, Mapping[str, float]] = {}
        for of_probe in statistics:
            tests |= {test: known for (test, key), known in of_probe.items() if key == problem.id}
        entries.append(Entry(problem, tests))
    return entries


def difference(test: str, other: str) -> Contrast:
    """`own` minus another log-probability, per token of the suffix."""

    def contrast(entry: Entry) -> float | None:
        own, altered = entry.number(test, "own"), entry.number(test, other)
        tokens = entry.number("suffix-logprob", "tokens")
        return None if own is None or altered is None or not tokens else (own - altered) / tokens

    return contrast


def per_token(entry: Entry) -> float | None:
    """The log-probability of a token of the suffix."""
    logprob, tokens = (entry.number("suffix-logprob", name) for name in ("logprob", "tokens"))
    return None if logprob is None or not tokens else logprob / tokens


def statistic(test: str, name: str) -> Contrast:
    """A statistic as it is stored."""
    return lambda entry: entry.number(test, name)


PAIRED: Mapping[str, Contrast] = {
    "own minus words exchanged": difference("altered-suffix", "swapped"),
    "own minus case changed": difference("altered-suffix", "cased"),
    "own minus renumbered": difference("altered-suffix", "renumbered"),
    "own prefix minus donors": difference("donor-prefix", "donors"),
    "own prefix minus paraphrase": difference("paraphrase", "after_paraphrase"),
}
BY_TIER: Mapping[tuple[str, str], Contrast] = {
    ("reconstruction", "ROUGE-L"): statistic("reconstruction", "rouge_l"),
    ("reconstruction", "common prefix in tokens"): statistic("reconstruction", "common_prefix"),
    ("suffix-logprob", "log-probability per token"): per_token,
    ("altered-suffix", "own minus words exchanged, per token"): PAIRED["own minus words exchanged"],
    ("altered-suffix", "own minus case changed, per token"): PAIRED["own minus case changed"],
    ("donor-prefix", "own prefix minus donors, per token"): PAIRED["own prefix minus donors"],
}


def detections(entries: Sequence[Entry]) -> list[Detection]:
    """All tests of the positive control of a checkpoint, those without two passages left out."""
    texts = [entry for entry in entries if entry.problem.metadata["kind"] != SEQUENCE]
    found = [_above_lookup(texts, level) for level in ("exact_match", "exact_folded")]
    for (signal, name), contrast in BY_TIER.items():
        groups: dict[str, dict[str, list[float]]] = {TOP: {}, BOTTOM: {}}
        for entry in texts:
            value, of_tier = contrast(entry), groups.get(entry.problem.metadata["tier"])
            if value is not None and of_tier is not None:
                of_tier.setdefault(entry.problem.metadata["kind"], []).append(value)
        result = stratified_test(groups[TOP], groups[BOTTOM])
        if result is not None:
            found.append(Detection(signal, f"{name}: tier {TOP} above {BOTTOM}", *result))
    return found


def _above_lookup(texts: Sequence[Entry], level: str) -> Detection:
    pairs = [
        (known[level], known["lookup_match"])
        for entry in texts
        for known in [entry.tests.get("reconstruction")]
        if known is not None
    ]
    gained, lost = sum(a > b for a, b in pairs), sum(a < b for a, b in pairs)
    name = {"exact_match": "exact match", "exact_folded": "exact match, case folded"}[level]
    effect = (gained - lost) / max(len(pairs), 1)
    p = mcnemar_p_value(gained, lost)
    question = f"{name}: above the look-up"
    return Detection("reconstruction", question, len(pairs), len(pairs), effect, p)


def paired_tests(entries: Sequence[Entry]) -> list[Paired]:
    """The mean of every contrast of log-probabilities of the same problems."""
    tests = []
    for name, contrast in PAIRED.items():
        values = [value for entry in entries for value in [contrast(entry)] if value is not None]
        if len(values) > 1:
            mean = sum(values) / len(values)
            tests.append(Paired(name, len(values), mean, sign_flip_p_value(values)))
    return tests


def of_tier(entries: Sequence[Entry], tier: str) -> list[Entry]:
    """The passages of a tier, without number sequences."""
    return [
        entry
        for entry in entries
        if entry.problem.metadata["tier"] == tier and entry.problem.metadata["kind"] != SEQUENCE
    ]


def above(
    first: Sequence[Entry], second: Sequence[Entry], contrast: Contrast
) -> tuple[float, float] | None:
    """The probability of a larger value in `first` (Mann-Whitney), and its one-sided p-value."""
    x, y = ([v for e in of for v in [contrast(e)] if v is not None] for of in (first, second))
    if not x or not y:
        return None
    result = stats.mannwhitneyu(x, y, alternative="greater")
    return float(result.statistic) / (len(x) * len(y)), float(result.pvalue)
