"""Completions as `score` stored them, by set and template."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from clean_bench.artifacts import Artifact
from clean_bench.errors import UserError
from clean_bench.grading.grade import KINDS, UNDECIDED
from clean_bench.prompts import TEMPLATES
from clean_bench.scoring.run import TABLE

MODES = ("greedy", "sample")
_TEXTS = ("set", "problem_id", "mode", "prompt", "response", "finish", "verdict", "gold")
_COLUMNS = (*_TEXTS, "sample", "token_ids", "logprobs")
_OPTIONAL = ("template", "seed")
SETTINGS = ("temperature", "max_tokens", "force_start", "grader", "engine")
"""What decides completions and verdicts beside the checkpoint, the problems and the template."""
_CERTAIN = 1e-3

Part = tuple[str, str]
"""A set's name and a template's."""


@dataclass(frozen=True, slots=True)
class Completion:
    """One stored completion.

    `own` is the response without its forced beginning: what the checkpoint wrote. `correct` is None
    where the grader did not decide, `seed` where none is stored.
    """

    part: Part
    problem: str
    mode: str
    sample: int
    seed: int | None
    prompt: str
    response: str
    own: str
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
    `settings` holds what the configuration says of `SETTINGS`.
    """

    parts: dict[Part, dict[str, list[Completion]]]
    temperature: float
    start: str
    settings: Mapping[str, Any]

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
        UserError: if a completion comes twice or is not whole (a column or a value is missing, a
            verdict is none of the grader's, a log-probability is none), or there is none.
    """
    config = scores.config
    start = str(config.get("force_start", ""))
    parts: dict[Part, dict[str, list[Completion]]] = {}
    seen = set()
    for shard in scores.shards(TABLE):
        for one in _completions(shard, str(config.get("template", "")), start):
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
    settings = {name: config[name] for name in SETTINGS if name in config}
    return Source(parts, float(config["temperature"]), start, settings)


def shared(
    before: Source, after: Source
) -> tuple[dict[Part, list[str]], dict[str, dict[str, int]]]:
    """The problems that both have, by part, and how many only one of them has, by `SET, TEMPLATE`.

    Raises:
        UserError: if they share no problem under the same template, or a problem of both has two
            answers or, under a template that is not the checkpoint's own, two texts.
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
            if _of_its_own(part[1]) and _asked(old[problem]) != _asked(new[problem]):
                raise UserError(
                    f"--after: problem {problem} of {part[0]} reads {_asked(new[problem])[:60]!r}..., "
                    f"and {_asked(old[problem])[:60]!r}... before: score both checkpoints on the same "
                    "set"
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


def differing(before: Source, after: Source) -> dict[str, list[Any]]:
    """Settings in which two scores differ, `{name: [before, after]}`, those of the engine apart."""
    old, new = (_flat(source.settings) for source in (before, after))
    names = [name for name in dict.fromkeys([*old, *new]) if old.get(name) != new.get(name)]
    return {name: [old.get(name), new.get(name)] for name in names}


def _flat(settings: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in settings.items():
        if isinstance(value, Mapping):
            found |= {f"{name}.{key}": inner for key, inner in value.items()}
        else:
            found[name] = value
    return found


def _of_its_own(template: str) -> bool:
    """Whether a template alone makes the prompt; checkpoints differ in their chat templates."""
    return template in TEMPLATES and not TEMPLATES[template].chat


def _asked(own: Sequence[Completion]) -> str:
    return own[0].prompt.rstrip()  # what stands before a forced beginning is white space


def _named(source: Source) -> str:
    return "; ".join(f"{name} under {template or 'no template'}" for name, template in source.parts)


def _completions(shard: Path, template: str, start: str) -> list[Completion]:
    with pq.ParquetFile(shard) as file:
        present = set(file.schema_arrow.names)
        missing = [name for name in _COLUMNS if name not in present]
        if missing:
            raise UserError(f"{shard}: no column {missing[0]!r}, which scores have")
        optional = [name for name in _OPTIONAL if name in present]
        table = file.read([*_COLUMNS, *optional], use_threads=False)
    for name in _COLUMNS:
        if table[name].null_count:
            raise UserError(f"{shard}: column {name!r} has a row without a value")
    columns = {name: table[name].to_pylist() for name in (*_TEXTS, "sample", *optional)}
    unknown = set(columns["verdict"]) - set(KINDS)
    if unknown:
        raise UserError(f"{shard}: {min(unknown)!r} is no verdict; there are {', '.join(KINDS)}")
    templates = columns.get("template", [template] * len(table))
    seeds = columns.get("seed", [None] * len(table))
    ids, logprobs = arrays(table["token_ids"]), arrays(table["logprobs"])
    found = []
    for i, (name, problem, mode, prompt, response, finish, verdict, gold) in enumerate(
        zip(*(columns[name] for name in _TEXTS), strict=True)
    ):
        # NaN fails both. Rounding lets a certain token be a little more than certain.
        known = (logprobs[i] > -np.inf) & (logprobs[i] < _CERTAIN)
        if len(ids[i]) != len(known) or not known.all():
            raise UserError(
                f"{shard}: row {i} has not one finite log-probability, at most 0, for each token"
            )
        found.append(
            Completion(
                (name, templates[i]),
                problem,
                mode,
                columns["sample"][i],
                seeds[i],
                prompt,
                response,
                response.removeprefix(start),
                finish,
                gold,
                None if verdict in UNDECIDED else verdict == "equal",
                ids[i],
                logprobs[i],
            )
        )
    return found


def arrays(column: pa.ChunkedArray) -> list[Any]:
    """One array a row of a column of lists."""
    found: list[Any] = []
    for chunk in column.chunks:
        flat = chunk.flatten().to_numpy(zero_copy_only=False)
        lengths = chunk.value_lengths().to_numpy(zero_copy_only=False)
        found += np.split(flat, np.cumsum(lengths)[:-1]) if len(lengths) else []
    return found
