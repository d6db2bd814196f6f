"""The rows of a score: one completion each, with what was asked, what came and the verdict."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from clean_bench.engines.base import Completion
from clean_bench.grading.grade import grade
from clean_bench.scoring.requests import Ask

TABLE = "completions"
SCHEMA = pa.schema(
    [
        ("set", pa.string()),
        ("problem_id", pa.string()),
        ("role", pa.string()),
        ("dose", pa.int32()),
        ("level", pa.string()),
        ("steps", pa.int32()),
        ("template", pa.string()),
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
"""`mode` is "greedy", "sample" or "repeat" (a greedy completion made again).

`prompt` and `response` one after the other are the whole text: a forced beginning is part of the
response. `token_ids` and `logprobs` are of what the checkpoint wrote itself.
"""


def to_table(
    asks: Sequence[Ask], completions: Sequence[Completion], force_start: str, grader: str
) -> pa.Table:
    """The rows of a shard, graded."""
    responses = [storable(force_start + completion.text) for completion in completions]
    problems = [ask.problem for ask in asks]
    golds = [problem.answer or "" for problem in problems]
    verdicts = grade(list(zip(golds, responses, strict=True)), grader=grader)
    columns = {
        "set": [ask.problems for ask in asks],
        "problem_id": [problem.id for problem in problems],
        "role": [problem.role for problem in problems],
        "dose": [problem.dose for problem in problems],
        "level": [problem.level for problem in problems],
        "steps": [problem.steps for problem in problems],
        "template": [ask.template for ask in asks],
        "mode": [ask.mode for ask in asks],
        "sample": [ask.sample for ask in asks],
        "seed": [ask.request.seed for ask in asks],
        "gold": golds,
        "prompt": [ask.prompt for ask in asks],
        "response": responses,
        "finish": [completion.finish for completion in completions],
        "token_ids": [completion.token_ids for completion in completions],
        "logprobs": [completion.logprobs for completion in completions],
        "verdict": [verdict.kind for verdict in verdicts],
        "extracted": [verdict.extracted for verdict in verdicts],
    }
    return pa.table(columns, schema=SCHEMA)


def storable(text: str) -> str:
    """The text with what UTF-8 cannot hold (lone surrogates) replaced."""
    return text.encode("utf-8", "replace").decode("utf-8")
