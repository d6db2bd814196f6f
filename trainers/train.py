"""Train one arm: GRPO on a problem set under one reward, one objective and one seed.

    train(resolve_checkpoint("CKPT"), problems, config, out)

The folder is an artifact of kind `training`: `problems` (the training set), `rollouts` (every sample
with its rewards and its advantage), `updates` (a row per optimizer step), `metrics` (a row per step),
`results` (the same metrics with intervals), `seconds` (time per phase, tokens per second, peak memory)
and `checkpoint/`, which `transformers` loads; under LoRA also `adapter/`, in peft's format. With sets to
evaluate on there are `evaluations`, `evaluation_problems` and perhaps `checkpoints/`
(`trainers.evaluation`, `trainers.kept_checkpoints`). A killed run continues from its last state and
ends with the same weights, bit for bit on a CPU.

One process trains on one device. For several GPUs or machines: `clean-bench export --to verl`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from clean_bench import prompts
from clean_bench.artifacts import Artifact
from clean_bench.checkpoints import Checkpoint, weights_sha256
from clean_bench.engines.open import EngineConfig
from clean_bench.engines.stated_ends import require_end_token
from clean_bench.engines.without_weights import WithoutWeights
from clean_bench.problems import ProblemSet, check_sets, write_sets
from clean_bench.progress import phase
from clean_bench.prompts.stored_chat import chat_metadata
from clean_bench.results import TABLE as RESULTS
from trainers.config import ADAPTER, CHECKPOINT, TrainConfig
from trainers.evaluation import (
    Evaluation,
    EvaluationCallback,
    check_evaluation,
    is_due,
    no_evaluation,
)
from trainers.kept_checkpoints import keep, kept_metadata
from trainers.labels import TABLE as LABELS
from trainers.labels import Labels
from trainers.labels.stored import CONFIG_KEY as LABELS_SHA256
from trainers.loop import (
    SECONDS,
    DetailCallback,
    Loop,
    StepCallback,
    no_detail,
    no_progress,
)
from trainers.open_training import open_training
from trainers.optimizers import optimizer_of
from trainers.policy import Policy
from trainers.policy_settings import BASE_SHA256, LOST
from trainers.prompt_lengths import check_prompt_lengths
from trainers.results import training_results
from trainers.rewards import prepare_problems
from trainers.sampler import Sampler
from trainers.trackers import Trackers, check_places, parse_trackers
from trainers.update import recomputes

KIND = "training"


def train(
    checkpoint: Checkpoint,
    problems: ProblemSet,
    config: TrainConfig,
    out: str | Path,
    *,
    labels: Labels | None = None,
    evaluate: Sequence[ProblemSet] = (),
    track: Sequence[str] = (),
    engine: EngineConfig | None = None,
    progress: StepCallback = no_progress,
    detail: DetailCallback = no_detail,
    evaluated: EvaluationCallback = no_evaluation,
) -> Artifact:
    """Train a checkpoint and write the artifact.

    Args:
        checkpoint: the base; its hashes are part of the configuration.
        labels: for rewards by labels, of the whole set (`trainers.labels.load_labels`).
        evaluate: sets that are evaluated every `config.evaluate_every` steps.
        track: trackers such as `tensorboard:DIR` (`trainers.trackers`).
        engine: how rollouts are sampled. transformers samples with the policy's own module.
        progress: called after each step with the number of completed steps and its metrics.
        detail: called within a step, as rollouts end and updates begin.
        evaluated: called after each evaluation with the number of completed steps and the accuracies.

    Raises:
        UserError: for a reward that cannot be computed on the set, an empty set, sets to evaluate on
            without `evaluate_every` or the reverse, a tracker that is not installed, a model on a
            server or without an end token, a folder of another run, or a training that diverges.
    """
    check_sets([problems])
    check_evaluation(config, evaluate)
    parse_trackers(track)
    problems = prepare_problems(config.reward, config.log_rewards, problems, labels)
    engine = engine or EngineConfig()
    engine.require_weights("training")
    reader = WithoutWeights(checkpoint, engine)
    require_end_token(reader.tokenizer, checkpoint.folder, checkpoint.name)
    policy, sampler = open_training(checkpoint, config, engine)
    with closing(sampler):
        return train_policy(
            sampler,
            policy,
            problems,
            config,
            out,
            base=checkpoint,
            labels=labels,
            evaluate=evaluate,
            track=track,
            progress=progress,
            detail=detail,
            evaluated=evaluated,
        )


def train_policy(
    sampler: Sampler,
    policy: Policy,
    problems: ProblemSet,
    config: TrainConfig,
    out: str | Path,
    *,
    base: Checkpoint,
    labels: Labels | None = None,
    evaluate: Sequence[ProblemSet] = (),
    track: Sequence[str] = (),
    progress: StepCallback = no_progress,
    detail: DetailCallback = no_detail,
    evaluated: EvaluationCallback = no_evaluation,
) -> Artifact:
    """Train a policy that is loaded, in place, and write the artifact; see `train`."""
    # Checked before anything is written: what cannot be trained must not begin a folder.
    template = prompts.resolve_template(config.template, policy.tokenizer)
    check_prompt_lengths(sampler.engine, problems, template, policy.tokenizer)
    recompute = recomputes(config, sampler.same_arithmetic(policy))
    evaluation = Evaluation(sampler.engine, evaluate, config, template, detail=detail)
    trackers = parse_trackers(track)
    check_places(trackers, Path(out))
    artifact = Artifact.open(
        out,
        KIND,
        {
            **config.model_dump(mode="json"),
            **{f"base_{name}": sha256 for name, sha256 in base.identity().items()},
            "data": problems.name,
            "data_sha256": problems.content_sha256,
            **({} if labels is None else {LABELS_SHA256: labels.sha256}),
            **evaluation.described(),
            "engine": sampler.engine.describe(),
            "policy": {**policy.describe(), "recomputes_old_logprobs": recompute},
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
            evaluation.store_sets(artifact)
            if config.kl_coefficient:
                policy.keep_reference()
            optimizer = optimizer_of(policy, config)
            with closing(Trackers(trackers, artifact)) as tracking:

                def between(completed: int) -> None:
                    if is_due(config, completed):
                        accuracies = evaluation.run(artifact, completed)
                        keep(artifact, policy, config, completed)
                        tracking.log_evaluation(completed, accuracies)
                        evaluated(completed, accuracies)

                loop = Loop(
                    artifact,
                    sampler,
                    policy,
                    optimizer,
                    problems,
                    config,
                    template,
                    recompute=recompute,
                    labels=labels,
                    progress=progress,
                    detail=detail,
                    between=between,
                    trackers=tracking,
                )
                loop.run()
                with phase("saving the trained checkpoint"):
                    about = {}
                    if labels is not None:
                        about = {LABELS: {**labels.counts(), **problems.about.get("left_out", {})}}
                    tracking.finish()
                    _finish(artifact, policy, template, sampler, base, about)
    return artifact


def _finish(
    artifact: Artifact,
    policy: Policy,
    template: str,
    sampler: Sampler,
    base: Checkpoint,
    about: Mapping[str, Any],
) -> None:
    """Save the trained checkpoint, the results and the manifest.

    Args:
        about: further facts of the metadata.
    """
    with artifact.atomic_folder(CHECKPOINT) as folder:
        lost = policy.save(folder)
    adapter: dict[str, Any] = {}
    if policy.lora:
        with artifact.atomic_folder(ADAPTER) as folder:
            policy.save_adapter(folder, base)
        untouched = policy.checked_base(artifact.config["policy"][BASE_SHA256])
        adapter = {**untouched, LOST: lost}
    metadata: dict[str, Any] = {
        **adapter,
        "steps": artifact.config["steps"],
        "template": template,
        "weights_sha256": weights_sha256(artifact.folder / CHECKPOINT),
        "engine": sampler.engine.describe(),
        **kept_metadata(artifact),
        **about,
        **chat_metadata(policy.tokenizer, [prompts.template_named(template)]),
    }
    training_results(artifact, metadata).write(artifact)
    artifact.finish(metadata, volatile=[SECONDS, RESULTS])
