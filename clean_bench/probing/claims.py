"""Claim levels L0 to L4: what a probe supports, in words, and what would raise it.

    L0   no evidence
    L1   exact match above the look-up without a model (p <= 0.05 after Holm's adjustment)
    L2   at least one problem flagged against a null set, with the false discovery rate controlled; only
         where a blind classifier does not tell the set from the null
    L3   L2, and a problem flagged by the donor-prefix test too: the prefix of the problem itself raises
         the probability of its suffix, and not the familiarity of the suffix; where paraphrases were
         probed, less probability after a reworded prefix as well
    L4   L3, and the text of a flagged problem is in a training corpus (`clean-bench overlap`)

A level is about the text that the checkpoint stores. It does not prove that a benchmark file was in the
training corpus: text whose n-grams were removed is completed too (arXiv 2503.17514). A checkpoint that
was trained with reinforcement learning is never called clean on its own: a short run hides the signal
(arXiv 2510.02386), so its base has to be probed too.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import NamedTuple

from clean_bench.probing.flags import LEVEL, Flag
from clean_bench.probing.hypotheses import ABOVE_LOOKUP, ABOVE_PARAPHRASE, Hypothesis
from clean_bench.results import schema_of
from clean_bench.statistics.estimate import Estimate

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
    "not detected; this probe does not see memorization in this checkpoint at all: it detects none of "
    "the famous passages of the positive control"
)
DONORS = "donor-prefix"
EXCHANGEABLE_UP_TO = 0.6
"""AUC of a blind classifier between set and null, up to which they pass for exchangeable."""


class Claim(NamedTuple):
    """A row of the table; its columns are those of `CLAIMS_SCHEMA`."""

    set: str
    level: int
    claim: str
    evidence: str
    raise_: str


@dataclass(frozen=True)
class Control:
    """What the positive control shows.

    Attributes:
        recited: number of passages that are reproduced, in any case of letters.
        passages: number of passages that were completed.
        rarest: the largest tier with a passage that is reproduced and that the look-up does not give;
            None without one.
        detected: whether a passage is reproduced, or a test of the whole set is significant.
    """

    recited: int
    passages: int
    rarest: int | None
    detected: bool

    @property
    def text(self) -> str:
        """The control in words."""
        share = f"{self.recited} of {self.passages} famous passages"
        if self.rarest is not None:
            return (
                f"the checkpoint reproduces {share}, down to tier {self.rarest} (of 4, the rarest)"
            )
        more = "; another signal detects them" if self.detected else ""
        return f"the checkpoint reproduces {share}{more}"


@dataclass(frozen=True)
class Basis:
    """What claims are made of.

    Attributes:
        tests: names of the tests that were run.
        nulls: names of the null sets.
        control: the positive control; None without one.
        blind: AUC of a blind classifier between each set and the null sets.
        power: what a calibration of this checkpoint states; None without one.
        corpus: ids of the problems whose text is in a training corpus, by set; empty where no corpus
            was searched.
        left_out: number of problems whose rest also ends another problem, by set.
    """

    hypotheses: Sequence[Hypothesis]
    flags: Sequence[Flag]
    tests: Sequence[str]
    nulls: Sequence[str]
    control: Control | None = None
    blind: Mapping[str, Estimate] = field(default_factory=dict)
    power: str | None = None
    corpus: Mapping[str, Collection[str]] = field(default_factory=dict)
    left_out: Mapping[str, int] = field(default_factory=dict)


def compute_claims(names: Sequence[str], basis: Basis) -> list[Claim]:
    """The claim of each set that is no null set and no positive control."""
    claims = []
    for name in names:
        level, evidence = _level(name, basis)
        claim = MEANINGS[level] if level else null_verdict(basis.control, basis.power)
        claims.append(Claim(name, level, claim, "; ".join(evidence), _raise(level, name, basis)))
    return claims


def null_verdict(control: Control | None, power: str | None) -> str:
    """The words for a set without evidence."""
    stated = power or "the power of this probe on this checkpoint is unknown"
    if control is None:
        return f"not detected; no positive control was probed; {stated}"
    if not control.detected:
        return BLIND
    return f"not detected; {control.text}; {stated}"


def least_flagged(problems: int, null_problems: int, tests: int) -> int:
    """The least number of problems that can be flagged at all.

    The smallest p-value is 1 / (null_problems + 1). Of k problems with it, Benjamini and Hochberg's
    adjusted value is problems / (k (null_problems + 1)), and each of the tests has an equal part of the
    false discovery rate.
    """
    return ceil(problems * tests / (LEVEL * (null_problems + 1)) - 1e-9)


def _level(name: str, basis: Basis) -> tuple[int, list[str]]:
    evidence, level = [], 0
    for row in basis.hypotheses:
        if row.set == name and row.question == ABOVE_LOOKUP:
            evidence.append(
                f"exact match minus look-up {100 * row.effect:+.1f} points (p {row.p_holm:.2g})"
            )
            level = max(level, int(row.effect > 0 and row.p_holm <= LEVEL))
    null = ", ".join(basis.nulls)
    of_set = [flag for flag in basis.flags if flag.set == name and flag.null == null]
    flagged: dict[str, list[str]] = {flag.test: [] for flag in of_set}
    for flag in of_set:
        if flag.flagged:
            flagged[flag.test].append(flag.problem_id)
    for test, ids in flagged.items():
        tested = sum(flag.test == test for flag in of_set)
        line = f"{test}: {len(ids)} of {tested} flagged against {null}"
        size = next(flag.null_problems for flag in of_set if flag.test == test)
        least = least_flagged(tested, size, len(flagged))
        if not ids and least > 1:
            line += (
                f" (at least {least} would have to be more extreme than its {size} problems; a larger "
                "null set or fewer signals lower this)"
            )
        evidence.append(line)
    if left_out := basis.left_out.get(name):
        evidence.append(
            f"{left_out} problems left out of flags: their rest also ends another problem"
        )
    told_apart = _told_apart(name, basis)
    if told_apart:
        evidence.append(told_apart)
    if not any(flagged.values()) or told_apart:
        return level, evidence
    level = 2
    paraphrases = [
        row for row in basis.hypotheses if row.set == name and row.question == ABOVE_PARAPHRASE
    ]
    drops = all(row.effect > 0 and row.p_holm <= LEVEL for row in paraphrases)
    if flagged.get(DONORS) and drops:
        level = 3
        in_corpus = set(flagged[DONORS]) & set(basis.corpus.get(name, ()))
        if in_corpus:
            evidence.append(f"{len(in_corpus)} of the flagged problems are in the training corpus")
            level = 4
    return level, evidence


def _told_apart(name: str, basis: Basis) -> str:
    """Why the null sets are no null of a set; empty where nothing speaks against it."""
    blind = basis.blind.get(name)
    if blind is None or not blind.low > EXCHANGEABLE_UP_TO:
        return ""
    return (
        f"a classifier that reads the texts alone tells the set from the null (AUC {blind.value:.2f}), "
        "so the flags are not calibrated"
    )


def _raise(level: int, name: str, basis: Basis) -> str:
    """What would raise the level, or make a null verdict stronger."""
    steps: Mapping[int, str] = {
        0: "a null verdict gains weight by more signals (--signals all), a null set (--null), and a "
        "calibration on this checkpoint (clean-bench calibrate CHECKPOINT)",
        1: "L2 needs a null set of problems that the checkpoint has not seen (--null)",
        2: "L3 needs the signal donor-prefix (--signals default,donor-prefix) to flag a problem too",
        3: "L4 needs the training corpus: clean-bench overlap CORPUS --with SET, then --overlap",
        4: "nothing: this is the highest level",
    }
    if level < 2 and _told_apart(name, basis):
        return "L2 needs a null set that is matched to the set in wording and length"
    if level < 2 and basis.nulls and not any(flag.set == name for flag in basis.flags):
        return (
            "L2 needs problems whose rest does not end other problems too, or a signal of whole "
            "problems (--signals default,min-k)"
        )
    if level == 1 and basis.nulls:
        return (
            "L2 needs a problem that is flagged against the null sets; a larger null set flags more"
        )
    if level == 2 and DONORS in basis.tests:
        return "L3 needs a problem that the signal donor-prefix flags too"
    return steps[level]
