"""The stored samples of a folder that `score` or `train` wrote, by set, template and training step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from clean_bench.artifacts import Artifact
from clean_bench.artifacts.damage import damage_named
from clean_bench.errors import UserError
from clean_bench.grading import KINDS
from clean_bench.prompts import TEMPLATES
from clean_bench.results import Result
from clean_bench.samples import (
    GREEDY,
    SAMPLE,
    SCHEMA,
    Sample,
    has_tokens,
    protocol_of_files,
    read_samples,
)
from clean_bench.scoring.config import ScoreConfig

TABLES = {"scores": "samples", "training": "rollouts"}
"""The table of samples of each kind of artifact that is read."""
MODES = (GREEDY, SAMPLE)
SETTINGS = (
    "temperature",
    "top_p",
    "top_k",
    "max_tokens",
    "stop",
    "force_start",
    "system_prompt",
    "num_fewshot",
    "fewshot_from",
    "examples",
    "definitions",
    "grader",
    "engine",
    "formats",
)
"""Settings that decide completions and grades, beside the checkpoint, the problems and the template."""
_OPTIONAL = ("extracted", "extraction")
_CERTAIN = 1e-3


class Part(NamedTuple):
    """Samples that are analyzed together; `step` is None for scores."""

    set: str
    template: str
    step: int | None = None

    @property
    def label(self) -> str:
        """For messages: `SET, TEMPLATE` and the step."""
        at = "" if self.step is None else f", step {self.step}"
        return f"{self.set}, {self.template}{at}"


@dataclass(frozen=True)
class StoredSamples:
    """Greedy and sampled completions of a checkpoint: by part, by problem, greedy first.

    `heads` holds the identifying columns of the results, by set. `settings` are those of `SETTINGS` that
    the configuration holds. `weights_sha256` is that of the base checkpoint for a training run.
    """

    weights_sha256: str
    parts: Mapping[Part, Mapping[str, Sequence[Sample]]]
    heads: Mapping[str, Result]
    settings: Mapping[str, Any]

    @property
    def temperature(self) -> float | None:
        """The temperature of the samples; None where files of other tools do not state it."""
        temperature = self.settings["temperature"]
        return None if temperature is None else float(temperature)

    @property
    def imported(self) -> bool:
        """Whether another tool wrote the completions: their seeds are not known."""
        return "formats" in self.settings

    @property
    def has_tokens(self) -> bool:
        """Whether the tokens of the completions are stored."""
        return has_tokens(self.settings)

    @property
    def unchanged(self) -> bool:
        """Whether samples are drawn from the checkpoint's own distribution over all tokens."""
        settings = self._score_settings
        return settings.temperature == 1 and settings.top_p == 1 and not settings.top_k

    @property
    def by_step(self) -> bool:
        """Whether these are rollouts, written by the checkpoint of each step."""
        return any(part.step is not None for part in self.parts)

    @property
    def force_start(self) -> str:
        return str(self.settings.get("force_start", ""))

    def protocol(self, mode: str) -> str:
        """The protocol of the samples of a mode, as the results name it."""
        if self.imported:
            grader = str(self.settings.get("grader", "clean-bench"))
            return protocol_of_files(self.settings["formats"], self.temperature, grader)
        return self._score_settings.protocol(mode)

    @property
    def _score_settings(self) -> ScoreConfig:
        """The settings as those of a score; a training run has defaults in place of some."""
        names = self.settings.keys() & ScoreConfig.model_fields.keys()
        return ScoreConfig.model_validate({name: self.settings[name] for name in names})

    def text(self, sample: Sample) -> str:
        """The text that the checkpoint generated: the response without its forced beginning."""
        return sample.response.removeprefix(self.force_start)

    def only(self, kept: Mapping[Part, Sequence[str]]) -> StoredSamples:
        """The samples of these problems of these parts, in this order."""
        parts = {
            part: {problem: self.parts[part][problem] for problem in problems}
            for part, problems in kept.items()
        }
        return replace(self, parts=parts)

    def samples(self) -> Iterator[tuple[Part, Sample]]:
        """All of them with their part, in order."""
        for part, problems in self.parts.items():
            for samples in problems.values():
                for sample in samples:
                    yield part, sample


def read_samples_of(artifact: Artifact) -> StoredSamples:
    """The samples of an artifact of kind `scores` or `training`.

    Repeated greedy completions are left out. A problem that is drawn twice at one training step has the
    samples of both groups, numbered on.

    Raises:
        UserError: if a sample occurs twice or is not whole (a column or a value is missing, a grade is
            unknown, a log-probability is not finite), or there is none.
    """
    with damage_named(artifact.folder):
        return _read(artifact)


def _read(artifact: Artifact) -> StoredSamples:
    config = artifact.config
    parts: dict[Part, dict[str, list[Sample]]] = {}
    keys = set()
    for table in artifact.tables(TABLES[artifact.kind], schema=SCHEMA):
        _require_whole(artifact, table)
        steps = table["step"].to_pylist() if "step" in table.column_names else [None] * len(table)
        groups = table["group"].to_pylist() if "group" in table.column_names else [0] * len(table)
        for step, group, sample in zip(steps, groups, read_samples(table), strict=True):
            if sample.mode not in MODES:
                continue
            part = Part(sample.set, sample.template, step)
            key = (part, sample.problem_id, sample.mode, group, sample.index)
            if key in keys:
                name = f"{part.label}: {sample.problem_id}, {sample.mode} {sample.index}"
                raise UserError(f"{artifact.folder}: {name} occurs twice")
            keys.add(key)
            _require_logprobs(artifact, sample)
            samples = parts.setdefault(part, {}).setdefault(sample.problem_id, [])
            samples.append(sample if step is None else replace(sample, index=len(samples)))
    if not parts:
        raise UserError(f"{artifact.folder}: holds no samples")
    for problems in parts.values():
        for samples in problems.values():
            samples.sort(key=lambda sample: (MODES.index(sample.mode), sample.index))
    return StoredSamples(
        weights_sha256=weights_of(artifact),
        parts=parts,
        heads=_heads(artifact),
        settings={name: config[name] for name in SETTINGS if name in config},
    )


