"""The settings of a score of completions that other tools wrote."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from clean_bench.grading.graders import described, with_tolerance
from clean_bench.samples import protocol_of_files
from clean_bench.scoring.config import ScoreConfig

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
    stop: tuple[str, ...] = ()
    force_start: str = ""
    repeat: int = 0
    grader: str
    tolerance: float | None = None
    seed: int = 0
    seeds: tuple[int, ...] = ()
    formats: tuple[str, ...]

    @property
    def sampling_seeds(self) -> tuple[int, ...]:
        """One seed, which is not known."""
        return (self.seed,)

    @property
    def samples_per_problem(self) -> int:
        """Sampled completions per problem, the least number."""
        return self.samples

    def strict(self, name: str) -> bool:
        """False: the prompts are not known, so the flexible accuracy is the headline."""
        return False

    def protocol(self, mode: str) -> str:
        """The protocol of completions of a mode, as the results name it."""
        grader = described(self.grader, self.tolerance)
        return protocol_of_files(self.formats, self.temperature, grader)

    @property
    def rules(self) -> str:
        """The name of the grader with its tolerance."""
        return with_tolerance(self.grader, self.tolerance)


Settings = ScoreConfig | FileScoreConfig


def settings_of(config: Mapping[str, Any]) -> Settings:
    """The settings in the configuration of an artifact of kind `scores`."""
    if "files" not in config:
        return ScoreConfig.stored(config)
    return FileScoreConfig.model_validate(
        {name: config[name] for name in FileScoreConfig.model_fields if name in config}
    )
