"""Claim levels L0 to L4: what a probe supports, in words, and what would raise it.

    L0   no evidence
    L1   exact match above the look-up without a model (p <= 0.05 after Holm's adjustment)
    L2   at least one problem flagged by a deciding test (`flags`) against a null set, with the false
         discovery rate controlled; only where a blind classifier was fitted and does not tell the set
         from the null, or the null set matches by its role (`matching`)
    L3   L2, and such a problem flagged by the donor-prefix test too: the prefix of the problem itself
         raises the probability of its suffix, and not the familiarity of the suffix; where paraphrases
         were probed, less probability after a reworded prefix as well
    L4   L3, and the text of a flagged problem is in a training corpus (`clean-bench overlap`)

A level is about the text that the checkpoint stores. It does not prove that a benchmark file was in the
training corpus: text whose n-grams were removed is completed too (arXiv 2503.17514). A checkpoint that
was trained with reinforcement learning is never called clean on its own: a short run hides the signal
(arXiv 2510.02386), so its base has to be probed too.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from clean_bench.probing.claim_evidence import flag_line, hypothesis_lines, significant_tests
from clean_bench.probing.flag_counts import FlagCount, count_flags
from clean_bench.probing.flags import LEVEL, Flag
from clean_bench.probing.hypotheses import (
    ABOVE_LOOKUP,
    ABOVE_NULL,
    ABOVE_PARAPHRASE,
    Hypothesis,
)
from clean_bench.probing.matching import LEAST, why_unmatched
from clean_bench.probing.power import UNKNOWN, Power
from clean_bench.probing.tests import DEFAULT
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
NOT_DETECTED = "not detected"
SEES_NOTHING = (
    "this probe does not see memorization in this checkpoint at all: it detects none of the famous "
    "passages of the positive control"
)
DONORS = "donor-prefix"


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
        detected: whether a passage is reproduced, or famous passages are above rare ones of their kind
            (`within_kinds`).
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
        by_role: names of the sets that the null sets match by their role.
        power: what a calibration of this checkpoint states about each set.
        corpus: ids of the problems whose text is in a training corpus, by set; empty where no corpus
            was searched.
        left_out: number of problems whose rest also ends another problem, by set.
        copies: number of problems of the null sets that are copies of one of the set, by set.
        unscored: names of sets without a scored problem.
    """

    hypotheses: Sequence[Hypothesis]
    flags: Sequence[Flag]
    tests: Sequence[str]
    nulls: Sequence[str]
    control: Control | None = None
    blind: Mapping[str, Estimate] = field(default_factory=dict)
    by_role: Collection[str] = ()
    power: Mapping[str, Power] = field(default_factory=dict)
    corpus: Mapping[str, Collection[str]] = field(default_factory=dict)
    left_out: Mapping[str, int] = field(default_factory=dict)
    copies: Mapping[str, int] = field(default_factory=dict)
    unscored: Collection[str] = ()


@dataclass(frozen=True)
class _OfSet:
    """What is known of one set.

    Attributes:
        counts: flags against the null sets, by test.
        unmatched: why these flags are not calibrated; empty where they are, or without null sets.
        significant: significant tests of the whole set.
        tested: whether any test could speak for or against memorization.
    """

    name: str
    counts: Sequence[FlagCount]
    unmatched: str
    significant: Sequence[Hypothesis]
    power: Power
    tested: bool

    @property
    def deciding(self) -> list[FlagCount]:
        """The counts of the tests that decide."""
        return [count for count in self.counts if count.decides]


def compute_claims(names: Sequence[str], basis: Basis) -> list[Claim]:
    """The claim of each set that is no null set and no positive control."""
    counts = count_flags(basis.flags)
    claims = []
    for name in names:
        of_set = _of_set(name, basis, counts)
        level, evidence = _level(of_set, basis)
        claim = MEANINGS[level] if level else _verdict(of_set, basis)
        claims.append(Claim(name, level, claim, "; ".join(evidence), _raise(level, of_set, basis)))
    return claims


def _of_set(name: str, basis: Basis, counts: Sequence[FlagCount]) -> _OfSet:
    null = ", ".join(basis.nulls)
    unmatched = ""
    if basis.nulls:
        unmatched = why_unmatched(basis.blind.get(name), name in basis.by_role)
    return _OfSet(
        name,
        [count for count in counts if count.set == name and count.null == null],
        unmatched,
        significant_tests(name, basis.hypotheses),
        basis.power.get(name, Power(UNKNOWN, False)),
        any(row.set == name for row in basis.hypotheses)
        or any(count.set == name for count in counts),
    )


def _verdict(of_set: _OfSet, basis: Basis) -> str:
    """The words for a set without evidence."""
    if not of_set.tested:
        return f"not tested; {_why_untested(of_set, basis)}"
    shown = sum(not (row.question == ABOVE_NULL and of_set.unmatched) for row in of_set.significant)
    start = NOT_DETECTED
    if shown:
        tests = (
            "1 test of the whole set is" if shown == 1 else f"{shown} tests of the whole set are"
        )
        start = f"no memorized problem detected, but {tests} significant (see the evidence)"
    if basis.control is None:
        return f"{start}; no positive control was probed; {of_set.power.text}"
    if not basis.control.detected:
        return f"{start}; {SEES_NOTHING}"
    return f"{start}; {basis.control.text}; {of_set.power.text}"


