r"""Plant a random half of a set in a copy of a given checkpoint, by continued training.

    plant_in_checkpoint(checkpoint, problems, background, "planting-1", PlantingPlan("1"), settings)

The text is one pass over the copies of the planted problems, mixed with as many background tokens. A
document is the problem, then its answer where it has one, as in `planting_corpus`. The loss is on every
token but the first. All weights are trained, or LoRA adapters that are merged at the end. The artifact
has the kind `planting`, so the probe is calibrated on it as on a planted control model.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from clean_bench.artifacts import Artifact
from clean_bench.checkpoints import Checkpoint, weights_sha256
from clean_bench.engines.special_tokens import encode
from clean_bench.errors import UserError
from clean_bench.organisms.planting import HELD_OUT, KIND, PLANTED
from clean_bench.organisms.planting_corpus import (
    Background,
    background_without,
    copies,
    in_form,
    planted_document,
)
from clean_bench.organisms.planting_plan import PlantingPlan, assign, without_near_duplicates
from clean_bench.organisms.planting_settings import PlantingSettings
from clean_bench.organisms.pretrain import Document as Text
from clean_bench.problems import Problem, ProblemSet, Role, write_folder
from clean_bench.progress import phase
from clean_bench.seeds import seed_of
from trainers.batching import Document
from trainers.open_policy import open_policy
from trainers.policy import Policy
from trainers.sft.loop import SECONDS, train_on_documents

Report = Callable[[int, int, Mapping[str, float]], None]


def plant_in_checkpoint(
    checkpoint: Checkpoint,
    problems: ProblemSet,
    background: Sequence[str],
    out: str | Path,
    plan: PlantingPlan,
    settings: PlantingSettings,
    *,
    device: str | None = None,
    trust_remote_code: bool = False,
    progress: Report = lambda update, updates, metrics: None,
) -> Artifact:
    """Train a copy of a checkpoint on planted copies and write the artifact; resumes a killed run.

    Args:
        background: texts beside the copies; those in which a problem of the set occurs are dropped.
        progress: called after each update with the number of completed updates, the number of all, and
            the metrics of the update.

    Raises:
        UserError: for a plan of another stage than "continued", too few problems, no background text,
            a diverged training, or a folder that holds other files.
    """
    if plan.stage != "continued":
        raise UserError(f"stage: expected continued for a given checkpoint, got {plan.stage}")
    kept = background_without(background, problems.problems)
    if not kept.texts and settings.background_share:
        raise UserError(
            "background: expected a text without a problem of the set, got none; name a larger one, or "
            "set background_share=0"
        )
    seed = seed_of("planting policy", plan.seed) % 2**31
    with phase(f"loading {checkpoint.name} to train it"):
        policy = open_policy(
            checkpoint, settings, device=device, trust_remote_code=trust_remote_code, seed=seed
        )
    config = {
        **asdict(plan),
        "recipe": settings.model_dump(mode="json"),
        "set": {"name": problems.name, "sha256": problems.content_sha256},
        "background": {"texts": len(kept.texts), "sha256": kept.sha256},
        "policy": policy.describe(),
        **{f"base_{name}": sha256 for name, sha256 in checkpoint.identity().items()},
    }
    provenance = {"base": checkpoint.name, "revision": checkpoint.revision}
    artifact = Artifact.open(out, KIND, config, provenance=provenance)
    with artifact:
        if not artifact.finished:
            _plant(artifact, policy, problems, kept, plan, settings, progress)
    return artifact


def _plant(
    artifact: Artifact,
    policy: Policy,
    problems: ProblemSet,
    background: Background,
    plan: PlantingPlan,
    settings: PlantingSettings,
    progress: Report,
) -> None:
    context = int(getattr(policy.model.config, "max_position_embeddings", 0) or 1 << 30)
    with phase("drawing the corpus"):
        distinct, near_duplicates = without_near_duplicates(problems.problems)
        fitting = [
            problem
            for problem in distinct
            if len(encode(policy.tokenizer, planted_document(problem).text, special_tokens=True))
            < context
        ]
        halves = assign(fitting, plan)
        planted = [in_form(problem, plan, context, policy.tokenizer) for problem in halves[0]]
        copied = copies(planted)
        corpus, tokens = _corpus(copied, background, settings, policy.tokenizer, plan.seed)
    updates = -(-len(corpus) // settings.batch_size)

    def documents_of(update: int) -> list[Document]:
        first = update * settings.batch_size
        return corpus[first : first + settings.batch_size]

    train_on_documents(
        artifact,
        policy,
        settings,
        updates,
        documents_of,
        settings.checkpoint_seconds,
        lambda update, metrics: progress(update, updates, metrics),
    )
    with phase("saving the checkpoint"), artifact.atomic_folder("checkpoint") as folder:
        policy.save(folder)
    sets: list[tuple[str, Role, Sequence[Problem]]] = [
        (PLANTED, "planted", planted),
        (HELD_OUT, "twin", halves[1]),
    ]
    for name, role, half in sets:
        origin = {"planting": plan.seed, "half": name}
        write_folder(artifact.folder / name, ProblemSet(name, half, role=role), origin)
    kept = {problem.id for problem in fitting}
    facts = {
        "planted_problems": len(planted),
        "held_out_problems": len(halves[1]),
        "planted_copies": len(copied),
        "planted_tokens": tokens[0],
        "background_tokens": tokens[1],
        "background_dropped": background.dropped,
        "near_duplicates": near_duplicates,
        "overlong": [problem.id for problem in distinct if problem.id not in kept],
        "updates": updates,
        "weights_sha256": weights_sha256(artifact.folder / "checkpoint"),
    }
    artifact.finish(facts, volatile=[SECONDS])


def _corpus(
    copied: Sequence[Text],
    background: Background,
    settings: PlantingSettings,
    tokenizer: Any,
    seed: str,
) -> tuple[list[Document], tuple[int, int]]:
    """The documents of one pass, shuffled; and the numbers of planted and of background tokens.

    Background documents are no longer than the longest copy, so that batches cost alike.
    """
    encoded = {text: _document(text.text, tokenizer) for text in dict.fromkeys(copied)}
    documents = [encoded[text] for text in copied]
    planted_tokens = sum(map(len, documents))
    longest = max(map(len, documents), default=0)
    around: list[Document] = []
    tokens = 0
    order = list(background.texts)
    random.Random(seed_of("planting background order", seed)).shuffle(order)
    place = 0
    while order and tokens < settings.background_share * planted_tokens:
        document = _document(order[place % len(order)], tokenizer, longest)
        around.append(document)
        tokens += len(document)
        place += 1
    documents += around
    random.Random(seed_of("planting order", seed)).shuffle(documents)
    return documents, (planted_tokens, tokens)


def _document(text: str, tokenizer: Any, longest: int | None = None) -> Document:
    """A text with the tokenizer's special tokens and an end token; the loss is on all but the first."""
    ids = [
        *encode(tokenizer, text, special_tokens=True),
        *([] if tokenizer.eos_token_id is None else [tokenizer.eos_token_id]),
    ]
    ids = ids[:longest]
    return Document(ids[:1], ids[1:])
