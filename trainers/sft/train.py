"""Supervised fine-tuning on worked solutions: the warm-up of a checkpoint before reinforcement learning.

    sft(resolve_checkpoint("CKPT"), problems, SftConfig(updates=400), out)

The response to each problem is its solution followed by the boxed gold answer, after the prompt that
scoring and training render. The loss is the mean negative log-likelihood of the response's tokens over
the batch. The folder is an artifact of kind `sft`: `problems`, `metrics` (one row per update), `seconds`
and `checkpoint/`. A killed run continues from its last saved state, bit for bit on a CPU.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from pathlib import Path
from typing import Any

import pyarrow as pa

from clean_bench import prompts
from clean_bench.artifacts import Artifact
from clean_bench.checkpoints import Checkpoint, weights_sha256
from clean_bench.engines.open import TRANSFORMERS, EngineConfig
from clean_bench.engines.special_tokens import encode
from clean_bench.engines.without_weights import WithoutWeights
from clean_bench.errors import UserError
from clean_bench.problems import Problem, ProblemSet, check_sets, write_sets
from clean_bench.progress import phase
from clean_bench.prompts.stored_chat import chat_metadata
from trainers.batching import Document, pack
from trainers.config import CHECKPOINT
from trainers.open_policy import open_policy
from trainers.optimizers import Optimizer, optimizer_of
from trainers.policy import Policy
from trainers.prompt_order import in_passes
from trainers.schedules import scheduled_rate
from trainers.sft.config import SftConfig
from trainers.state import SaveTimer, State, load_state, save_state

KIND = "sft"
METRICS, SECONDS = "metrics", "seconds"
UpdateCallback = Callable[[int, Mapping[str, float]], None]


def response_of(problem: Problem) -> str:
    r"""The worked solution and the boxed answer, such as `3 + 4 = 7. \boxed{7}`."""
    solution = (problem.solution or "").strip().removesuffix(".")
    boxed = rf"\boxed{{{problem.answer}}}"
    return f"{solution}. {boxed}" if solution else boxed


def to_document(problem: Problem, template: str, tokenizer: Any) -> Document:
    """The prompt of a problem, and its response with an end token."""
    prompt = prompts.render_prompt(problem.problem, template, tokenizer)
    ids = encode(tokenizer, prompt.text, special_tokens=prompt.special_tokens)
    response = encode(tokenizer, prompt.gap + response_of(problem), special_tokens=False)
    return Document(ids, [*response, tokenizer.eos_token_id])


def batch_of(problems: Sequence[Problem], config: SftConfig, update: int) -> list[Problem]:
    """The problems of an update."""
    positions = range(update * config.batch_size, (update + 1) * config.batch_size)
    return in_passes(problems, positions, "sft order", config.seed)


def sft(
    checkpoint: Checkpoint,
    problems: ProblemSet,
    config: SftConfig,
    out: str | Path,
    *,
    device: str | None = None,
    trust_remote_code: bool = False,
    progress: UpdateCallback = lambda update, metrics: None,
) -> Artifact:
    """Fine-tune a checkpoint on worked solutions and write the artifact.

    Args:
        progress: called after each update with the number of completed updates and its metrics.

    Raises:
        UserError: for a problem without an answer, an empty set, a diverged training, or a folder of
            another run.
    """
    check_sets([problems])
    problems.require_answers()
    engine = EngineConfig(engine=TRANSFORMERS, device=device, trust_remote_code=trust_remote_code)
    if WithoutWeights(checkpoint, engine).tokenizer.eos_token_id is None:
        raise UserError(
            f"{checkpoint.name}: expected a tokenizer with an end token, which ends each response, got "
            f"none: set eos_token in {checkpoint.folder / 'tokenizer_config.json'}"
        )
    with phase(f"loading {checkpoint.name} to train it"):
        policy = open_policy(
            checkpoint, config, device=device, trust_remote_code=trust_remote_code, seed=config.seed
        )
    template = prompts.resolve_template(config.template, policy.tokenizer)
    artifact = Artifact.open(
        out,
        KIND,
        {
            **config.model_dump(mode="json"),
            **{f"base_{name}": sha256 for name, sha256 in checkpoint.identity().items()},
            "data": problems.name,
            "data_sha256": problems.content_sha256,
            "policy": policy.describe(),
        },
        provenance={"base": checkpoint.name, "revision": checkpoint.revision},
    )
    with artifact:
        if not artifact.finished:
            write_sets(artifact, [problems])
            _run(artifact, policy, problems, config, template, progress)
            with phase("saving the checkpoint"):
                _finish(artifact, policy, template)
    return artifact


def _run(
    artifact: Artifact,
    policy: Policy,
    problems: ProblemSet,
    config: SftConfig,
    template: str,
    progress: UpdateCallback,
) -> None:
    """All updates that are left."""
    optimizer = optimizer_of(policy, config)
    state = load_state(artifact, optimizer)
    begin = int(state.record["update"]) if state else 0
    rows = list(state.record["rows"]) if state else []
    documents: dict[str, Document] = {}
    timer = SaveTimer(config.checkpoint_seconds)
    for update in range(begin, config.updates):
        chosen = batch_of(problems.problems, config, update)
        for problem in chosen:
            if problem.id not in documents:
                documents[problem.id] = to_document(problem, template, policy.tokenizer)
        started = time.perf_counter()
        row = _update(policy, optimizer, [documents[p.id] for p in chosen], config, update)
        rows.append({"update": update, **row, "seconds": time.perf_counter() - started})
        if timer.due() and update + 1 < config.updates:
            save_state(artifact, optimizer, State({"update": update + 1, "rows": rows}))
            timer.saved()
        progress(update + 1, row)
    names = [name for name in rows[0] if name != "seconds"]
    metrics = [{name: row[name] for name in names} for row in rows]
    artifact.write(f"{METRICS}/00000", pa.Table.from_pylist(metrics))
    seconds = [{name: row[name] for name in ("update", "seconds")} for row in rows]
    artifact.write(f"{SECONDS}/00000", pa.Table.from_pylist(seconds))


def _update(
    policy: Policy,
    optimizer: Optimizer,
    documents: Sequence[Document],
    config: SftConfig,
    update: int,
) -> dict[str, float]:
    """One optimizer step; the loss is averaged over the response tokens of the batch."""
    tokens = sum(len(document.completion) for document in documents)
    rows = pack(documents, config.token_budget, policy.device)
    rate = scheduled_rate(config, update, config.updates)
    optimizer.set_rate(rate)
    norm = None
    while norm is None:  # repeated where a scaled gradient overflowed float16
        optimizer.zero_grad()
        loss = 0.0
        for row in rows:
            logp, _ = policy.logprobs(row, chunk=config.head_chunk)
            part = -logp.sum() / tokens
            optimizer.scaled(part).backward()  # type: ignore[no-untyped-call]
            loss += float(part.detach())
        norm = optimizer.step(config.max_grad_norm)
    if not (isfinite(loss) and isfinite(norm)):
        raise UserError(
            f"update {update + 1}: expected a finite loss and gradient, got {loss} and {norm}: training "
            "diverged; train with a smaller learning_rate into another folder"
        )
    return {"loss": loss, "grad_norm": norm, "learning_rate": rate, "tokens": float(tokens)}


def _finish(artifact: Artifact, policy: Policy, template: str) -> None:
    with artifact.atomic_folder(CHECKPOINT) as folder:
        policy.save(folder)
    metadata = {
        "updates": artifact.config["updates"],
        "template": template,
        "weights_sha256": weights_sha256(artifact.folder / CHECKPOINT),
        **chat_metadata(policy.tokenizer, [prompts.template_named(template)]),
    }
    artifact.finish(metadata, volatile=[SECONDS])
