"""Check the prompts and the gold answers of rollouts against the stored training set."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

import pyarrow as pa

from clean_bench import prompts
from clean_bench.artifacts import Artifact, Failure
from clean_bench.artifacts.manifest import NAME
from clean_bench.problems import TABLE as PROBLEMS
from clean_bench.problems import Problem, ProblemSet, check_named_set, describe_sets, from_rows
from clean_bench.prompts import Template, plain_prompt
from clean_bench.prompts.stored_chat import KEY as CHAT
from clean_bench.prompts.stored_chat import ChatFrames, chat_prompts_agree, with_chat
from trainers.config import TrainConfig
from trainers.prompt_order import at_places
from trainers.rollouts import TABLE

_COLUMNS = ("problem_id", "gold", "prompt")
_PLACES = ("step", "group")


def check_prompts(artifact: Artifact, config: TrainConfig, rollouts: pa.Table) -> Iterator[Failure]:
    """Rollouts of other problems than the seed picks, with other gold answers or other prompts.

    An artifact of an earlier version holds no training set. Of its rollouts, those of one problem must
    have one gold answer and one prompt.

    Args:
        rollouts: all of them, whole groups in order.
    """
    template = with_chat(prompts.template_named(artifact.metadata["template"]), artifact.metadata)
    if CHAT in artifact.metadata and not template.chat:
        yield Failure(NAME, "metadata: holds a chat template, and no prompt was made with one")
    if config.template not in (prompts.AUTO, template.name):
        yield Failure(NAME, f"template is {template.name}, the configuration has {config.template}")
    firsts = rollouts.select((*_COLUMNS, *_PLACES)).take(
        list(range(0, len(rollouts), config.group_size))
    )
    groups = [tuple(row.values()) for row in firsts.select(_COLUMNS).to_pylist()]
    if not artifact.shards(PROBLEMS):
        yield from _changing(groups, config)
        return
    problems = from_rows(artifact.rows(PROBLEMS))
    stored = ProblemSet(artifact.config["data"], problems)
    if stored.content_sha256 != artifact.config["data_sha256"]:
        yield Failure(PROBLEMS, f"are not the set {stored.name} that the configuration names")
        return
    [entry] = describe_sets([stored])
    entry.pop("role")  # any set may serve as training data
    yield from check_named_set(PROBLEMS, entry, problems)
    places: dict[int, list[int]] = {}
    for row in firsts.select(_PLACES).to_pylist():
        places.setdefault(row["step"], []).append(row["group"])
    picked = [
        problem
        for step, of_step in places.items()
        for problem in at_places(problems, config, step, of_step)
    ]
    yield from _differences(groups, picked, template, config)


def _differences(
    groups: list[tuple[str, ...]],
    picked: list[Problem],
    template: Template,
    config: TrainConfig,
) -> Iterator[Failure]:
    same: list[tuple[str, str, str]] = []
    for number, ((problem_id, gold, prompt), problem) in enumerate(
        zip(groups, picked, strict=True)
    ):
        where = _where(number, config)
        if problem_id != problem.id:
            yield Failure(where, f"is of problem {problem_id}, the seed picks {problem.id}")
            return
        if gold != problem.answer:
            yield Failure(
                where, f"has the gold answer {gold!r}, and its problem {problem.answer!r}"
            )
        same.append((where, problem.problem, prompt))
    yield from other_prompts(same, template)


def other_prompts(entries: Iterable[tuple[str, str, str]], template: Template) -> Iterator[Failure]:
    """Prompts that a template does not make of their problems.

    Args:
        entries: where the prompt is, the text of its problem, and the prompt.
    """
    frames = ChatFrames()
    chats: dict[str, tuple[str, tuple[str, Template, str]]] = {}
    for where, problem, prompt in entries:
        if not template.chat:
            if prompt != plain_prompt(problem, template):
                yield Failure(where, _other(template))
        elif template.chat_template:
            chats.setdefault(prompt, (where, (problem, template, prompt)))
        elif what := frames.difference(template, problem, prompt):
            yield Failure(where, what)
    agree = chat_prompts_agree([chat for _, chat in chats.values()]) or []
    for (where, _), same in zip(chats.values(), agree, strict=False):
        if not same:
            yield Failure(where, _other(template))


def _changing(groups: list[tuple[str, ...]], config: TrainConfig) -> Iterator[Failure]:
    """Problems whose gold answer or prompt changes from one step to another."""
    first: dict[str, tuple[str, ...]] = {}
    changed = (
        Failure(_where(number, config), f"has another gold answer or prompt of problem {group[0]}")
        for number, group in enumerate(groups)
        if first.setdefault(group[0], group) != group
    )
    yield from islice(changed, 100)


def _where(number: int, config: TrainConfig) -> str:
    step, place = divmod(number, config.prompts_per_step)
    return f"{TABLE} step {step}, group {place}"


def _other(template: Template) -> str:
    return f"has a prompt that the template {template.name} does not make of its problem"
