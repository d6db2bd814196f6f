"""Checks of a recipe before its first stage, so that none fails after hours of training.

Only tokenizers are loaded: prompts are rendered as training and scoring will render them, and generated
sets are compared with the number of problems that their family has.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from clean_bench import prompts
from clean_bench.checkpoints import Checkpoint, ServedModel
from clean_bench.engines.stated_ends import require_end_token
from clean_bench.engines.without_weights import WithoutWeights
from clean_bench.errors import UserError
from clean_bench.experiments.plan import Subject, subjects_of
from clean_bench.experiments.recipe import DataRecipe, Recipe
from clean_bench.problems import ProblemSet
from generators.competition.plan import check_plan as check_matched
from generators.family import Split
from generators.registry import family
from generators.set_plan import SetPlan, check_plan, parse_steps
from trainers.labels import Labels, load_labels
from trainers.prompt_lengths import check_prompt_lengths
from trainers.rewards import parse_reward, prepare_problems


def check_generated(recipe: Recipe) -> None:
    """Check that every generated set can be drawn.

    Raises:
        UserError: naming the set, for an unknown tier or more problems than exist.
    """
    if recipe.data is not None:
        _check_drawn(recipe.data, "data", "train")
    for entry in recipe.sets:
        _check_drawn(entry, f"set {entry.label}", "eval")


def _check_drawn(data: DataRecipe, where: str, split: Split) -> None:
    matched = data.matched_plan(b"")
    if matched is not None:
        with _named(f"recipe: {where}"):
            check_matched(matched)
        return
    if data.family is None or data.count is None:
        return
    definition = family(data.family)
    tiers = parse_steps(data.steps or "", definition.tiers, "recipe: steps =")
    plan = SetPlan(definition, *tiers, data.count, split, b"", definition.notations[0])
    try:
        check_plan(plan)
    except UserError as error:
        raise UserError(f"recipe: {where}: {error}") from None


def check_prompts(
    recipe: Recipe, checkpoints: Mapping[str, Checkpoint], data: ProblemSet | None
) -> dict[str, WithoutWeights]:
    """Check that every checkpoint can be scored, and every arm trained, under its template.

    Args:
        recipe: with its sets named and its templates loaded.
        checkpoints: those that exist, by their names in the results.
        data: the training problems, where they are not generated.

    Returns:
        The tokenizers that were read, by the names of the checkpoints.

    Raises:
        UserError: naming the checkpoint, for a template that its tokenizer lacks, a training prompt
            that leaves no room for a response, or a checkpoint to train without an end token.
    """

    readers: dict[str, WithoutWeights] = {}

    def reader(name: str) -> WithoutWeights | None:
        checkpoint = checkpoints.get(name)
        if checkpoint is None or isinstance(checkpoint, ServedModel):
            return None
        if name not in readers:
            readers[name] = WithoutWeights(checkpoint, recipe.engine)
        return readers[name]

    checked: set[tuple[str, str]] = set()
    for subject in subjects_of(recipe):
        base_name = Subject(subject.model).name
        base = reader(base_name)
        if subject.completions or base is None:
            continue
        with _named(base_name):
            score = recipe.score.resolved(base.tokenizer)
        with _named(subject.name):
            if subject.training_key is None:
                own = reader(subject.name)
                if own is not None:
                    score.resolved(own.tokenizer)
                continue
            assert subject.arm is not None and subject.seed is not None
            template = recipe.arm_config(subject.arm, subject.seed).template
            if (base_name, template) not in checked:
                checked.add((base_name, template))
                require_end_token(base.tokenizer, checkpoints[base_name].folder, base_name)
                template = prompts.resolve_template(template, base.tokenizer)
                if data is not None:
                    check_prompt_lengths(base, data, template, base.tokenizer)
    return readers


def load_arm_labels(recipe: Recipe, data: ProblemSet | None) -> dict[str, Labels]:
    """The labels of each arm that has some, by its name.

    Args:
        data: the training problems, where they are not generated.

    Raises:
        UserError: naming the arm, for labels that cannot be read, and a reward that cannot be computed
            on the training problems.
    """
    labels: dict[str, Labels] = {}
    for arm in recipe.arms:
        if not arm.reward:
            continue
        config = recipe.arm_config(arm, recipe.seeds[0])
        with _named(f"arm {arm.name}"):
            by_labels = [
                reward
                for reward in (arm.reward, *config.log_rewards)
                if parse_reward(reward).needs_labels
            ]
            if by_labels and arm.labels is None:
                raise UserError(
                    f"the reward {by_labels[0]} needs labels, got none: set labels = to a folder of "
                    "clean-bench label, or to a file"
                )
            if data is None:
                continue
            if arm.labels is not None:
                labels[arm.name] = load_labels(arm.labels, data.problems)
            prepare_problems(arm.reward, config.log_rewards, data, labels.get(arm.name))
    return labels


@contextmanager
def _named(subject: str) -> Iterator[None]:
    """Errors of the block name a checkpoint or an arm."""
    try:
        yield
    except UserError as error:
        raise UserError(f"{subject}: {error}") from None
