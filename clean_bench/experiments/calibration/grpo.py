"""A short GRPO run on a planted model: what it does to each signal of the probe.

Three kinds:

    truth    the true reward, on problems outside of the set
    random   a random reward, on the same problems
    saw      the true reward, on a random half of the set under test: does the probe see problems that
             reinforcement learning trained on, planted as text or not?
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean
from typing import TYPE_CHECKING, Any

from clean_bench.artifacts import Artifact
from clean_bench.checkpoints import Checkpoint, resolve_checkpoint
from clean_bench.engines.open import EngineConfig
from clean_bench.errors import UserError
from clean_bench.experiments.calibration.curves import mean_over_plantings
from clean_bench.problems import TABLE as PROBLEMS
from clean_bench.problems import Problem, ProblemSet
from clean_bench.progress import bar
from clean_bench.results import Result
from clean_bench.seeds import digest, seed_of
from clean_bench.text.normalize import normalize_spaces

if TYPE_CHECKING:
    from trainers.config import TrainConfig

SAW = "saw"
KINDS = ("truth", "random", SAW)
SETTINGS: Mapping[str, Any] = {
    "steps": 20,
    "prompts_per_step": 16,
    "group_size": 8,
    "minibatches": 1,
    "max_tokens": 48,
    "template": "raw",
}
"""Settings of the training beside its own defaults; planted documents have no template either."""
DETERMINED = ("reward", "seed")
"""Settings that follow from the kind and the planting."""
OF_CHECKPOINT: Mapping[str, Any] = {"learning_rate": 1e-6}
"""Further ones for a given checkpoint; the default rate suits models of a million parameters."""


@dataclass(frozen=True)
class GrpoPlan:
    """The GRPO runs after each planting.

    Attributes:
        kinds: names of `KINDS`.
        problems: what the kinds "truth" and "random" train on; None if neither is run.
        settings: of `trainers.config.TrainConfig`, instead of `SETTINGS`.
    """

    kinds: tuple[str, ...] = ()
    problems: ProblemSet | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Raise `UserError` for an unknown kind, a missing answer and a wrong setting."""
        for kind in self.kinds:
            if kind not in KINDS:
                raise UserError(f"--grpo {kind}: expected one of {', '.join(KINDS)}, got {kind!r}")
        for key in DETERMINED:
            if key in self.settings:
                raise UserError(f"--grpo-set {key}=...: it is not free here; leave it out")
        if self.problems is not None:
            self.problems.require_answers()
        for kind in self.kinds:
            self.config(kind, "1")

    def check_prompts(self, checkpoint: Checkpoint, engine: EngineConfig) -> None:
        """Check the prompts before anything is planted in a checkpoint.

        Raises:
            UserError: naming the first problem whose prompt leaves no room for an answer.
        """
        if self.problems is None:
            return
        from clean_bench import prompts
        from clean_bench.engines.without_weights import WithoutWeights
        from trainers.prompt_lengths import check_prompt_lengths

        reader = WithoutWeights(checkpoint, engine)
        chosen = {**SETTINGS, **self.settings}["template"]
        template = prompts.resolve_template(chosen, reader.tokenizer)
        check_prompt_lengths(reader, self.problems, template, reader.tokenizer)

    def describe(self) -> dict[str, Any]:
        """The runs in the configuration of a calibration; nothing without them."""
        if not self.kinds:
            return {}
        return {
            "grpo_settings": dict(self.settings),
            "grpo_set_sha256": None if self.problems is None else self.problems.content_sha256,
        }

    def config(self, kind: str, seed: str) -> TrainConfig:
        """The configuration of a run; `UserError` for a wrong setting."""
        from trainers.config import make_config

        reward = "random" if kind == "random" else "truth"
        values = {
            **SETTINGS,
            **self.settings,
            "seed": seed_of("calibration GRPO", kind, seed) % 2**31,
            "reward": reward,
        }
        return make_config(values, "--grpo-set")


def train_after(
    planting: Path,
    out: Path,
    kind: str,
    seed: str,
    plan: GrpoPlan,
    tested: ProblemSet,
    engine: EngineConfig,
) -> Artifact:
    """Train the checkpoint of a planting; resumes an interrupted training.

    Args:
        tested: the set under test, of which "saw" trains on a half.
    """
    from trainers.train import train

    config = plan.config(kind, seed)
    problems = plan.problems
    if kind == SAW:
        problems = ProblemSet("saw", half_of(tested, seed), role="train")
    assert problems is not None
    with bar(f"training {out.name}", config.steps) as steps:
        return train(
            resolve_checkpoint(str(planting / "checkpoint")),
            problems,
            config,
            out,
            engine=engine,
            progress=lambda step, metrics: steps.move_to(step, f"reward {metrics['reward']:.2f}"),
            detail=steps.detail,
        )


def half_of(tested: ProblemSet, seed: str) -> list[Problem]:
    """A random half of the problems that have an answer, in their order."""
    answered = [problem for problem in tested if (problem.answer or "").strip()]
    if len(answered) < 2:
        raise UserError(
            f"--grpo saw: expected problems with answers, got {len(answered)} of {len(tested)}"
        )
    ranked = sorted(answered, key=lambda p: digest("calibration GRPO", seed, p.id))
    chosen = {problem.id for problem in ranked[: len(ranked) // 2]}
    return [problem for problem in answered if problem.id in chosen]


def training_means(
    trainings: Sequence[Sequence[Mapping[str, Any]]], head: Result
) -> Iterator[Result]:
    """Means over the steps of the trainings of a group, with Student's interval over trainings.

    Where no group of rollouts has two different rewards, GRPO has no gradient and the model is the
    planted one.

    Args:
        trainings: the rows of the table `metrics` of each.
    """
    for name in ("reward", "frac_zero_std_groups"):
        means = [mean(step[name] for step in steps) for steps in trainings]
        yield head.of(f"grpo_{name}", mean_over_plantings(means))


def seen_ids(training: Artifact, tested: Sequence[Problem]) -> set[str]:
    """Ids of the problems of the set under test whose text a training trained on."""
    trained = {normalize_spaces(row["problem"]) for row in training.rows(PROBLEMS)}
    return {problem.id for problem in tested if normalize_spaces(problem.problem) in trained}
