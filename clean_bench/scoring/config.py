"""The settings of a score: everything that decides its completions and its grades."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

from clean_bench import prompts
from clean_bench.errors import UserError
from clean_bench.grading.graders import described, with_tolerance
from clean_bench.problems import ProblemSet
from clean_bench.prompts import Example, Template
from clean_bench.samples import Sampling
from clean_bench.scoring.prompting import Prompting, read_definitions

LEAST_TEMPERATURE = 0.001
"""Below it the most likely token has all of the probability, and logits are no longer finite."""
RESOLVED = ("templates", "definitions")
"""Fields that `ScoreConfig.resolved` fills in from the tokenizer of a checkpoint."""
_LATER = frozenset(
    "top_p top_k stop system_prompt num_fewshot fewshot_from seeds definitions examples "
    "tolerance".split()
)
"""Fields that artifacts of earlier versions lack; they were made with the defaults."""


class ScoreConfig(BaseModel):
    """How completions are made and graded; also the section `score` of a recipe.

    The score under the first of `templates` is the headline. With `samples` 0 only greedy completions
    are made. Every response begins with `force_start`, which the checkpoint continues. `repeat`
    greedy completions are made a second time, in other batches.

    `loaded` replaces the names of files by what they hold: `definitions` are the templates of files,
    by name, `examples` those of `fewshot_from`. An artifact stores the result, so that its prompts
    follow from its configuration alone.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    templates: tuple[str, ...] = Field(
        default=(prompts.AUTO,),
        description="Prompt templates (clean-bench list templates); the first is the headline.",
    )
    samples: int = Field(
        default=0,
        ge=0,
        le=10_000_000,
        description="Sampled completions per problem, for avg@k, pass@k and maj@k; 0 decodes greedily "
        "only.",
    )
    temperature: float = Field(default=1.0, description="Temperature of the sampled completions.")
    top_p: float = Field(
        default=1.0,
        gt=0,
        le=1,
        description="Sample from the fewest most likely tokens whose probabilities sum to this "
        "(nucleus sampling), after --top-k; 1 for all.",
    )
    top_k: int = Field(
        default=0,
        ge=0,
        le=10_000_000,
        description="Sample from this many most likely tokens; 0 for all.",
    )
    max_tokens: int = Field(
        default=512, ge=1, le=10_000_000, description="Most tokens of a completion."
    )
    stop: tuple[str, ...] = Field(
        default=(),
        description="Text that ends a completion, beside those of the template; it stays in the "
        "completion. May be repeated.",
        json_schema_extra={"metavar": "TEXT"},
    )
    force_start: str = Field(
        default="",
        description="First words of every response, which the checkpoint continues.",
        json_schema_extra={"metavar": "TEXT"},
    )
    system_prompt: str | None = Field(
        default=None,
        description="System message of chat templates, in place of the template's own; '' for none. On "
        "the command line @FILE reads it from a file.",
        json_schema_extra={"metavar": "TEXT"},
    )
    num_fewshot: int | None = Field(
        default=None,
        ge=0,
        le=1000,
        description="Worked examples before each problem.  [default: the template's: 4 for "
        "minerva-4shot, 8 for gsm8k-8shot, else 0]",
        json_schema_extra={"metavar": "N"},
    )
    fewshot_from: str = Field(
        default="",
        description="Problem set whose first problems with a solution are the worked examples: a "
        "training split, named as for --on. Problems that are scored are left out.",
        json_schema_extra={"metavar": "NAME_OR_PATH"},
    )
    repeat: int = Field(
        default=0,
        ge=0,
        le=10_000_000,
        description="Greedy completions to decode again in other batches, for the rate of flips.",
    )
    grader: str = Field(
        default="clean-bench",
        description="Rules that grade: clean-bench; or, for comparison with the literature, "
        "math-verify, spurious-rewards, qwen2.5-math or qwen2.5-math-minerva.",
        json_schema_extra={"metavar": "NAME"},
    )
    tolerance: float | None = Field(
        default=None,
        description="Largest relative difference of two equal numbers, such as 1e-4, for sets of "
        "measured quantities (minerva).  [default: exact]",
        json_schema_extra={"metavar": "X"},
    )
    seed: int = Field(default=0, ge=0, le=10**18, description="Seed of the sampling.")
    seeds: tuple[int, ...] = Field(
        default=(),
        description="Several seeds of the sampling: --samples completions of each, results of every "
        "seed and of all together, and the standard deviation over seeds.",
        json_schema_extra={"metavar": "S,S,..."},
    )
    definitions: dict[str, Template] = Field(
        default={}, description="Templates that are no built-in ones, by name; those of files."
    )
    examples: tuple[Example, ...] = Field(
        default=(), description="The worked examples, in order; read from fewshot_from."
    )

    @field_validator("templates", mode="before")
    @classmethod
    def _one_or_several(cls, value: object) -> object:
        return tuple(value.split(",")) if isinstance(value, str) else value

    @field_validator("stop", mode="before")
    @classmethod
    def _one_stop_or_several(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value

    @field_validator("definitions", mode="before")
    @classmethod
    def _named(cls, value: object) -> object:
        """A definition is named by its key."""
        if not isinstance(value, Mapping):
            return value
        return {
            name: {"name": name, **fields} if isinstance(fields, Mapping) else fields
            for name, fields in value.items()
        }

    @classmethod
    def stored(cls, config: Mapping[str, Any]) -> ScoreConfig:
        """The settings in the configuration of an artifact of kind `scores`.

        Raises:
            KeyError: for a setting that is missing, except for those that earlier versions did not have.
        """
        names = [name for name in cls.model_fields if name in config or name not in _LATER]
        return cls.model_validate({name: config[name] for name in names})

    def check(self) -> None:
        """Raise `UserError` for a setting that no checkpoint could fulfil."""
        if not 0 < self.temperature <= 1000 or self.temperature < LEAST_TEMPERATURE:
            raise UserError(
                f"--temperature {self.temperature}: expected a finite number above 0, from "
                f"{LEAST_TEMPERATURE} to 1000; --samples 0 decodes greedily"
            )
        if not self.templates:
            raise UserError("--template: name at least one")
        if "" in self.stop:
            raise UserError("--stop '': expected a text, got an empty one")
        self._check_seeds()
        config = self._with_definitions()
        _require_distinct(config.templates)
        config._check_prompts()
        if config.fewshot_from and not config._most_shots():
            raise UserError(
                f"--fewshot-from {config.fewshot_from}: no template has examples; set --num-fewshot"
            )
        with_tolerance(self.grader, self.tolerance)

    def _check_seeds(self) -> None:
        if not self.seeds:
            return
        if len(set(self.seeds)) < len(self.seeds) or not all(
            0 <= seed <= 10**18 for seed in self.seeds
        ):
            got = ",".join(map(str, self.seeds))
            raise UserError(f"--seeds {got}: expected different numbers from 0 on")
        if not self.samples:
            raise UserError(
                "--seeds: expected --samples 1 or more: greedy completions have no seed"
            )
        if self.seed:
            raise UserError(f"--seed {self.seed}: expected either --seed or --seeds, got both")

    def _check_prompts(self) -> None:
        for name in self.templates:
            self._prompting.check(name)

    def loaded(self, sets: Sequence[ProblemSet]) -> ScoreConfig:
        """The settings with template files and worked examples read; those already read are kept.

        Args:
            sets: the scored sets, whose problems are no examples.

        Raises:
            UserError: for a file that holds no template, or a set without enough examples.
        """
        config = self._with_definitions()
        if config.examples or not config.fewshot_from:
            return config
        # Most scores have no examples: the search for duplicates is loaded only for those that do.
        from clean_bench.scoring.examples import choose_examples

        name, examples = choose_examples(config.fewshot_from, config._most_shots(), sets)
        return config.model_copy(update={"fewshot_from": name, "examples": examples})

    def _with_definitions(self) -> ScoreConfig:
        names, definitions = read_definitions(self.templates, self.definitions)
        return self.model_copy(update={"templates": names, "definitions": definitions})

    def resolved(self, tokenizer: Any) -> ScoreConfig:
        """Loaded settings with `auto` replaced by the name of the tokenizer's template.

        Raises:
            UserError: as `prompts.resolve_template`, for a template that is named twice, and for a
            system prompt without a chat template.
        """
        definitions = {
            name: replace(template, special_tokens=dict(tokenizer.special_tokens_map))
            if template.chat_template and template.special_tokens is None
            else template
            for name, template in self.definitions.items()
        }
        names = tuple(
            prompts.resolve_template(definitions.get(name, name), tokenizer)
            for name in self.templates
        )
        _require_distinct(names)
        config = self.model_copy(update={"templates": names, "definitions": definitions})
        config._check_prompts()
        return config

    def template(self, name: str) -> Template:
        """A template of loaded settings with system prompt and examples in their places."""
        return self._prompting.template(name)

    def strict(self, name: str) -> bool:
        """Whether the strict accuracy is the headline of a template of loaded settings."""
        return self.template(name).strict

    def _most_shots(self) -> int:
        return max(map(self._prompting.shots, self.templates))

    @property
    def _prompting(self) -> Prompting:
        return Prompting(
            self.definitions,
            self.system_prompt,
            self.num_fewshot,
            self.fewshot_from,
            self.examples,
        )

    @property
    def sampling_seeds(self) -> tuple[int, ...]:
        """The seeds of the sampling; completion i of a problem is of seed number i // samples."""
        return self.seeds or (self.seed,)

    @property
    def samples_per_problem(self) -> int:
        """Sampled completions per problem, over all seeds."""
        return self.samples * len(self.sampling_seeds)

    @property
    def sampling(self) -> Sampling:
        return Sampling(
            self.max_tokens,
            self.temperature,
            self.force_start,
            self.top_p,
            self.top_k,
            self.stop,
            self._prompting.note(),
        )

    @property
    def rules(self) -> str:
        """The name of the grader with its tolerance."""
        return with_tolerance(self.grader, self.tolerance)

    def protocol(self, mode: str) -> str:
        """The protocol of completions of a mode, as the results name it."""
        return self.sampling.protocol(mode, described(self.grader, self.tolerance))


def _require_distinct(names: Sequence[str]) -> None:
    repeated = [name for name in names if names.count(name) > 1]
    if repeated:
        raise UserError(f"--template: {repeated[0]} is named twice; name each only once")
