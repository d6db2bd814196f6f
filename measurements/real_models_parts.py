"""The parts of `measurements/real_models.py`: which sets are probed together, and with which signals.

    famous          famous passages; exact match, log-probability, altered suffixes
    famous-donors   passages of the most and of the least famous tier; donor prefixes
    math500         the first problems of MATH-500 against a sample of MATH's training split
    gsm8k           the first problems of GSM8K, with paraphrases where a file is given, and a fresh set

Each part is a probe of its own. The sizes are chosen for less than an hour for both checkpoints together
on two cores with AVX2.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from clean_bench.api import generate
from clean_bench.errors import UserError
from clean_bench.problems import Problem, ProblemSet, load_problems
from clean_bench.problems.famous_passages import NAME as FAMOUS
from clean_bench.problems.famous_passages import TIERS, famous_passages
from clean_bench.problems.files import read_rows
from clean_bench.text.normalize import normalize_spaces

PREFIX = 0.6
MATH500, MATH_NULL, GSM8K, FRESH = 150, 150, 100, 75
"""Problems of each set."""
LONGEST = 500
"""Characters of a problem of MATH. The 5% that are longer, mostly with code of drawings, would take a
quarter of the time of this part."""
OF_TIER = 16
"""Passages of a tier that are read after donor prefixes, which costs nine passes over each."""
EXTREMES = (min(TIERS), max(TIERS))
FAMILY, STEPS = "stories", "5"
"""Of the fresh set: stories of several sentences, the nearest to GSM8K in kind and length."""
SIGNALS = ("default", "altered-suffix")
TRAIN, FRESH_NAME = "math-train", "fresh"
PASSAGES, DONORS = "famous", "famous-donors"
BENCHMARKS = ("math500", "gsm8k")
"""Parts; those of benchmarks are named after their set."""


@dataclass(frozen=True)
class Part:
    """The arguments of one probe; see `clean_bench.probing.run.probe`."""

    name: str
    sets: Sequence[ProblemSet]
    tests: tuple[str, ...]
    nulls: tuple[str, ...] = ()
    control: str | None = None
    texts: Sequence[str] = ()
    paraphrases: Sequence[ProblemSet] = ()


@dataclass(frozen=True)
class Files:
    """Local files of the sets; None for those of the hub, or for none."""

    math500: Path | None = None
    gsm8k: Path | None = None
    gsm8k_paraphrase: Path | None = None
    math_train: Path | None = None


def fresh_set(folder: Path, checkpoints: Sequence[Path]) -> ProblemSet:
    """Problems whose seed is the hash of the checkpoints' weights, drawn or read again."""
    bound = [str(checkpoint) for checkpoint in checkpoints]
    return generate(FAMILY, steps=STEPS, count=FRESH, bind=bound, out=folder)


def plan(files: Files, fresh: ProblemSet, limit: int | None = None) -> list[Part]:
    """The parts in order.

    Args:
        fresh: its name is that of its folder.
        limit: most problems of a set.

    Raises:
        UserError: for a set that cannot be loaded.
    """
    math, gsm8k = (
        load_set(name, file)
        for name, file in zip(BENCHMARKS, (files.math500, files.gsm8k), strict=True)
    )
    few_fresh = fresh.head(limit)
    math_part, math_rest = first_of(math, MATH500, limit, LONGEST)
    gsm8k_part, gsm8k_rest = first_of(gsm8k, GSM8K, limit)
    null, null_rest = few_fresh, list[str]()
    if files.math_train is not None:
        null, null_rest = first_of(load_set(TRAIN, files.math_train), MATH_NULL, limit, LONGEST)
    paraphrases = []
    if files.gsm8k_paraphrase is not None:
        paraphrases.append(paraphrases_of(gsm8k_part, files.gsm8k_paraphrase))
    reworded = ("paraphrase",) if paraphrases else ()
    in_tier = None if limit is None else max(limit // len(TIERS), 1)
    return [
        Part(PASSAGES, [passages(TIERS, in_tier)], SIGNALS, control=FAMOUS),
        Part(
            DONORS,
            [passages(EXTREMES, min(OF_TIER, in_tier or OF_TIER))],
            ("donor-prefix",),
            control=FAMOUS,
        ),
        Part(math.name, [math_part, null], SIGNALS, (null.name,), texts=math_rest + null_rest),
        Part(
            gsm8k.name,
            [gsm8k_part, few_fresh],
            (*SIGNALS, *reworded),
            (few_fresh.name,),
            texts=gsm8k_rest,
            paraphrases=paraphrases,
        ),
    ]


def load_set(name: str, file: Path | None) -> ProblemSet:
    """A set of the catalog, or of a file under its name."""
    return load_problems(name if file is None else f"{name}={file}")


def first_of(
    problems: ProblemSet, count: int, limit: int | None, longest: int | None = None
) -> tuple[ProblemSet, list[str]]:
    """The first problems of a set, and the texts of all others, for the look-up baseline.

    Args:
        longest: characters of a problem; None for any number.
    """
    short = [p for p in problems if longest is None or len(p.problem) <= longest]
    first = replace(
        problems,
        problems=short[: min(count, limit or count)],
        rows_of=problems.rows_of or len(problems),
    )
    taken = {problem.id for problem in first}
    return first, [problem.problem for problem in problems if problem.id not in taken]


def passages(tiers: Collection[int], count: int | None) -> ProblemSet:
    """The first `count` famous passages of each tier; all if None."""
    whole = famous_passages()
    chosen: list[Problem] = []
    for tier in tiers:
        of_tier = [p for p in whole if p.metadata["tier"] == str(tier)]
        chosen += of_tier[:count]
    return ProblemSet(FAMOUS, chosen, whole.about)


def paraphrases_of(problems: ProblemSet, file: Path) -> ProblemSet:
    """The paraphrase of each problem from rows with the columns `question` and `rewritten_question`.

    The rows may be in another order than the problems: they belong together by the original question.

    Raises:
        UserError: for a row without these columns, or a file without a paraphrase of these problems.
    """
    ids = {normalize_spaces(problem.problem): problem.id for problem in problems}
    versions = []
    for number, row in read_rows(file):
        columns = row if isinstance(row, dict) else {}
        question, rewritten = columns.get("question"), columns.get("rewritten_question")
        if not (isinstance(question, str) and isinstance(rewritten, str)):
            raise UserError(
                f"{file}:{number}: expected the columns question and rewritten_question with texts, got "
                "others; give a file in BenBench's format, or leave it out"
            )
        original = ids.get(normalize_spaces(question))
        if original is not None:
            versions.append(Problem(str(number), rewritten, metadata={"variant_of": original}))
    if not versions:
        raise UserError(
            f"{file}: expected paraphrases of {problems.name}, got none of its problems; give the file "
            "of the same set, or leave it out"
        )
    return ProblemSet(problems.name, versions, {"file": file.name})
