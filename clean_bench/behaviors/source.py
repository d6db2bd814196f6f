"""Completions as `score` stored them, by set and template."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from clean_bench.answers.grade import UNDECIDED
from clean_bench.artifacts import Artifact
from clean_bench.errors import UserError
from clean_bench.scoring.run import TABLE

MODES = ("greedy", "sample")
_TEXTS = ("set", "problem_id", "mode", "prompt", "response", "finish", "verdict", "gold")

Part = tuple[str, str]
"""A set's name and a template's."""


@dataclass(frozen=True, slots=True)
class Completion:
    """One stored completion. `correct` is None where the grader did not decide."""

    part: Part
    problem: str
    mode: str
    sample: int
    prompt: str
    response: str
    finish: str
    gold: str
    correct: bool | None
    token_ids: npt.NDArray[np.int32]
    logprobs: npt.NDArray[np.float32]

    @property
    def key(self) -> tuple[str, str, str, str, int]:
        """What no other completion of the same scores has."""
        return (*self.part, self.problem, self.mode, self.sample)


@dataclass(frozen=True)
class Source:
    """Greedy and sampled completions of a checkpoint: by part, by problem, greedy first.

    `start` is the forced beginning of every response: the checkpoint read it after the prompt.
    """

    parts: dict[Part, dict[str, list[Completion]]]
    temperature: float
    start: str = ""

    def only(self, kept: Mapping[Part, Sequence[str]]) -> Source:
        """The completions of these problems of these parts, in this order."""
        parts = {
            part: {problem: self.parts[part][problem] for problem in problems}
            for part, problems in kept.items()
        }
        return replace(self, parts=parts)

    def completions(self) -> list[Completion]:
        """All of them, in order."""
        return [one for problems in self.parts.values() for own in problems.values() for one in own]


def read(scores: Artifact) -> Source:
    """The completions of an artifact of kind `scores`.

    Scores without a column `template` were all made under the one that their configuration names.
    What is neither greedy nor sampled (repeats of greedy ones) is left out.

    Raises:
        UserError: if a completion comes twice, or there is none.
    """
    config = scores.config
    parts: dict[Part, dict[str, list[Completion]]] = {}
    seen = set()
    for table in scores.tables(TABLE):
        for one in _completions(table, str(config.get("template", ""))):
            if one.mode not in MODES:
                continue
            if one.key in seen:
                raise UserError(f"{scores.folder}: {'/'.join(map(str, one.key))} comes twice")
            seen.add(one.key)
            parts.setdefault(one.part, {}).setdefault(one.problem, []).append(one)
    if not parts:
        raise UserError(f"{scores.folder}: holds no completion")
    for problems in parts.values():
        for own in problems.values():
            own.sort(key=lambda one: (MODES.index(one.mode), one.sample))
    return Source(parts, float(config["temperature"]), str(config.get("force_start", "")))


def shared(
    before: Source, after: Source
) -> tuple[dict[Part, list[str]], dict[str, dict[str, int]]]:
    """The problems that both have, by part, and how many only one of them has, by `SET, TEMPLATE`.

    Raises:
        UserError: if they share no problem under the same template, or a problem of both has two
            answers.
    """
    kept: dict[Part, list[str]] = {}
    left_out: dict[str, dict[str, int]] = {}
    for part in dict.fromkeys([*before.parts, *after.parts]):
        old, new = before.parts.get(part, {}), after.parts.get(part, {})
        both = [problem for problem in old if problem in new]
        for problem in both:
            golds = old[problem][0].gold, new[problem][0].gold
            if golds[0] != golds[1]:
                raise UserError(
                    f"--after: problem {problem} of {part[0]} has the answer {golds[1]!r}, and "
                    f"{golds[0]!r} before: score both checkpoints on the same set"
                )
        if both:
            kept[part] = both
        if len(old) != len(both) or len(new) != len(both):
            left_out[", ".join(part)] = {
                "before": len(old) - len(both), "after": len(new) - len(both)
            }  # fmt: skip
    if not kept:
        raise UserError(
            f"--after: no problem in common: before {_named(before)}, after {_named(after)}; score "
            "both checkpoints on the same set under the same template"
        )
    return kept, left_out


def _named(source: Source) -> str:
    return "; ".join(f"{name} under {template or 'no template'}" for name, template in source.parts)


def _completions(table: pa.Table, template: str) -> list[Completion]:
    columns = {name: table[name].to_pylist() for name in _TEXTS}
    samples = table["sample"].to_pylist()
    named = "template" in table.column_names
    templates = table["template"].to_pylist() if named else [template] * len(table)
    ids, logprobs = _slices(table["token_ids"]), _slices(table["logprobs"])
    return [
        Completion(
            (name, templates[i]),
            problem,
            mode,
            samples[i],
            prompt,
            response,
            finish,
            gold,
            None if verdict in UNDECIDED else verdict == "equal",
            ids[i],
            logprobs[i],
        )
        for i, (name, problem, mode, prompt, response, finish, verdict, gold) in enumerate(
            zip(*(columns[name] for name in _TEXTS), strict=True)
        )
    ]


def _slices(column: Any) -> list[Any]:
    """One array a row of a column of lists."""
    flat, lengths = [], []
    for chunk in column.chunks:
        flat.append(chunk.flatten().to_numpy(zero_copy_only=False))
        lengths.append(chunk.value_lengths().fill_null(0).to_numpy(zero_copy_only=False))
    if not flat:
        return []
    return np.split(np.concatenate(flat), np.cumsum(np.concatenate(lengths))[:-1])
