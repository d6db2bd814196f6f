"""Supervised fine-tuning on worked solutions: the warm-up of a checkpoint before reinforcement learning.

    sft(resolve_checkpoint("CKPT"), problems, SftConfig(updates=400), out)

The response to each problem is its solution followed by the boxed gold answer, after the prompt that
scoring and training render. The loss is the mean negative log-likelihood of the response's tokens over
the batch. The folder is an artifact of kind `sft`: `problems`, `metrics` (one row per update), `seconds`
and `checkpoint/`. A killed run continues from its last saved state, bit for bit on a CPU.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

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
from trainers.batching import Document
from trainers.config import CHECKPOINT
from trainers.open_policy import open_policy
from trainers.policy import Policy
from trainers.prompt_order import in_passes
from trainers.sft.config import SftConfig
from trainers.sft.loop import SECONDS, UpdateCallback, train_on_documents

KIND = "sft"


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
    documents: dict[str, Document] = {}

    def documents_of(update: int) -> list[Document]:
        chosen = batch_of(problems.problems, config, update)
        for problem in chosen:
            if problem.id not in documents:
                documents[problem.id] = to_document(problem, template, policy.tokenizer)
        return [documents[problem.id] for problem in chosen]

    seconds = config.checkpoint_seconds
    train_on_documents(artifact, policy, config, config.updates, documents_of, seconds, progress)


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