def weights_of(artifact: Artifact) -> str:
    """The hash of the weights of a score's checkpoint, or of a training run's base checkpoint."""
    name = "base_weights_sha256" if artifact.kind == "training" else "weights_sha256"
    return str(artifact.config[name])


def _heads(artifact: Artifact) -> dict[str, Result]:
    """The columns that identify checkpoint, arm and set in the results, by set."""
    config, provenance = artifact.config, artifact.manifest["provenance"]
    head = Result(weights_sha256=weights_of(artifact))
    if artifact.kind == "training":
        name = config["data"]
        head = head._replace(
            checkpoint=provenance["base"], arm=config["reward"], seed=config["seed"], role="train"
        )
        return {name: head._replace(set=name, set_sha256=config["data_sha256"])}
    head = head._replace(checkpoint=provenance["checkpoint"])
    return {
        entry["name"]: head._replace(
            set=entry["name"], set_sha256=entry["sha256"], role=entry["role"]
        )
        for entry in config["sets"]
    }


def shared_problems(
    before: StoredSamples, after: StoredSamples
) -> tuple[dict[Part, list[str]], list[dict[str, Any]]]:
    """The problems that both have, by part, and counts of those that only one of them has.

    Raises:
        UserError: if they share no problem under the same template, or a problem of both has two gold
            answers or, under a template without the checkpoint's chat template, two texts.
    """
    kept: dict[Part, list[str]] = {}
    left_out: list[dict[str, Any]] = []
    for part in dict.fromkeys([*before.parts, *after.parts]):
        old, new = before.parts.get(part, {}), after.parts.get(part, {})
        both = [problem for problem in old if problem in new]
        for problem in both:
            _require_same(part, problem, old[problem][0], new[problem][0])
        if both:
            kept[part] = both
        if len(old) != len(both) or len(new) != len(both):
            only = {"before": len(old) - len(both), "after": len(new) - len(both)}
            left_out.append({**part._asdict(), **only})
    if not kept:
        raise UserError(
            f"--after: no problem in common: before {_labels(before)}; after {_labels(after)}; expected "
            "scores of the same set under the same template, or training runs of the same data and seed"
        )
    return kept, left_out


def differing_settings(before: StoredSamples, after: StoredSamples) -> dict[str, list[Any]]:
    """Settings in which two folders differ, `{name: [before, after]}`; those of the engine singly."""
    old, new = (_flat(source.settings) for source in (before, after))
    names = [name for name in dict.fromkeys([*old, *new]) if old.get(name) != new.get(name)]
    return {name: [old.get(name), new.get(name)] for name in names}


def _flat(settings: Mapping[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in settings.items():
        if isinstance(value, Mapping):
            flat |= {f"{name}.{key}": inner for key, inner in value.items()}
        else:
            flat[name] = value
    return flat


def _require_same(part: Part, problem: str, old: Sample, new: Sample) -> None:
    if old.gold != new.gold:
        raise UserError(
            f"--after: problem {problem} of {part.set} has the gold answer {new.gold!r}, expected "
            f"{old.gold!r} as before: score both checkpoints on the same set"
        )
    # Checkpoints differ in their chat templates; white space precedes a forced beginning.
    plain = part.template in TEMPLATES and not TEMPLATES[part.template].chat
    texts = old.prompt.rstrip(), new.prompt.rstrip()
    if plain and texts[0] != texts[1]:
        raise UserError(
            f"--after: problem {problem} of {part.set} reads {texts[1][:60]!r}..., expected "
            f"{texts[0][:60]!r}... as before: score both checkpoints on the same set"
        )


def _labels(samples: StoredSamples) -> str:
    """The sets and templates, with the training steps of each."""
    steps: dict[str, list[int]] = {}
    for part in samples.parts:
        of_part = steps.setdefault(f"{part.set} under {part.template}", [])
        of_part += [] if part.step is None else [part.step]
    return "; ".join(
        f"{name}, steps {each[0]} to {each[-1]}" if each else name for name, each in steps.items()
    )


def _require_whole(artifact: Artifact, table: pa.Table) -> None:
    for name in SCHEMA.names:
        if name not in table.column_names:
            raise UserError(f"{artifact.folder}: expected a column {name!r} of samples, got none")
        if name not in _OPTIONAL and table[name].null_count:
            raise UserError(f"{artifact.folder}: column {name!r} has a row without a value")
    unknown = set(table["grade"].to_pylist()) - set(KINDS)
    if unknown:
        raise UserError(
            f"{artifact.folder}: expected a grade of {', '.join(KINDS)}, got {min(unknown)!r}"
        )


def _require_logprobs(artifact: Artifact, sample: Sample) -> None:
    logprobs = np.asarray(sample.logprobs)
    # NaN fails both. Rounding may put a certain token slightly above 0.
    known = (logprobs > -np.inf) & (logprobs < _CERTAIN)
    if len(sample.token_ids) != len(known) or not known.all():
        raise UserError(
            f"{artifact.folder}: {sample.set}/{sample.problem_id}, {sample.mode} {sample.index}: "
            f"expected one finite log-probability, at most 0, for each of {len(sample.token_ids)} tokens"
        )
