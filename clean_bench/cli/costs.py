"""What each command would take, from its checked input; no model is loaded, nothing is written.

The model of time and memory is `clean_bench.estimates`; here are the counts that go into it.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

from clean_bench.checkpoints import Checkpoint, ServedModel
from clean_bench.checkpoints.model_size import ModelSize, model_size
from clean_bench.cli.train_cost import training_cost
from clean_bench.engines.open import AUTO, VLLM, EngineConfig
from clean_bench.engines.without_weights import WithoutWeights
from clean_bench.errors import UserError
from clean_bench.estimates import (
    CPU,
    FLOAT32,
    GPU,
    GPU_VLLM,
    HALF,
    ROW_BYTES,
    TOKEN_BYTES,
    Cost,
    Machine,
    Work,
    generation_cost,
    total,
)
from clean_bench.problems import Problem, ProblemSet
from clean_bench.progress import phase
from leaderboards.view import BASE

if TYPE_CHECKING:
    from clean_bench.experiments.run import Checked
    from clean_bench.problems.stream import ProblemStream
    from generators.competition.plan import MatchedPlan
    from generators.competition.twins import TwinFiles
    from generators.decontaminate import CorpusFiles
    from generators.family import Split
    from generators.sampler import DrawnRow
    from generators.set_plan import SetPlan

SAMPLE_ROWS = 64
"""Rows of a generated set that are drawn to learn their length and speed."""
MATCHED_ROW_BYTES = 5_000
"""Memory for a row of a matched set, which is drawn as a whole."""
PROCESS_BYTES = 150_000_000
"""A process of the project without a model."""
HASHED_BYTES = 1e9
"""Bytes of weights hashed per second."""
OVERLAP_SECONDS = 90e-6
"""Seconds per training row, as documented at `overlap`."""
BUILD_SECONDS = 900.0
_WEIGHTS = "*.safetensors"


class Subject:
    """A checkpoint of an estimate: its tokenizer, its sizes and the machine.

    Args:
        reader: its tokenizer, where that was read before.

    Raises:
        UserError: as `WithoutWeights`.
    """

    def __init__(
        self, checkpoint: Checkpoint, config: EngineConfig, reader: WithoutWeights | None = None
    ) -> None:
        self.folder = checkpoint.folder
        self.size: ModelSize = model_size(checkpoint.folder)
        reader = reader or WithoutWeights(checkpoint, config)
        self.name, self.tokenizer = reader.name, reader.tokenizer
        self.context_length, self.encode = reader.context_length, reader.encode
        self.length = cache(reader.length)
        self.machine = machine_of(config, self.name)

    def work(self, requests: Iterable[Any]) -> Work:
        """The work of requests to an engine; a prompt that fills the context gives no completion."""
        completions = prompt_tokens = generated = longest = 0
        for request in requests:
            length = self.length(request.prompt, request.special_tokens)
            limit = min(request.max_tokens, self.context_length - length)
            if length and limit > 0:
                generated += limit
                longest = max(longest, length + limit)
                prompt_tokens += length
            completions += 1
        return Work(completions, prompt_tokens, generated, 0, longest)


def machine_of(config: EngineConfig, engine: str) -> Machine:
    """The machine that an estimate assumes for the options and the hardware at hand."""
    import torch

    gpu = torch.cuda.is_available() if config.device is None else config.device.startswith("cuda")
    machine = CPU if not gpu else GPU_VLLM if engine == VLLM else GPU
    sizes = {AUTO: machine.value_bytes, "float32": FLOAT32}
    copies = config.data_parallel if gpu else 1
    devices = config.tensor_parallel * copies
    return replace(
        machine,
        value_bytes=sizes.get(config.dtype, HALF),
        operations=machine.operations * devices,
        bandwidth=machine.bandwidth * devices,
        cache_bytes=machine.cache_bytes * devices,
        rows=config.batch_size * config.data_parallel,
    )


def subject_of(
    checkpoint: Checkpoint, config: EngineConfig, reader: WithoutWeights | None = None
) -> Subject | None:
    """The subject of an estimate; None for a model on a server, whose tokens and sizes are not known."""
    return None if isinstance(checkpoint, ServedModel) else Subject(checkpoint, config, reader)


def served_cost(completions: int, most_tokens: int) -> Cost:
    """The cost of completions that a server makes."""
    return Cost(
        completions=completions,
        generated_tokens=completions * most_tokens,
        disk_bytes=completions * (ROW_BYTES + TOKEN_BYTES * most_tokens),
        memory_bytes=PROCESS_BYTES,
        seconds=None,
        assumes=("the speed of the server is not known", "prompt tokens are not counted"),
    )


def score_cost(subject: Subject | None, sets: Sequence[ProblemSet], config: Any) -> Cost:
    """The cost of `clean_bench.scoring.run.score`.

    Args:
        config: a `ScoreConfig`.
    """
    from clean_bench.scoring.requests import count_requests, shards_of

    if subject is None:
        return served_cost(count_requests(sets, config), config.max_tokens)
    resolved = config.resolved(subject.tokenizer)
    shards = shards_of(sets, resolved, subject.tokenizer, subject.name)
    work = subject.work(sampled.request for shard in shards for sampled in shard)
    return generation_cost(work, subject.size, subject.machine)


def probe_cost(
    subject: Subject | None,
    sets: Sequence[ProblemSet],
    fractions: Sequence[float],
    protocol: str = "clean",
    control: str | None = None,
    tests: Sequence[str] = ("default",),
    variants: Sequence[ProblemSet] = (),
    paraphrases: Sequence[ProblemSet] = (),
) -> Cost:
    """The cost of `clean_bench.probing.run.probe`: a completion and a reading of every cut problem, and
    what the tests ask for beside them.
    """
    from clean_bench.probing.items import count_rows, planned_requests
    from clean_bench.probing.planned_work import further_readings, further_requests
    from clean_bench.probing.run import material_of
    from clean_bench.probing.tests import tests_of

    chosen = tests_of(tests)
    material = material_of(sets, fractions, protocol, (), variants, paraphrases, indexed=False)
    further = list(further_requests(chosen, material))
    if subject is None:
        # A suffix has at most one token per character of half of a problem, roughly.
        longest = max((len(problem.problem) for of_set in sets for problem in of_set), default=0)
        return served_cost(count_rows(sets, fractions, control) + len(further), longest // 2)
    items = planned_requests(subject, sets, fractions, protocol, control)
    requests = [*(request for request, _ in items), *further]
    work = subject.work(request.request for request in requests)
    read = sum(tokens for _, tokens in items) + further_readings(chosen, material, subject)
    return generation_cost(replace(work, read_tokens=read), subject.size, subject.machine)


def label_cost(subject: Subject | None, problems: ProblemSet, config: Any) -> Cost:
    """The cost of `trainers.labels.run.label_problems`.

    Args:
        config: a `LabelConfig`.
    """
    from clean_bench.prompts import resolve_template
    from trainers.labels.run import shards_of

    if subject is None:
        return served_cost(len(problems) * config.samples, config.max_tokens)
    template = resolve_template(config.template, subject.tokenizer)
    once = config.model_copy(update={"samples": 1, "template": template})
    shards = shards_of(problems, once, subject.tokenizer, subject.name)
    one = subject.work(sampled.request for shard in shards for sampled in shard)
    return generation_cost(one.times(config.samples), subject.size, subject.machine)


def behaviors_cost(subject: Subject, lengths: Sequence[int]) -> Cost:
    """The cost of `behaviors --with`: the log-probabilities of texts with these numbers of tokens.

    A log-probability takes 8 bytes.
    """
    work = Work(read_tokens=sum(lengths), longest=max(lengths, default=0))
    cost = generation_cost(work, subject.size, subject.machine)
    return replace(cost, items=len(lengths), item="texts", disk_bytes=8 * work.read_tokens)


def recipe_cost(checked: Checked) -> Cost:
    """The cost of `clean_bench.experiments.run.run`: every training, score and probe of a recipe.

    A generated set is represented by its first rows, a checkpoint that is trained by its base.
    Completions of files cost next to nothing.
    """
    from clean_bench.experiments.plan import subjects_of

    recipe = checked.recipe
    given = {problems.name: problems for problems in checked.sets}
    sets = [given.get(entry.label) or drawn_set(entry, "eval") for entry in recipe.sets]
    data = checked.data
    if data is None and recipe.data is not None:
        data = drawn_set(recipe.data, "train")
    loaded = cache(
        lambda name: subject_of(checked.checkpoints[name], recipe.engine, checked.readers.get(name))
    )
    costs = []
    for place in subjects_of(recipe):
        if place.completions:
            continue
        trained = place.training_key is not None
        base = f"{place.model.name}/{BASE}"
        subject = loaded(base if trained else place.name)
        if trained:
            assert place.arm is not None and place.seed is not None and data is not None
            assert subject is not None  # a recipe with training is refused for a server
            config = recipe.arm_config(place.arm, place.seed)
            costs.append(training_cost(subject, data, config, recipe.engine).cost)
        costs.append(score_cost(subject, sets, recipe.score))
        costs.append(probe_cost(subject, sets, recipe.probe.prefixes))
        if place.arm is None:
            costs += [
                score_cost(subject, sets, recipe.score.model_copy(update={"temperature": t}))
                for t in recipe.further_temperatures()
            ]
    return total(costs)


def drawn_set(data: Any, split: Split) -> ProblemSet:
    """A set like the one that a `DataRecipe` generates, made of its first rows, repeated."""
    from generators.registry import family
    from generators.set_plan import SetPlan, parse_steps

    matched = data.matched_plan(b"dry run")
    if matched is not None:
        return drawn_groups(matched, data.label)
    definition = family(data.family)
    tiers = parse_steps(data.steps, definition.tiers)
    plan = SetPlan(definition, *tiers, data.count, split, b"dry run", definition.notations[0])
    rows, _ = _timed_rows(plan, None)
    problems = [
        Problem(id=str(i), problem=rows[i % len(rows)].problem, answer=rows[i % len(rows)].answer)
        for i in range(data.count)
    ]
    return ProblemSet(getattr(data, "label", "data"), problems)


def drawn_groups(plan: MatchedPlan, label: str) -> ProblemSet:
    """A set like that of a plan, made of the problems of a few groups, repeated."""
    from generators.competition.draw import draw_groups

    few = replace(plan, groups=min(plan.groups, SAMPLE_ROWS))
    drawn = [row.problem for rows in draw_groups(few) for row in rows]
    repeated = [replace(drawn[i % len(drawn)], id=str(i)) for i in range(plan.count)]
    return ProblemSet(label, repeated)


def generate_cost(
    plan: SetPlan, corpus: CorpusFiles | None, checkpoints: Sequence[Checkpoint], workers: int
) -> Cost:
    """The cost of `generators.write.generate`, from the first rows, which are drawn and dropped.

    Args:
        checkpoints: those whose weights are hashed.
    """
    rows, seconds = _timed_rows(plan, corpus)
    texts = sum(len(row.problem) + len(row.answer) + len(row.canonical) for row in rows)
    hashing, hashed = _hashing(checkpoints)
    return Cost(
        items=plan.count,
        item="problems",
        disk_bytes=round(plan.count * (texts / len(rows) + ROW_BYTES)),
        memory_bytes=PROCESS_BYTES * (workers + 1) + 16 * plan.count,
        seconds=plan.count * seconds / len(rows) / workers + hashing,
        assumes=(
            f"rows as fast and as long as the first {len(rows)}, which were drawn now",
            *hashed,
        ),
    )


def _hashing(checkpoints: Sequence[Checkpoint]) -> tuple[float, list[str]]:
    """The seconds that hashing weights takes, and what is assumed."""
    size = sum(file.stat().st_size for c in checkpoints for file in c.folder.glob(_WEIGHTS))
    return size / HASHED_BYTES, [f"weights hashed at {HASHED_BYTES / 1e9:g} GB/s"] * bool(size)


def matched_cost(
    plan: MatchedPlan, files: TwinFiles | None, checkpoints: Sequence[Checkpoint]
) -> Cost:
    """The cost of `generators.competition.write.generate_matched`, from a few groups, drawn twice.

    The first drawing compiles the texts of the templates, once for each.

    Args:
        checkpoints: those whose weights are hashed.
    """
    from generators.competition.redraws import draw_searched

    few = replace(plan, groups=min(plan.groups, SAMPLE_ROWS))
    times = [time.perf_counter()]
    for _ in range(2):
        rows = [row for group in draw_searched(few, files) for row in group.rows]
        times.append(time.perf_counter())
    drawing = times[2] - times[1]
    compiling = max(times[1] - times[0] - drawing, 0) / len(few.drawn)
    texts = sum(
        len(r.problem.problem) + len(r.problem.answer or "") + len(r.canonical) for r in rows
    )
    hashing, hashed = _hashing(checkpoints)
    return Cost(
        items=plan.count,
        item="problems",
        disk_bytes=round(plan.count * (texts / len(rows) + ROW_BYTES)),
        memory_bytes=PROCESS_BYTES + MATCHED_ROW_BYTES * plan.count,
        seconds=compiling * len(plan.drawn) + drawing * plan.groups / few.groups + hashing,
        assumes=(f"rows as fast and as long as {len(rows)} that were drawn now", *hashed),
    )


def _timed_rows(plan: SetPlan, corpus: CorpusFiles | None) -> tuple[list[DrawnRow], float]:
    """The first rows of a set, at most `SAMPLE_ROWS`, and the seconds that they took."""
    from generators.sampler import Sampler

    begun = time.perf_counter()
    rows = list(Sampler(plan, corpus).draw_block(0, min(plan.count, SAMPLE_ROWS)).rows)
    return rows, time.perf_counter() - begun


def overlap_cost(training: ProblemStream, sets: Sequence[ProblemSet]) -> Cost:
    """The cost of `clean_bench.overlap.run.overlap`; reads and counts the training set."""
    with phase("counting the training set"):
        rows = sum(1 for _ in training.problems)
    if not rows:
        raise UserError(f"{training.name}: expected at least one problem, got none")
    problems = sum(map(len, sets))
    return Cost(
        items=rows,
        item="training rows",
        disk_bytes=problems * 4 * ROW_BYTES,
        memory_bytes=PROCESS_BYTES + 20_000 * problems,
        seconds=rows * OVERLAP_SECONDS,
        assumes=(f"{1 / OVERLAP_SECONDS:,.0f} rows per second",),
    )


def build_cost(name: str) -> Cost:
    """The cost of `clean_bench.organisms.build.build`: its steps, and the size of the shipped model."""
    from clean_bench.organisms.build import Plan
    from clean_bench.organisms.pretrain import Schedule, batches
    from clean_bench.organisms.shipped import organism_checkpoint

    plan = Plan()
    copies = sum(plan.doses) * plan.problems_per_dose
    parts = (plan.stories + plan.drills, plan.second_part + copies)
    parameters = model_size(organism_checkpoint(name)).parameters
    return Cost(
        items=sum(len(batches([0] * documents, Schedule())) for documents in parts),
        item="training steps",
        disk_bytes=(12 + HALF) * parameters,
        memory_bytes=16 * parameters + 4 * PROCESS_BYTES,
        seconds=BUILD_SECONDS,
        assumes=("the measured time of the shipped models on two cores",),
    )
