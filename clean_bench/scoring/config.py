"""The settings of a score: everything that decides its completions and its grades."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

from clean_bench import prompts
from clean_bench.errors import UserError
from clean_bench.grading.graders import named
from clean_bench.samples import Sampling, protocol_of_files


class ScoreConfig(BaseModel):
    """How completions are made and graded; also the section `score` of a recipe.

    The score under the first of `templates` is the headline. With `samples` 0 only greedy completions
    are made. Every response begins with `force_start`, which the checkpoint continues. `repeat`
    greedy completions are made a second time, in other batches.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    templates: tuple[str, ...] = (prompts.AUTO,)
    samples: int = Field(
        default=0,
        ge=0,
        description="Sampled completions per problem, for avg@k, pass@k and maj@k; 0 decodes greedily "
        "only.",
    )
    temperature: float = Field(default=1.0, description="Temperature of the sampled completions.")
    max_tokens: int = Field(default=512, ge=1, description="Most tokens of a completion.")
    force_start: str = Field(
        default="",
        description="First words of every response, which the checkpoint continues.",
        json_schema_extra={"metavar": "TEXT"},
    )
    repeat: int = Field(
        default=0,
        ge=0,
        description="Greedy completions to decode again in other batches, for the rate of flips.",
    )
    grader: str = Field(
        default="clean-bench",
        description="Rules that grade: clean-bench, math-verify or spurious-rewards.",
        json_schema_extra={"metavar": "NAME"},
    )
    seed: int = Field(default=0, ge=0, description="Seed of the sampling.")

    @field_validator("templates", mode="before")
    @classmethod
    def _one_or_several(cls, value: object) -> object:
        return tuple(value.split(",")) if isinstance(value, str) else value

    def check(self) -> None:
        """Raise `UserError` for a setting that no checkpoint could fulfil."""
        if not (isfinite(self.temperature) and self.temperature > 0):
            raise UserError(
                f"--temperature {self.temperature}: expected a finite number above 0; "
                "--samples 0 decodes greedily"
            )
        if not self.templates:
            raise UserError("--template: name at least one")
        for template in self.templates:
            prompts.check_template(template)
        _require_distinct(self.templates)
        named(self.grader)

    def resolved(self, tokenizer: Any) -> ScoreConfig:
        """The settings with `auto` replaced by the name of the tokenizer's template.

        Raises:
            UserError: as `prompts.resolve_template`, and for a template that is named twice.
        """
        names = tuple(prompts.resolve_template(name, tokenizer) for name in self.templates)
        _require_distinct(names)
        return self.model_copy(update={"templates": names})

    @property
    def sampling(self) -> Sampling:
        return Sampling(self.max_tokens, self.temperature, self.force_start)

    def protocol(self, mode: str) -> str:
        """The protocol of completions of a mode, as the results name it."""
        return self.sampling.protocol(mode, self.grader)


IMPORTED = "imported"
"""The template of completions of other tools: their prompts are stored as the files have them."""


class FileScoreConfig(BaseModel):
    """The settings of a score of completions of other tools (`clean_bench.scoring.from_files`).

    `temperature` is None where the files do not state one, or not the same one. `samples` is 0 where
    each problem has one completion that is not known to be sampled, else the least number of
    completions of a problem. The token limit, the seed and the tokens are not known.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    templates: tuple[str, ...] = (IMPORTED,)
    samples: int = Field(ge=0)
    temperature: float | None
    max_tokens: None = None
    force_start: str = ""
    repeat: int = 0
    grader: str
    seed: int = 0
    formats: tuple[str, ...]

    def protocol(self, mode: str) -> str:
        """The protocol of completions of a mode, as the results name it."""
        return protocol_of_files(self.formats, self.temperature, self.grader)


def settings_of(config: Mapping[str, Any]) -> ScoreConfig | FileScoreConfig:
    """The settings in the configuration of an artifact of kind `scores`."""
    kind = FileScoreConfig if "files" in config else ScoreConfig
    return kind.model_validate({name: config[name] for name in kind.model_fields})


def _require_distinct(names: Sequence[str]) -> None:
    repeated = [name for name in names if names.count(name) > 1]
    if repeated:
        raise UserError(f"--template: {repeated[0]} is named twice; name each only once")
