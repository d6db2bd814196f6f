"""Train one arm: GRPO on a problem set under one reward, one objective and one seed.

    train(resolve_checkpoint("CKPT"), problems, config, out)

The folder is an artifact of kind `training`: `problems` (the training set), `rollouts` (every sample
with its rewards and its advantage), `metrics` (one row per step), `results` (the same metrics with
intervals), `seconds` (time per phase) and `checkpoint/`, which `transformers` loads. A killed run
continues from its last saved step and ends with the same weights, bit for bit on a CPU.

What it leaves out: several GPUs, a reference model with a KL term, an entropy bonus.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import closing
from math import inf
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import torch

from clean_bench import prompts
from clean_bench.artifacts import Artifact
from clean_bench.checkpoints import Checkpoint, weights_sha256
from clean_bench.engines.base import Completion, Engine
from clean_bench.engines.open import EngineConfig, open_engine
from clean_bench.problems import ProblemSet, check_sets, write_sets
from clean_bench.progress import phase
from clean_bench.prompts.stored_chat import chat_metadata
from clean_bench.results import TABLE as RESULTS
from clean_bench.results import Result, Results
from clean_bench.samples import SAMPLE, Sampling, generate_completions, grade_completions
from clean_bench.statistics.estimate import Estimate
from trainers.config import CHECKPOINT, TrainConfig
from trainers.labels import TABLE as LABELS
from trainers.labels import Labels
from trainers.labels.stored import CONFIG_KEY as LABELS_SHA256
from trainers.metrics import batch_metrics, step_results
from trainers.policy import load_policy
from trainers.prompt_lengths import check_prompt_lengths
from trainers.prompt_order import pick
from trainers.rewards import prepare_problems
from trainers.rollouts import TABLE, request_rollouts, reward_rollouts
from trainers.state import load_state, save_state
from trainers.update import update

KIND = "training"
_MEMORY = 0.3
"""Share of a GPU's memory for vLLM: the learner with its optimizer needs the rest."""

StepCallback = Callable[[int, Mapping[str, float]], None]


class DetailCallback(Protocol):
    """Gets what happens within a step, and the tokens that were just generated."""

    def __call__(self, text: str, *, tokens: int = 0) -> None: ...


def no_detail(text: str, *, tokens: int = 0) -> None:
    """A `DetailCallback` that ignores what it gets."""


def train(
    checkpoint: Checkpoint,
    problems: ProblemSet,
    config: TrainConfig,
    out: str | Path,
    *,
    labels: Labels | None = None,
    engine: EngineConfig | None = None,
    progress: StepCallback = lambda step, metrics: None,
    detail: DetailCallback = no_detail,
) -> Artifact:
    """Train a checkpoint and write the artifact.

    Args:
        checkpoint: the base; its hashes are part of the configuration.
        labels: for rewards by labels, of the whole set (`trainers.labels.load_labels`).
        engine: how rollouts are sampled. The learner is loaded apart from it, in float32.
        progress: called after each step with the number of completed steps and its metrics.
        detail: called within a step, as rollouts end and mini-batches are done.

    Raises:
        UserError: for a problem without an answer, an empty set, a model on a server, or a folder of
            another run.
    """
    check_sets([problems])
    problems = prepare_problems(config.reward, config.log_rewards, problems, labels)
    engine = engine or EngineConfig()
    engine.require_weights("training")
    engine = engine.model_copy(update={"memory": _MEMORY})
    with closing(open_engine(checkpoint, engine)) as sampler:
        with phase(f"loading {checkpoint.name} to train it"):
            model, tokenizer = load_policy(
                checkpoint, device=engine.device, trust_remote_code=engine.trust_remote_code
            )
        return train_policy(
            sampler,
            model,
            tokenizer,
            problems,
            config,
            out,
            base=checkpoint,
            labels=labels,
            progress=progress,
            detail=detail,
        )


def train_policy(
    engine: Engine,
    model: Any,
    tokenizer: Any,
    problems: ProblemSet,
    config: TrainConfig,
    out: str | Path,
    *,
    base: Checkpoint,
    labels: Labels | None = None,
    progress: StepCallback = lambda step, metrics: None,
    detail: DetailCallback = no_detail,
) -> Artifact:
    """Train a model that is loaded, in place, and write the artifact; see `train`.

    Args:
        engine: samples the rollouts; its weights follow the model's.
    """
    # Checked before anything is written: what cannot be trained must not begin a folder.
    template = prompts.resolve_template(config.template, tokenizer)
    check_prompt_lengths(engine, problems, template, tokenizer)
    artifact = Artifact.open(
        out,
        KIND,
        {
            **config.model_dump(mode="json"),
            **{f"base_{name}": sha256 for name, sha256 in base.identity().items()},
            "data": problems.name,
            "data_sha256": problems.content_sha256,
            **({} if labels is None else {LABELS_SHA256: labels.sha256}),
            "engine": engine.describe(),
        },
        provenance={
            "base": base.name,
            "revision": base.revision,
            **({} if base.base is None else {"base_of_adapter": base.base}),
        },
    )
    with artifact:
        if not artifact.finished:
            write_sets(artifact, [problems])
            if labels is not None:
                artifact.write(f"{LABELS}/00000", labels.table())
            _run(
                artifact,
                engine,
                model,
                tokenizer,
                problems,
                labels,
                config,
                template,
                progress,
                detail,
            )
            about = {}
            if labels is not None:
                about = {LABELS: {**labels.counts(), **problems.about.get("left_out", {})}}
            with phase("saving the trained checkpoint"):
                _finish(artifact, model, tokenizer, template, engine, about)
    return artifact