def _why_untested(of_set: _OfSet, basis: Basis) -> str:
    if of_set.name in basis.unscored:
        return "no problem of the set was scored"
    signals = ", ".join(basis.tests)
    if not basis.nulls:
        return f"there is no null set, and without one nothing follows from {signals}"
    if basis.copies.get(of_set.name):
        return "the null sets hold copies of the problems of the set alone"
    return f"{signals} could not be compared with the null sets on any problem of the set"


def _level(of_set: _OfSet, basis: Basis) -> tuple[int, list[str]]:
    evidence, level, name = [], 0, of_set.name
    for row in basis.hypotheses:
        if row.set == name and row.question == ABOVE_LOOKUP:
            evidence.append(
                f"exact match minus look-up {100 * row.effect:+.1f} points (p {row.p_holm:.2g})"
            )
            level = max(level, int(row.effect > 0 and row.p_holm <= LEVEL))
    evidence += [flag_line(count) for count in of_set.counts]
    if left_out := basis.left_out.get(name):
        evidence.append(
            f"{left_out} problems left out of flags: their rest also ends another problem"
        )
    if copies := basis.copies.get(name):
        evidence.append(f"{copies} problems left out of the null: they are copies of tested ones")
    if of_set.unmatched:
        evidence.append(of_set.unmatched)
    flagged = {id for count in of_set.deciding for id in count.flagged}
    if flagged and not of_set.unmatched:
        level = 2
    # Where problems are flagged, that the set is above its null adds nothing.
    shown = [row for row in of_set.significant if level < 2 or row.question != ABOVE_NULL]
    evidence += hypothesis_lines(shown, of_set.unmatched)
    if level < 2:
        return level, evidence
    paraphrases = [
        row for row in basis.hypotheses if row.set == name and row.question == ABOVE_PARAPHRASE
    ]
    drops = all(row.effect > 0 and row.p_holm <= LEVEL for row in paraphrases)
    by_donors = {id for count in of_set.counts if count.test == DONORS for id in count.flagged}
    confirmed = flagged & by_donors
    if confirmed and drops:
        level = 3
        in_corpus = confirmed & {*basis.corpus.get(name, ())}
        if in_corpus:
            evidence.append(f"{len(in_corpus)} of the flagged problems are in the training corpus")
            level = 4
    return level, evidence


def _raise(level: int, of_set: _OfSet, basis: Basis) -> str:
    """What would raise the level, or make a null verdict stronger."""
    if level < 2 and of_set.name in basis.unscored:
        return "a test needs problems with a place to cut that fit the model's context"
    if level < 2 and basis.nulls:
        needed = _for_flags(level, of_set, basis)
        if needed:
            return needed
    if level == 0:
        return _for_a_null_verdict(of_set, basis)
    if level == 2 and DONORS in basis.tests:
        return "L3 needs a problem that the signal donor-prefix flags too"
    return {
        1: "L2 needs a null set of problems that the checkpoint has not seen (--null)",
        2: "L3 needs the signal donor-prefix (--signals default,donor-prefix) to flag a problem too",
        3: "L4 needs the training corpus: clean-bench overlap CORPUS --with SET, then --overlap",
        4: "nothing: this is the highest level",
    }[level]


def _for_flags(level: int, of_set: _OfSet, basis: Basis) -> str:
    """What L2 needs beside the null sets that there are; empty where nothing is missing."""
    if of_set.unmatched:
        if of_set.name in basis.blind:
            return "L2 needs a null set that is matched to the set in wording and length"
        return (
            f"L2 needs {LEAST} different problems in the set and in its null, to check the matching"
        )
    if not of_set.counts:
        if basis.copies.get(of_set.name):
            return "L2 needs a null set of other problems than those of the set"
        return (
            "L2 needs problems whose rest does not end other problems too, or a signal of whole "
            "problems (--signals default,min-k)"
        )
    if level == 1 and not any(count.can_flag for count in of_set.deciding):
        return "L2 needs a larger null set: with this one no deciding test can flag a problem"
    if level == 1:
        return (
            "L2 needs a problem that is flagged against the null sets; a larger null set flags more"
        )
    return ""


def _for_a_null_verdict(of_set: _OfSet, basis: Basis) -> str:
    steps = []
    if not {*DEFAULT} <= {*basis.tests}:
        steps.append("the default signals (--signals default)")
    if not basis.nulls:
        steps.append("a null set (--null)")
    elif any(count.least > 1 for count in of_set.deciding):
        steps.append("a larger null set")
    if not of_set.power.quoted:
        steps.append("a calibration on this checkpoint (clean-bench calibrate CHECKPOINT)")
    if not steps:
        return "nothing in this probe adds weight to the null verdict"
    parts = [", by ".join(steps[:-1]), steps[-1]] if len(steps) > 1 else steps
    return f"a null verdict gains weight by {' and by '.join(parts)}"
