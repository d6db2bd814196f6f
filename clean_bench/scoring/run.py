"""Score a checkpoint on problem sets.

    score(engine, tokenizer, [problems], out, ScoreConfig(samples=16), checkpoint=...)

One greedy completion a problem, and `samples` sampled ones where asked for. Prompts, completions,
token ids and log-probabilities are kept, so that every score can be recomputed without the model.
Work is cut into shards of a fixed number of requests: a resumed run decodes the same batches as an
uninterrupted one. Each request has its own seed, made from (run seed, set, problem, sample).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from math import isfinite
from pathlib import Path
from typing import Any

import pyarrow as pa

from clean_bench import prompts
from clean_bench.answers.grade import grade
from clean_bench.artifacts import Artifact
from clean_bench.engines.base import Completion, Engine, Request
from clean_bench.errors import UserError
from clean_bench.problems import Problem, ProblemSet
from clean_bench.scoring.summary import summarize
from clean_bench.seeds import seed_of

KIND = "scores"
TABLE = "completions"
SHARD = 1024
"""Requests a shard."""

SCHEMA = pa.schema(
    [
        ("set", pa.string()),
        ("problem_id", pa.string()),
        ("role", pa.string()),
        ("dose", pa.int32()),
        ("level", pa.string()),
        ("steps", pa.int32()),
        ("mode", pa.string()),
        ("sample", pa.int32()),
        ("seed", pa.int64()),
        ("gold", pa.string()),
        ("prompt", pa.string()),
        ("response", pa.string()),
        ("finish", pa.string()),
        ("token_ids", pa.list_(pa.int32())),
        ("logprobs", pa.list_(pa.float32())),
        ("verdict", pa.string()),
        ("extracted", pa.string()),
    ]
)


@dataclass(frozen=True)
class ScoreConfig:
    """How completions are made. `samples` 0 is greedy alone."""

    template: str = "auto"
    samples: int = 0
    temperature: float = 1.0
    max_tokens: int = 512
    seed: int = 0


@dataclass(frozen=True)
class _Ask:
    """One request and what it is for."""

    problems: str
    problem: Problem
    mode: str
    sample: int
    request: Request


def score(
    engine: Engine,
    tokenizer: Any,
    sets: Sequence[ProblemSet],
    out: str | Path,
    config: ScoreConfig,
    *,
    checkpoint: Mapping[str, str],
    progress: Callable[[int], None] = lambda n: None,
) -> Artifact:
    """Write the artifact of kind `scores`; its metadata is what `score --json` prints.

    Args:
        checkpoint: `name` as typed and `weights_sha256`; the hash is part of the configuration.
        progress: called with the number of requests just done.

    Raises:
        UserError: for a problem without an answer, two sets of one name, no set at all, or a folder
            that holds something else.
    """
    names = [problems.name for problems in sets]
    twice = [name for name in names if names.count(name) > 1]
    if not sets or twice:
        what = f"{twice[0]} is named twice" if twice else "no problem set is named"
        raise UserError(f"--on: {what}; name at least one, and each only once")
    if not (isfinite(config.temperature) and config.temperature > 0):
        raise UserError(f"--temperature {config.temperature}: a finite number above 0 is wanted")
    for problems in sets:
        problems.require_answers()
    template = prompts.resolve(config.template, tokenizer)
    artifact = Artifact.open(
        out,
        KIND,
        {
            **asdict(config),
            "template": template,
            "sets": {problems.name: problems.content_sha256 for problems in sets},
            "problems": {problems.name: len(problems) for problems in sets},
            "weights_sha256": checkpoint["weights_sha256"],
            "engine": engine.describe(),
        },
        provenance={"checkpoint": checkpoint["name"]},
    )
    with artifact:
        if not artifact.finished:
            asks = list(_asks(sets, config, template, tokenizer))
            for number, start in enumerate(range(0, len(asks), SHARD)):
                part = asks[start : start + SHARD]
                if not artifact.done(f"{TABLE}/{number:05d}"):
                    completions = list(engine.generate([ask.request for ask in part]))
                    artifact.write(f"{TABLE}/{number:05d}", _table(part, completions))
                progress(len(part))
            artifact.finish(summarize(artifact.rows(TABLE)))
    return artifact


def requests_of(sets: Sequence[ProblemSet], config: ScoreConfig) -> int:
    """How many completions a score takes."""
    return sum(map(len, sets)) * (1 + config.samples)


def _asks(sets: Sequence[ProblemSet], config: ScoreConfig, template: str, tokenizer: Any) -> Any:
    for problems in sets:
        for problem in problems:
            prompt = prompts.render(problem.problem, template, tokenizer)
            for sample in range(-1, config.samples):
                greedy = sample < 0
                request = Request(
                    key=f"{problems.name}/{problem.id}/{sample}",
                    prompt=prompt.text,
                    seed=0
                    if greedy
                    else seed_of("score", config.seed, problems.name, problem.id, sample),
                    max_tokens=config.max_tokens,
                    temperature=0.0 if greedy else config.temperature,
                    special_tokens=prompt.special_tokens,
                )
                yield _Ask(
                    problems.name,
                    problem,
                    "greedy" if greedy else "sample",
                    max(sample, 0),
                    request,
                )


def _table(asks: Sequence[_Ask], completions: Sequence[Completion]) -> pa.Table:
    responses = [storable(completion.text) for completion in completions]
    verdicts = grade(
        [(ask.problem.answer or "", text) for ask, text in zip(asks, responses, strict=True)]
    )
    rows = [
        {
            "set": ask.problems,
            "problem_id": ask.problem.id,
            "role": ask.problem.role,
            "dose": ask.problem.dose,
            "level": ask.problem.level,
            "steps": ask.problem.steps,
            "mode": ask.mode,
            "sample": ask.sample,
            "seed": ask.request.seed,
            "gold": ask.problem.answer,
            "prompt": ask.request.prompt,
            "response": text,
            "finish": completion.finish,
            "token_ids": completion.token_ids,
            "logprobs": completion.logprobs,
            "verdict": verdict.kind,
            "extracted": verdict.extracted,
        }
        for ask, completion, text, verdict in zip(
            asks, completions, responses, verdicts, strict=True
        )
    ]
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def storable(text: str) -> str:
    """The text with what UTF-8 cannot hold (lone surrogates) replaced."""
    return text.encode("utf-8", "replace").decode("utf-8")
