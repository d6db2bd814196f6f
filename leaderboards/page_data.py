"""What the page of a run shows beside its report: times, and every problem with its completions.

`experiments` reads both from the folder of the run. They are no part of `report.json`: times differ
between equal runs, and completions are large.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

SAMPLES_SHOWN = 2
"""Sampled completions per problem and checkpoint; the others are counted."""


@dataclass(frozen=True, slots=True)
class RunTimes:
    """The first and the last moment of the measurements of a run, in ISO 8601."""

    begun: str
    finished: str

    @property
    def seconds(self) -> int:
        """Seconds from the first to the last moment, interruptions included."""
        begun, finished = map(datetime.fromisoformat, (self.begun, self.finished))
        return max(0, round((finished - begun).total_seconds()))


@dataclass(frozen=True, slots=True)
class Completion:
    """One graded completion; `mode` is "greedy" or "sample".

    `score` is 1 where the answer is right, 0 where it is wrong or missing, None where the grader was
    undecided.
    """

    mode: str
    text: str
    grade: str
    score: float | None
    extracted: str | None
    finish: str


@dataclass(slots=True)
class Answers:
    """The completions of one checkpoint for one problem.

    `correct` and `decided` count sampled completions, `cut` all that reached the token limit, of
    `completions`. `shown` holds the greedy completion and the first sampled ones.
    """

    correct: int = 0
    decided: int = 0
    cut: int = 0
    completions: int = 0
    shown: list[Completion] = field(default_factory=list)

    def add(self, completion: Completion) -> None:
        """Count a completion, and keep it if it is the greedy one or among the first samples."""
        self.completions += 1
        self.cut += completion.finish == "length"
        sampled = completion.mode != "greedy"
        if sampled and completion.score is not None:
            self.decided += 1
            self.correct += completion.score > 0
        of_mode = sum((kept.mode != "greedy") == sampled for kept in self.shown)
        if of_mode < (SAMPLES_SHOWN if sampled else 1):
            self.shown.append(completion)


@dataclass(frozen=True, slots=True)
class ProblemRow:
    """One problem of one set, and what every checkpoint of one model answered.

    `memorized` is None where the base was not probed on it, `copies` where nothing is known of planted
    copies. `answers` has an entry per checkpoint of the `ProblemTable`, None without completions.
    """

    set: str
    id: str
    text: str
    gold: str
    memorized: bool | None = None
    copies: int | None = None
    answers: Sequence[Answers | None] = ()


@dataclass(frozen=True, slots=True)
class ProblemTable:
    """The problems of one model: its base first among the checkpoints."""

    model: str
    checkpoints: Sequence[str]
    rows: Sequence[ProblemRow]
