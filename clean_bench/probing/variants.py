"""Pair the problems of probed sets with other versions of them: renumbered, or reworded.

A version belongs to a problem by the first of these rules that pairs any:

    variant_of    its metadata names the id of the problem
    kin           its metadata names the ids of problems of the same kind: a set matched to a benchmark
    id            the ids are equal
    group         both have the same group
    position      both sets have equally many problems (of a set cut by `--limit`, the whole one counts)

A set of versions belongs to the probed set of its name, else to the one with which most of its problems
are paired.

Ids are often numbers of rows, and two files can have their rows in different orders. So a pairing by id
or position is refused where most versions resemble another problem of the set much more than their own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from clean_bench.errors import UserError
from clean_bench.problems import Problem, ProblemSet, check_sets
from clean_bench.problems.problem import kin_of
from clean_bench.text.normalize import normalize_spaces

_COMPARED = 100
"""Versions that are compared with every problem."""
_FARTHER = 0.1
"""Difference of the shares of common words of a version that belongs to another problem."""
Pairs = dict[str, Problem]
"""A version by the id of its problem."""


def pair_variants(
    sets: Sequence[ProblemSet], variant_sets: Sequence[ProblemSet], option: str = "--variants"
) -> Mapping[str, Mapping[str, Problem]]:
    """The version of each problem that has one, by the name of its set and its id.

    A version with the text of its problem is left out: sets of variants often hold the original. Of
    several versions of a problem the first one is taken.

    Args:
        option: what named the sets of versions.

    Raises:
        UserError: for a set of versions that fits no probed set, or several equally well, that has
            another order, that holds only the originals, or that is empty or named twice.
    """
    if variant_sets:
        check_sets(variant_sets, option)
    paired: dict[str, Pairs] = {}
    for variants in variant_sets:
        own, pairs = _best(sets, variants, option)
        of_set = paired.setdefault(own.name, {})
        for problem_id, variant in pairs.items():
            of_set.setdefault(problem_id, variant)
    return paired


def _best(
    sets: Sequence[ProblemSet], variants: ProblemSet, option: str
) -> tuple[ProblemSet, Pairs]:
    """The probed set of a set of versions, and its pairs."""
    candidates = [problems for problems in sets if problems.name == variants.name] or sets
    for rule in RULES:
        found = [(problems, rule(problems, variants)) for problems in candidates]
        most = max(len(matches) for _, matches in found)
        if not most:
            continue
        best = [entry for entry in found if len(entry[1]) == most]
        if len(best) > 1:
            names = ", ".join(problems.name for problems, _ in best)
            raise UserError(
                f"{option} {variants.name}: expected versions of one set, got problems that fit "
                f"{names} alike; give it the name of its set, as {best[0][0].name}=FILE"
            )
        [(problems, matches)] = best
        if rule in (_by_id, _by_position) and _in_another_order(problems, matches):
            raise UserError(
                f"{option} {variants.name}: expected versions of {problems.name} in its order or with "
                "its ids, got most of them nearer to other problems; name the original's id in the "
                "metadata variant_of"
            )
        pairs: Pairs = {}
        for problem, variant in matches:
            if normalize_spaces(problem.problem) != normalize_spaces(variant.problem):
                pairs.setdefault(problem.id, variant)
        if not pairs:
            raise UserError(
                f"{option} {variants.name}: expected other versions of the problems of "
                f"{problems.name}, got the same texts"
            )
        return problems, pairs
    lengths = ", ".join(f"{problems.name} {_length(problems)}" for problems in candidates)
    raise UserError(
        f"{option} {variants.name}: expected metadata variant_of or kin, ids or groups of the problems "
        f"of a probed set, or as many problems ({lengths}), got {len(variants)} problems without"
    )


Match = tuple[Problem, Problem]
"""A problem and a version of it."""


def _by_reference(problems: ProblemSet, variants: ProblemSet) -> list[Match]:
    ids = {problem.id: problem for problem in problems}
    named = [(variant.metadata.get("variant_of", ""), variant) for variant in variants]
    return [(ids[original], variant) for original, variant in named if original in ids]


def _by_kin(problems: ProblemSet, variants: ProblemSet) -> list[Match]:
    ids = {problem.id: problem for problem in problems}
    return [(ids[kin], variant) for variant in variants for kin in kin_of(variant) if kin in ids]


def _by_id(problems: ProblemSet, variants: ProblemSet) -> list[Match]:
    ids = {problem.id: problem for problem in problems}
    return [(ids[variant.id], variant) for variant in variants if variant.id in ids]


def _by_group(problems: ProblemSet, variants: ProblemSet) -> list[Match]:
    groups: dict[str, list[Problem]] = {}
    for variant in variants:
        if variant.group:
            groups.setdefault(variant.group, []).append(variant)
    return [
        (problem, variant)
        for problem in problems
        for variant in groups.get(problem.group or "", ())
    ]


def _by_position(problems: ProblemSet, variants: ProblemSet) -> list[Match]:
    if _length(problems) != len(variants):
        return []
    return list(zip(problems, variants, strict=False))


def _in_another_order(problems: ProblemSet, matches: Sequence[Match]) -> bool:
    """Whether most versions share more words with another problem than with their own."""
    words = {problem.id: _words(problem) for problem in problems}
    chosen = matches[:: max(len(matches) // _COMPARED, 1)]
    misplaced = 0
    for problem, variant in chosen:
        of_variant = _words(variant)
        nearest = max(_common_share(of_variant, of_problem) for of_problem in words.values())
        own = _common_share(of_variant, words[problem.id])
        misplaced += nearest >= own + _FARTHER
    return misplaced > len(chosen) / 2


def _words(problem: Problem) -> frozenset[str]:
    return frozenset(problem.problem.lower().split())


def _common_share(one: frozenset[str], other: frozenset[str]) -> float:
    """Words in common divided by all words of both."""
    both = len(one & other)
    return both / max(len(one) + len(other) - both, 1)


def _length(problems: ProblemSet) -> int:
    return problems.rows_of or len(problems)


RULES: tuple[Callable[[ProblemSet, ProblemSet], list[Match]], ...] = (
    _by_reference,
    _by_kin,
    _by_id,
    _by_group,
    _by_position,
)
"""How versions are paired, in this order."""
