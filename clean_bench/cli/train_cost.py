"""What a training would take: the plan of its memory, its time by phase, its disk."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil
from typing import TYPE_CHECKING, Any

from clean_bench.cli.progress_task import duration
from clean_bench.cli.tables import table
from clean_bench.engines.open import AUTO, VLLM, EngineConfig
from clean_bench.estimates import Cost, Work
from clean_bench.foreign_files.json_text import LARGEST_CONFIG, read_json
from clean_bench.problems import ProblemSet

if TYPE_CHECKING:
    from clean_bench.cli.costs import Subject
    from trainers.planning.machines import Machine
    from trainers.planning.plan import Plan


@dataclass(frozen=True)
class TrainingCost:
    """The cost of a training with its plan; `phases` are seconds."""

    cost: Cost
    plan: Plan
    phases: dict[str, float]

    def as_data(self) -> dict[str, Any]:
        """The plan as JSON."""
        plan = self.plan
        return {
            "machine": plan.machine.describe(),
            "settings": _settings(plan),
            "update": {
                "bytes": plan.training_bytes,
                "instant": plan.instant,
                "parts": plan.training,
            },
            "generation": {"bytes": plan.generation_bytes, "parts": plan.generation},
            "host": {"bytes": plan.host_bytes, "parts": plan.host},
            "rollouts_together": plan.together,
            "phases": {name: round(seconds, 1) for name, seconds in self.phases.items()},
        }

    def view(self) -> str:
        """The plan as text: parts of memory at both peaks, settings and seconds."""
        from trainers.planning.plan import gib

        plan = self.plan
        names = dict.fromkeys([*plan.training, *plan.generation])
        rows = [
            (name, *(gib(parts[name]) if parts.get(name) else "" for parts in self._peaks))
            for name in names
            if any(parts.get(name) for parts in self._peaks)
        ]
        rows.append(("peak", gib(plan.training_bytes), gib(plan.generation_bytes)))
        lines = [
            f"Memory on {plan.machine.describe()}; the update's peak is in the {plan.instant}:",
            table(("part", "update", "generation"), rows, texts=1),
        ]
        if plan.host:
            parts = ", ".join(f"{name} {gib(size)}" for name, size in plan.host.items())
            lines.append(
                f"Memory of the host: {gib(plan.host_bytes)} ({parts}); it should have "
                f"{ceil(plan.host_needed / (1 << 30))} GiB."
            )
        lines.append(
            "Settings: " + ", ".join(f"{name} {value}" for name, value in _settings(plan).items())
            + f". Rollouts decoded together: {plan.together}."
        )  # fmt: skip
        lines.append(
            "Time: " + ", ".join(f"{n} {duration(s)}" for n, s in self.phases.items()) + "."
        )
        return "\n".join(lines)

    @property
    def _peaks(self) -> tuple[dict[str, int], dict[str, int]]:
        return self.plan.training, self.plan.generation


def _settings(plan: Plan) -> dict[str, Any]:
    """What the settings that may be `auto` resolve to, and what else the plan decides."""
    return {
        **plan.settings(),
        "token_budget": plan.setup.tokens,
        "kv_cache_bytes": plan.kv_cache_bytes,
        "sleep_level": plan.sleep_level,
    }


def training_cost(
    subject: Subject,
    problems: ProblemSet,
    config: Any,
    engine: EngineConfig,
    machine: Machine | None = None,
) -> TrainingCost:
    """The cost of `trainers.train.train`: sampling and updates of all steps.

    Args:
        config: a `TrainConfig`.
        machine: a named GPU; None takes the machine at hand.

    Raises:
        UserError: if the training does not fit, with settings that would.
    """
    from trainers.planning import plan_cost
    from trainers.planning.machines import this_machine
    from trainers.planning.model_shape import ModelShape
    from trainers.planning.plan import plan

    work, longest_prompt = _work(subject, problems, config)
    model_config = read_json(subject.folder / "config.json", LARGEST_CONFIG)
    name = subject.name
    if machine is not None and engine.engine == AUTO:
        name = VLLM if machine.gpu else subject.name
    made = plan(
        config,
        model_config,
        machine or this_machine(engine.device),
        engine=name,
        dtype=engine.dtype,
        batch_size=engine.batch_size,
        longest_prompt=longest_prompt,
        parameters=subject.size.parameters,
    )
    shape = ModelShape.of(model_config, subject.size.parameters)
    cost, phases = plan_cost.training_cost(made, shape, config, work, engine.batch_size)
    if machine is not None:
        assumed = f"a host with {machine.host / (1 << 30):.0f} GiB (--host-memory)"
        cost = replace(cost, assumes=(*cost.assumes, *([assumed] if machine.gpu else [])))
    return TrainingCost(cost, made, phases)


def _work(subject: Subject, problems: ProblemSet, config: Any) -> tuple[Work, int]:
    """The work of all steps, and the tokens of the longest prompt."""
    from clean_bench.prompts import resolve_template
    from trainers.prompt_order import pick
    from trainers.rollouts import request_rollouts

    template = resolve_template(config.template, subject.tokenizer)
    once = config.model_copy(update={"group_size": 2})
    requests = [
        sampled.request
        for step in range(config.steps)
        for sampled in request_rollouts(
            problems.name,
            pick(problems.problems, config, step),
            once,
            template,
            subject.tokenizer,
            step,
        )[::2]
    ]
    one = subject.work(requests)  # one rollout of each group: all have the same prompt
    longest = max((subject.length(r.prompt, r.special_tokens) for r in requests), default=0)
    return one.times(config.group_size), longest
