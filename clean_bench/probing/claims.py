"""Claim levels L0 to L4: what a probe supports, in words, and what would raise it.

    L0   no evidence
    L1   exact match above the look-up without a model (p <= 0.05 after Holm's adjustment)
    L2   at least one problem flagged against a null set, with the false discovery rate controlled
    L3   L2, and a problem flagged by the donor-prefix test too: the prefix of the problem itself raises
         the probability of its suffix, and not the familiarity of the suffix; where paraphrases were
         probed, less evidence after a reworded prefix
    L4   L3, and the text of a flagged problem is in a training corpus (`clean-bench overlap`)

A level is about the text that the checkpoint stores. It does not prove that a benchmark file was in the
training corpus: text whose n-grams were removed is completed too (arXiv 2503.17514). A checkpoint that
was trained with reinforcement learning is never called clean on its own: a short run hides the signal
(arXiv 2510.02386), so its base has to be probed too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from clean_bench.probing.flags import LEVEL, Flag
from clean_bench.probing.hypotheses import ABOVE_LOOKUP, Hypothesis
from clean_bench.results import schema_of

CLAIMS = "claims"
CLAIMS_SCHEMA = schema_of("set string, level int32, claim string, evidence string, raise string")
MEANINGS = (
    "no evidence of memorization",
    "reconstructed above a look-up without a model",
    "memorized problems, against a null set with the false discovery rate controlled",
    "memorized problems, confirmed by donor prefixes",
    "memorized problems whose text is in a training corpus",
)
BLIND = (
    "not detected; this probe does not see memorization in this checkpoint at all: the checkpoint "
    "reproduces none of the famous passages of the positive control"
)
DONORS, PARAPHRASES = "donor-prefix", "paraphrase"


class Claim(NamedTuple):
    """A row of the table; its columns are those of `CLAIMS_SCHEMA`."""

    set: str
    level: int
    claim: str
    evidence: str
    raise_: str


def compute_claims(
    names: Sequence[str],
    hypotheses: Sequence[Hypothesis],
    flags: Sequence[Flag],
    tests: Sequence[str],
    nulls: Sequence[str],
    recited: float | None,
    power: str | None,
) -> list[Claim]:
    """The claim of each set that is no null set and no positive control.

    Args:
        names: the sets.
        tests: names of the tests that were run.
        nulls: names of the null sets.
        recited: share of the passages of the positive control that are reproduced; None without one.
        power: what a calibration of this checkpoint states; None without one.
    """
    claims = []
    for name in names:
        level, evidence = _level(name, hypotheses, flags, nulls)
        claim = MEANINGS[level] if level else null_verdict(recited, power)
        claims.append(Claim(name, level, claim, "; ".join(evidence), _raise(level, tests, nulls)))
    return claims


def null_verdict(recited: float | None, power: str | None) -> str:
    """The words for a set without evidence."""
    if recited == 0:
        return BLIND
    stated = power or "the power of this probe on this checkpoint is unknown"
    if recited is None:
        return f"not detected; no positive control was probed; {stated}"
    return f"not detected; the checkpoint reproduces {recited:.0%} of the famous passages; {stated}"


def _level(
    name: str, hypotheses: Sequence[Hypothesis], flags: Sequence[Flag], nulls: Sequence[str]
) -> tuple[int, list[str]]:
    evidence = []
    above = [h for h in hypotheses if h.set == name and h.question == ABOVE_LOOKUP]
    level = 0
    for row in above:
        evidence.append(
            f"exact match minus look-up {100 * row.effect:+.1f} points (p {row.p_holm:.2g})"
        )
        level = max(level, int(row.effect > 0 and row.p_holm <= LEVEL))
    of_set = [flag for flag in flags if flag.set == name and flag.null == ", ".join(nulls)]
    flagged = {flag.test: 0 for flag in of_set}
    for flag in of_set:
        flagged[flag.test] += flag.flagged
    evidence += [
        f"{test}: {count} of {sum(f.test == test for f in of_set)} flagged against {', '.join(nulls)}"
        for test, count in flagged.items()
    ]
    if any(flagged.values()):
        level = 3 if flagged.get(DONORS) else 2
    return level, evidence


def _raise(level: int, tests: Sequence[str], nulls: Sequence[str]) -> str:
    """What would raise the level, or make a null verdict stronger."""
    steps: Mapping[int, str] = {
        0: "a null verdict gains weight by more signals (--signals all), a null set (--null), and a "
        "calibration on this checkpoint (clean-bench calibrate CHECKPOINT)",
        1: "L2 needs a null set of problems that the checkpoint has not seen (--null)",
        2: "L3 needs the signal donor-prefix (--signals default,donor-prefix) to flag a problem too",
        3: "L4 needs the training corpus: clean-bench overlap CORPUS --with SET",
        4: "nothing: this is the highest level",
    }
    if level == 1 and nulls:
        return (
            "L2 needs a problem that is flagged against the null sets; a larger null set flags more"
        )
    if level == 2 and DONORS in tests:
        return "L3 needs a problem that the signal donor-prefix flags too"
    return steps[level]
