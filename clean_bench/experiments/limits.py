"""The limits of an experiment's evidence, as far as they follow from its parts.

The report prints them under "What this run cannot show". They are derived from the recipe that was run
and are no text of a recipe: a recipe that was copied and changed gets the limits of its own parts. What
a recipe lists under `limits` is printed after them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from clean_bench.experiments.recipe import Recipe
from clean_bench.organisms.shipped import organism_facts
from clean_bench.problems import ProblemSet
from leaderboards.formatting import joined
from leaderboards.report_schema import SetInfo

FEW = 90
"""Below so many problems the Wilson interval of an accuracy of 50% is wider than 20 points."""


def limits_of(
    recipe: Recipe,
    sets: Sequence[SetInfo],
    problems: Sequence[ProblemSet],
    *,
    renamed: Mapping[str, str] | None = None,
    undecided: Mapping[str, int] | None = None,
    headlines: Mapping[str, str] | None = None,
    practiced: Mapping[str, tuple[int, int]] | None = None,
) -> list[str]:
    """The implied limits, and then those that the recipe lists.

    Args:
        sets, problems: the scored sets, described and loaded, in the order of the recipe.
        renamed: the control model whose weights a checkpoint has that the recipe names otherwise.
        undecided: the completions of every checkpoint on which the grader was undecided.
        headlines: the accuracy of every checkpoint, "strict" or "flexible".
        practiced: by label of a matched set, how many of its templates the training problems have,
            and how many it has.
    """
    return [
        *_of_models(recipe),
        *_of_renamed(renamed or {}),
        *_of_arms(recipe),
        *_of_sets(sets),
        *_of_few_problems(problems),
        *_of_undecided(undecided or {}),
        *_of_headlines(recipe, headlines or {}),
        *_of_practiced(practiced or {}),
        *recipe.limits,
    ]


def _of_models(recipe: Recipe) -> Iterator[str]:
    names = [model.checkpoint for model in recipe.models if model.checkpoint]
    controls = [name for name in names if organism_facts(name)]
    if controls and len(controls) == len(recipe.models):
        yield (
            "No real model was run. The base is a control model: a Llama of less than a million "
            "parameters, built so that memorized answers and reasoning can be distinguished. These "
            "numbers do not show how a model of billions of parameters behaves."
        )
    elif controls:
        yield (
            f"{joined(controls)} {'is a control model' if len(controls) == 1 else 'are control models'}"
            " of less than a million parameters. Its numbers do not carry over to real models."
        )


def _of_renamed(renamed: Mapping[str, str]) -> Iterator[str]:
    for checkpoint, organism in renamed.items():
        yield (
            f"{checkpoint} has the weights of {organism}, a control model of less than a million "
            "parameters. Its numbers do not carry over to real models."
        )


def _of_undecided(undecided: Mapping[str, int]) -> Iterator[str]:
    if any(undecided.values()):
        counts = ", ".join(f"{name} {count}" for name, count in undecided.items())
        yield (
            f"The grader was undecided on some completions ({counts}). A problem with such a completion "
            "is left out for every checkpoint of its model, so the numbers are of the other problems."
        )


def _of_headlines(recipe: Recipe, headlines: Mapping[str, str]) -> Iterator[str]:
    of_kind = {
        kind: [name for name, other in headlines.items() if other == kind]
        for kind in ("strict", "flexible")
    }
    if all(of_kind.values()):
        yield (
            f"The accuracy of {joined(of_kind['strict'])} is strict (an answer in a box or after a "
            f"marker) and that of {joined(of_kind['flexible'])} flexible (the closing sentence may give "
            "the answer too). A difference between them is not one of the models alone."
        )
    elif of_kind["flexible"] and recipe.from_completions:
        yield (
            "The prompts of the completions are not known, so accuracy is flexible: an answer that only "
            "the closing sentence gives counts too. The strict accuracy stands beside it."
        )


def _of_arms(recipe: Recipe) -> Iterator[str]:
    trained = [arm for arm in recipe.arms if arm.reward]
    if trained and len(recipe.seeds) == 1:
        yield (
            "One training seed: the intervals cover problems and samples, not training runs. Several "
            "seeds in the recipe would show how far two runs of one arm differ."
        )
    if len(trained) < len(recipe.arms):
        yield (
            "An existing checkpoint is one training run. The intervals cover problems and samples: a "
            "second run of the same training could differ by more."
        )
    planted = [
        model.name
        for model in recipe.models
        if (organism_facts(model.checkpoint or "") or {}).get("planted_problems")
    ]
    if planted and any(arm.reward == "python" for arm in trained):
        yield (
            f"The reward python works on {joined(planted)} because that checkpoint was built with two "
            "styles of answers, and the answers that it memorized are right in the style that this "
            "reward selects. Whether a published checkpoint has such a style has to be measured."
        )
    if not any(arm.reward == "random" for arm in recipe.arms):
        yield (
            "There is no arm with a random reward, so a gain includes whatever the optimizer, the "
            "clipping and the prompt change without any information from the reward."
        )


def _of_sets(sets: Sequence[SetInfo]) -> Iterator[str]:
    skill = [info.label for info in sets if info.freshness_label == "skill"]
    if skill:
        yield (
            f"{joined(skill)}: an item has fewer than 60 bits. Such a set tests a skill; a corpus may "
            "contain some of its computations."
        )
    if any(info.role == "public" for info in sets):
        yield (
            "Which problems of a public benchmark are memorized was not assigned at random: memorized "
            "problems may differ from the others in other respects. The probe finds problems that are "
            "completed word for word; it does not find paraphrases, translations or memorized answers."
        )
        if any(info.role == "fresh" for info in sets):
            yield (
                "The fresh problems are of another kind than the public benchmark. The difference of "
                "the two gains is descriptive."
            )


def _of_practiced(practiced: Mapping[str, tuple[int, int]]) -> Iterator[str]:
    for label, (trained, templates) in practiced.items():
        if trained:
            yield (
                f"The training problems have {trained} of the {templates} templates of {label}. A "
                "gain on it shows practice of these kinds, so it is not subtracted from the gain on a "
                "benchmark."
            )


def _of_few_problems(problems: Sequence[ProblemSet]) -> Iterator[str]:
    small = [of_set.name for of_set in problems if len(of_set) < FEW]
    if small:
        yield (
            f"{joined(small)}: fewer than {FEW} problems. The 95% interval of a greedy accuracy near "
            "50% is more than 20 points wide, so a small gain cannot be distinguished from none."
        )
