"""Write the folder that verl runs on a Ray cluster.

train.parquet val.parquet     the data (`trainers.verl.dataset`)
reward.py                     the reward function
overrides.txt                 the settings, one override per line
launch.sh cluster.env         how it is started, and what differs between clusters
export.json README.md         the resolved settings with hashes; what to install
ARM.toml                      the file that was exported
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from string import Template
from typing import Any

from clean_bench import __version__, prompts
from clean_bench.checkpoints import Checkpoint, resolve_checkpoint
from clean_bench.checkpoints.model_size import model_size
from clean_bench.engines.open import EngineConfig
from clean_bench.engines.without_weights import WithoutWeights
from clean_bench.errors import UserError
from clean_bench.exports.write import write_folder
from clean_bench.problems import ProblemSet, check_sets, load_problems
from trainers.config import TrainConfig
from trainers.labels import Labels, load_labels
from trainers.policy_settings import CHECKPOINTED_FROM, LORA_FROM
from trainers.rewards import RewardExpression, parse_reward, prepare_problems
from trainers.verl.arm import Arm
from trainers.verl.dataset import schema, write_training, write_validation
from trainers.verl.differences import warnings_of
from trainers.verl.mapping import overrides_of
from trainers.verl.overrides import Value, lines
from trainers.verl.prompts import Prompts, render_prompts, unlisted_end_tokens
from trainers.verl.refusals import refusals
from trainers.verl.rewards import exportable, names_of, reward_refusals
from trainers.verl.run import REWARD, TRAIN, VALIDATION, VERSION, Run

_SHOWN = 1
"""Problems of a validation file that verl reads and never evaluates."""


@dataclass(frozen=True, slots=True)
class VerlExport:
    """An export that was written, or stood there already (`written` is false then)."""

    out: Path
    run: Run
    prompts: int
    warnings: tuple[str, ...]
    files: tuple[str, ...]
    written: bool


@dataclass(frozen=True, slots=True)
class _Content:
    """Everything that the files are made of."""

    arm: Arm
    source: tuple[str, str]
    """Name and text of the file of the arm."""
    run: Run
    overrides: dict[str, Value]
    checkpoint: Checkpoint
    reward: RewardExpression
    logged: tuple[str, ...]
    problems: ProblemSet
    """Those that take part: a reward may be defined on some of the set only."""
    labels: Labels | None
    rendered: Prompts
    evaluated: Sequence[tuple[ProblemSet, Prompts]]
    warnings: tuple[str, ...]


def export_arm(arm: Arm, source: tuple[str, str], out: str | Path) -> VerlExport:
    """Write an arm for verl to the folder `out`.

    Args:
        source: name and text of the file that the arm was read from; it is copied.

    Raises:
        UserError: for settings that verl cannot express, by name; for what `clean-bench train` refuses;
            and if `out` holds something else.
    """
    content = _content(arm, source)
    files, written = write_folder(Path(out), lambda folder: _write(content, folder))
    rows = content.run.config.steps * content.run.config.prompts_per_step
    return VerlExport(Path(out), content.run, rows, content.warnings, tuple(files), written)


def check_arm(arm: Arm, source: str) -> tuple[TrainConfig, RewardExpression]:
    """The settings and the reward of an arm that verl can express.

    Raises:
        UserError: one line with everything that verl cannot express.
    """
    config = arm.config(source)
    reward = parse_reward(config.reward)
    found = [*reward_refusals(config, reward), *refusals(config, arm.cluster)]
    if config.evaluate_every and not arm.evaluate:
        found.append(f"evaluate_every = {config.evaluate_every}: name the sets in evaluate = [...]")
    if found:
        raise UserError(f"{source}: verl {VERSION} cannot express {'; '.join(found)}")
    return config, reward


def _content(arm: Arm, source: tuple[str, str]) -> _Content:
    config, reward = check_arm(arm, source[0])
    logged = [name for name in config.log_rewards if exportable(parse_reward(name))]
    whole = load_problems(arm.data)
    check_sets([whole])
    whole.require_answers()
    labels = None if arm.labels is None else load_labels(arm.labels, whole.problems)
    problems = prepare_problems(config.reward, logged, whole, labels)
    checkpoint = resolve_checkpoint(arm.checkpoint, arm.revision, weights=False)
    reader = WithoutWeights(checkpoint, EngineConfig())
    template = prompts.resolve_template(config.template, reader.tokenizer)
    rendered = render_prompts(problems, template, reader)
    evaluated = _evaluated(arm, template, reader, problems, rendered)
    longest = max([rendered.longest, *(other.longest for _, other in evaluated)])
    _require_room(config, longest, reader.context_length)
    parameters = model_size(checkpoint.folder).parameters
    run = Run(
        name=arm.name,
        config=config,
        cluster=arm.cluster,
        model=arm.cluster.model or _place(checkpoint),
        checkpoints=arm.cluster.checkpoints or f"checkpoints/{arm.name}",
        longest_prompt=longest,
        chat_template=rendered.chat_template,
        lora=_decided(config.tuning, "lora", parameters >= LORA_FROM),
        checkpointing=_decided(
            config.gradient_checkpointing, "on", parameters >= CHECKPOINTED_FROM
        ),
    )
    unlogged = [name for name in config.log_rewards if name not in logged]
    found = warnings_of(
        config,
        reward,
        checkpoint,
        unlogged=unlogged,
        end_tokens=unlisted_end_tokens(reader.tokenizer, checkpoint.folder),
    )
    return _Content(
        arm=arm,
        source=source,
        run=run,
        overrides=overrides_of(run),
        checkpoint=checkpoint,
        reward=reward,
        logged=tuple(logged),
        problems=problems,
        labels=labels,
        rendered=rendered,
        evaluated=evaluated,
        warnings=tuple(found),
    )


def _evaluated(
    arm: Arm, template: str, reader: WithoutWeights, problems: ProblemSet, rendered: Prompts
) -> list[tuple[ProblemSet, Prompts]]:
    """The validation sets with their prompts; verl also reads a file where nothing is evaluated."""
    if not arm.evaluate:
        return [(problems.head(_SHOWN), rendered)]
    sets = [load_problems(name) for name in arm.evaluate]
    check_sets(sets)
    found = []
    for evaluated in sets:
        evaluated.require_answers()
        prompted = render_prompts(evaluated, template, reader)
        if prompted.chat_template != rendered.chat_template:
            raise UserError(
                f"{evaluated.name}: its prompts need another chat template in verl than those of "
                f"{problems.name}; leave it out of evaluate"
            )
        found.append((evaluated, prompted))
    return found


def _require_room(config: TrainConfig, longest: int, context: int) -> None:
    if longest + config.max_tokens > context:
        raise UserError(
            f"max_tokens = {config.max_tokens}: verl needs room for the longest prompt ({longest} "
            f"tokens) and a whole completion in the context of {context}; set at most "
            f"{context - longest}"
        )


def _place(checkpoint: Checkpoint) -> str:
    """Where the machines find a checkpoint: a name on the hub, or an absolute folder."""
    if checkpoint.revision is not None:
        return checkpoint.name.partition("@")[0]
    return str(checkpoint.folder.resolve())


def _decided(value: str, yes: str, auto: bool) -> bool:
    return auto if value == "auto" else value == yes


def _write(content: _Content, folder: Path) -> list[str]:
    """Write all files; returns their names."""
    config = content.run.config
    computed = [content.reward, *map(parse_reward, content.logged)]
    columns = schema(
        solutions=any("similarity" in names_of(reward) for reward in computed),
        labels=any(reward.needs_labels for reward in computed),
    )
    texts = content.rendered.texts
    write_training(folder / TRAIN, content.problems, config, texts, columns, content.labels)
    by_set = {problems.name: rendered.texts for problems, rendered in content.evaluated}
    write_validation(folder / VALIDATION, [p for p, _ in content.evaluated], by_set, columns)
    name, text = content.source
    overrides = "".join(f"{line}\n" for line in lines(content.overrides))
    written = {
        REWARD: _fill("reward.py.tmpl", **_reward_fields(content)),
        "overrides.txt": overrides,
        "launch.sh": _template("launch.sh"),
        "cluster.env": _cluster_env(content.run),
        "export.json": json.dumps(_facts(content), indent=2, ensure_ascii=False) + "\n",
        "README.md": _fill("readme.md.tmpl", **_readme_fields(content)),
        name: text,
    }
    for file, value in written.items():
        (folder / file).write_text(value, encoding="utf-8")
    return sorted([TRAIN, VALIDATION, *written])


def _template(name: str) -> str:
    return (resources.files("trainers.verl") / "templates" / name).read_text("utf-8")


def _fill(template: str, /, **fields: object) -> str:
    return Template(_template(template)).substitute(fields)


def _reward_fields(content: _Content) -> dict[str, object]:
    return {
        "name": content.arm.name,
        "verl": VERSION,
        "version": __version__,
        "reward": repr(content.reward.name),
        "logged": repr(content.logged),
        "version_literal": repr(__version__),
    }


def _cluster_env(run: Run) -> str:
    """The parameters of `launch.sh`, as assignments of a shell."""
    values = {
        "MODEL": run.model,
        "CHECKPOINTS": run.checkpoints,
        "NODES": run.cluster.nodes,
        "GPUS_PER_NODE": run.cluster.gpus_per_node,
        "RAY_PORT": 6379,
        "DASHBOARD_PORT": 8265,
    }
    head = (
        "# The checkpoint and the folder of verl's checkpoints as all machines find them. NODES times\n"
        "# GPUS_PER_NODE must divide the rollouts of a mini-batch.\n"
    )
    return head + "".join(f"{key}={shlex.quote(str(value))}\n" for key, value in values.items())


def _facts(content: _Content) -> dict[str, Any]:
    """What the export was made of, with hashes."""
    checkpoint = content.checkpoint
    return {
        "clean_bench": __version__,
        "verl": VERSION,
        "checkpoint": checkpoint.name,
        "revision": checkpoint.revision,
        **checkpoint.file_hashes,
        "data": content.problems.name,
        "data_sha256": content.problems.content_sha256,
        "evaluate": {
            p.name: p.content_sha256 for p, _ in content.evaluated if content.arm.evaluate
        },
        "train": content.run.config.model_dump(mode="json"),
        "cluster": content.arm.cluster.model_dump(mode="json"),
        "overrides": content.overrides,
        "warnings": content.warnings,
    }


def _readme_fields(content: _Content) -> dict[str, object]:
    config, run = content.run.config, content.run
    names = ", ".join(problems.name for problems, _ in content.evaluated)
    return {
        "name": run.name,
        "verl": VERSION,
        "version": __version__,
        "recipe": content.source[0],
        "steps": config.steps,
        "prompts": config.prompts_per_step,
        "group": config.group_size,
        "data": content.problems.name,
        "problems": len(content.problems),
        "reward": content.reward.name,
        "nodes": run.cluster.nodes,
        "gpus": run.cluster.gpus_per_node,
        "seed": config.seed,
        "validation": (
            f"{names}, evaluated greedily every {config.evaluate_every} steps; the score is truth"
            if config.evaluate_every
            else "one row that verl reads and never evaluates"
        ),
        "warnings": "\n".join(f"- {warning}" for warning in content.warnings),
    }
