"""The settings of `clean-bench label`."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from clean_bench import prompts
from clean_bench.samples import Sampling


class LabelConfig(BaseModel):
    """How the samples are made whose most frequent answer becomes the label of a problem.

    The defaults are those of the labelling script of 2506.10947, except the prompt: that script gives
    the bare problem (`raw`) to every model.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    samples: int = Field(default=64, ge=1, le=100_000, description="Samples per problem.")
    temperature: float = Field(
        default=1.0, ge=0.001, le=1000, description="Temperature of the samples."
    )
    top_p: float = Field(
        default=1.0,
        gt=0,
        le=1,
        description="Sample from the fewest most likely tokens whose probabilities sum to this; 1 for "
        "all.",
    )
    top_k: int = Field(
        default=0,
        ge=0,
        le=10_000_000,
        description="Sample from this many most likely tokens; 0 for all.",
    )
    max_tokens: int = Field(
        default=3072, ge=1, le=10_000_000, description="Most tokens of a sample."
    )
    template: str = Field(
        default=prompts.AUTO,
        description="Prompt template (clean-bench list templates). auto is the checkpoint's chat "
        "template where it has one, else the bare problem.",
        json_schema_extra={"metavar": "NAME"},
    )
    seed: int = Field(default=0, ge=0, le=10**18, description="Seed of the sampling.")

    @property
    def sampling(self) -> Sampling:
        return Sampling(self.max_tokens, self.temperature, top_p=self.top_p, top_k=self.top_k)
