"""The context of a run's report: what its results are of, in words for readers.

`experiments` fills a `RunReport`; the numbers are in the results table (`clean_bench.results`), and
`leaderboards.view` joins the two. Nothing here computes a number.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from clean_bench.errors import UserError
from clean_bench.problems import Role

GREEDY_MEASURE = "accuracy"
"""The headline of a run without sampled completions."""


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class SetInfo(_Record):
    """A problem set that the run scored.

    `name` is its name in the results, `label` the short one for readers. `n` counts the problems that
    every checkpoint was decided on. `bits` is the smallest number of bits of an item's computation and
    `freshness_label` what follows from it ("fresh" from 60 bits on, else "skill"); both are None where
    nothing was generated. `bound`: the set was drawn from the hashes of the checkpoints it measures.
    `calibrated`: the difficulty of a matched set was measured on a panel of open checkpoints.
    """

    name: str
    label: str
    role: Role
    n: int
    description: str = ""
    freshness_label: Literal["fresh", "skill"] | None = None
    bits: float | None = None
    bound: bool = False
    calibrated: bool = False


class Answer(_Record):
    """The greedy answer of a checkpoint: `checkpoint` is "base" or the name of an arm.

    `grade` is the kind of the grade, `extracted` the answer that was graded.
    """

    checkpoint: str
    text: str
    grade: str
    extracted: str | None = None


class MemorizedProblem(_Record):
    """A problem whose ending the base completes word for word.

    `prefix` is the part that was shown, `ending` the true rest and `continuation` the rest that the base
    generated. `copies` counts the planted copies, None where that is not known.
    """

    set: str
    problem_id: str
    prefix: str
    ending: str
    continuation: str
    gold: str
    copies: int | None = None
    answers: tuple[Answer, ...] = ()


class CheckpointInfo(_Record):
    """A checkpoint that existed before the run: its name in the results, and where it is from.

    `parameters` counts the stored numbers of type `dtype`; None where no weights were at hand.
    """

    name: str
    source: str
    parameters: int | None = None
    dtype: str = ""


class ArmInfo(_Record):
    """One reward under one objective, or an existing checkpoint.

    `seeds` counts training seeds. `conclusion` is set by `leaderboards.conclusions`.
    """

    name: str
    reward: str | None = None
    checkpoint: str | None = None
    steps: int = 0
    seeds: int = 1
    conclusion: str = ""


class ModelInfo(_Record):
    """A base checkpoint.

    `name` begins the names of its checkpoints in the results (`NAME/base`). `card` describes it (for a
    control model: what was planted). `planted_here` is false where a planted set was planted in another
    checkpoint: this one is then the negative control. `starting_note` explains why the planted problems
    start lower than their twins, where that is known. `examples` are memorized problems.
    """

    name: str
    checkpoint: str
    card: str
    arms: tuple[ArmInfo, ...]
    planted_here: bool = True
    starting_note: str = ""
    examples: tuple[MemorizedProblem, ...] = ()


LARGEST_REPORT = 64 << 20
"""Bytes of a report as JSON."""


class RunReport(_Record):
    """One run.

    `measure` is the headline (`avg@16`, or `accuracy` of greedy completions). `training` describes what
    the arms have in common, `limits` what the run cannot show. `provenance` holds names and values to
    print as they are (hashes, engine). `version` is that of clean-bench, `engine` its engine with device
    and data type, `command` what was typed. There are no times here, so that equal numbers give equal
    bytes; the page takes them from `leaderboards.page_data.RunTimes`.
    """

    title: str
    measure: str
    samples_per_problem: int
    models: tuple[ModelInfo, ...]
    sets: tuple[SetInfo, ...]
    training: str = ""
    limits: tuple[str, ...] = ()
    version: str = ""
    engine: str = ""
    command: str = ""
    checkpoints: tuple[CheckpointInfo, ...] = ()
    provenance: dict[str, str] = {}

    @classmethod
    def from_json(cls, text: bytes | str) -> RunReport:
        """The report from its JSON.

        Raises:
            UserError: if a field is missing, unknown or of another type; the field is named.
        """
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(["report", *map(str, first["loc"])])
            raise UserError(f"{where}: {first['msg']}") from None