def _run(
    artifact: Artifact,
    engine: Engine,
    model: Any,
    tokenizer: Any,
    problems: ProblemSet,
    labels: Labels | None,
    config: TrainConfig,
    template: str,
    progress: StepCallback,
    detail: DetailCallback,
) -> None:
    """All steps that are left, under a prompt template."""
    optimizer = make_optimizer(model, config)
    begin = load_state(artifact, model, [optimizer])
    model.train()
    engine.update_weights(model.named_parameters())
    rollout_tables: list[pa.Table] = []
    rows: dict[str, list[dict[str, Any]]] = {"metrics": [], "seconds": []}
    for step in range(begin, config.steps):
        clock = _Clock()
        chosen = pick(problems.problems, config, step)
        requests = request_rollouts(problems.name, chosen, config, template, tokenizer, step)
        completions = generate_completions(engine, requests, _Counter(len(requests), detail).ended)
        clock.lap("generate")
        detail(f"grading {len(completions)} rollouts")
        samples = grade_completions(requests, completions)
        rollouts = reward_rollouts(chosen, samples, config, step, labels)
        clock.lap("reward")
        stats = update(
            model,
            optimizer,
            rollouts,
            config,
            tokenizer.pad_token_id or 0,
            lambda number: detail(f"update {number}/{config.minibatches}"),
        )
        clock.lap("train")
        engine.update_weights(model.named_parameters())
        clock.lap("sync")
        rollout_tables.append(rollouts.table(step))
        metrics = {**batch_metrics(rollout_tables[-1], config.reward), **stats}
        rows["metrics"].append({"step": step, **metrics})
        rows["seconds"].append({"step": step, **clock.seconds})
        progress(step + 1, metrics)
        if (step + 1) % config.checkpoint_every == 0 or step + 1 == config.steps:
            shard = f"{step // config.checkpoint_every:05d}"
            artifact.write(f"{TABLE}/{shard}", pa.concat_tables(rollout_tables))
            rollout_tables.clear()
            for name, part in rows.items():
                artifact.write(f"{name}/{shard}", pa.Table.from_pylist(part))
                part.clear()
            save_state(artifact, step + 1, model, [optimizer])


def make_optimizer(model: Any, config: TrainConfig) -> torch.optim.Optimizer:
    """The optimizer of a training, before its first step."""
    return torch.optim.AdamW(
        model.parameters(),
        lr=config.learning_rate,
        betas=config.betas,
        weight_decay=config.weight_decay,
    )


def _finish(
    artifact: Artifact,
    model: Any,
    tokenizer: Any,
    template: str,
    engine: Engine,
    about: Mapping[str, Any],
) -> None:
    with artifact.atomic_folder(CHECKPOINT) as folder:
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
    metadata = {
        "steps": artifact.config["steps"],
        "template": template,
        "weights_sha256": weights_sha256(artifact.folder / CHECKPOINT),
        "engine": engine.describe(),
        **chat_metadata(tokenizer, [prompts.template_named(template)]),
        **about,
    }
    training_results(artifact, metadata).write(artifact)
    artifact.finish(metadata, volatile=["seconds", RESULTS])


def training_results(artifact: Artifact, metadata: Mapping[str, Any]) -> Results:
    """The metrics of every step, those of the rollouts with intervals over prompts.

    A step is sampled before its update, so step 0 is of the base checkpoint. What the optimizer step
    measured (entropy, clip fractions, gradient norm) has no interval.
    """
    config = artifact.config
    head = Result(
        checkpoint=artifact.manifest["provenance"]["base"],
        weights_sha256=config["base_weights_sha256"],
        arm=config["reward"],
        seed=config["seed"],
        set=config["data"],
        set_sha256=config["data_sha256"],
        role="train",
        template=metadata["template"],
        protocol=Sampling(config["max_tokens"], config["temperature"]).protocol(SAMPLE),
    )
    metrics = {row["step"]: row for row in artifact.rows("metrics")}
    results: list[Result] = []
    for table in artifact.tables(TABLE):
        steps = table["step"].to_numpy()
        for step in dict.fromkeys(steps.tolist()):
            rollouts = table.filter(pa.array(steps == step))
            at_step = head._replace(step=step)
            rows = list(step_results(rollouts, config["reward"], at_step))
            measured = {row.measure for row in rows}
            for name, value in metrics[step].items():
                if name != "step" and name not in measured:
                    unbounded = Estimate(value, -inf, inf, config["prompts_per_step"])
                    rows.append(at_step.of(name, unbounded))
            results += rows
    return Results(results)


class _Counter:
    """Reports the rollouts of a step as they end."""

    def __init__(self, total: int, detail: DetailCallback) -> None:
        self._total, self._ended, self._detail = total, 0, detail
        detail(f"rollouts 0/{total}")

    def ended(self, completion: Completion) -> None:
        self._ended += 1
        text = f"rollouts {self._ended}/{self._total}"
        self._detail(text, tokens=len(completion.token_ids))


class _Clock:
    """Seconds per phase."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, phase: str) -> None:
        now = time.perf_counter()
        self.seconds[phase], self._last = now - self._last, now
