"""Forged scores whose hashes all hold: each is refused, and the row is named."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from forgeries import change_rows, edited
from scripted import CHECKPOINT, Scripted, problems

import clean_bench.organisms  # noqa: F401 - registers organism:NAME
from clean_bench.artifacts import Artifact, verify
from clean_bench.artifacts.manifest import content_sha256
from clean_bench.engines.base import Completion, Request
from clean_bench.problems import TABLE as PROBLEMS
from clean_bench.problems import load_problems
from clean_bench.results import Results
from clean_bench.samples import TABLE, strict_kind
from clean_bench.scoring.checks import check_scores
from clean_bench.scoring.config import ScoreConfig
from clean_bench.scoring.run import score
from clean_bench.scoring.summary import COLUMNS, needed, summarize

Rows = list[dict[str, Any]]
TWIN = "organism:reciter/twin"
CHECKS = {"scores": check_scores}


class Tokenizer:
    chat_template = (
        "{{ bos_token }}{% for m in messages %}<{{ m.role }}>{{ m.content | trim }}{% endfor %}"
        "<assistant>"
    )
    special_tokens_map = {"bos_token": "<s>"}  # noqa: RUF012

    def apply_chat_template(self, messages: list[dict[str, str]], **_: object) -> str:
        said = "".join(f"<{m['role']}>{m['content'].strip()}" for m in messages)
        return f"<s>{said}<assistant>"


class Engine(Scripted):
    """Ends every other completion at the limit of two tokens."""

    def generate(self, requests: Sequence[Request]) -> Iterator[Completion]:
        for number, request in enumerate(requests):
            finish = "stop" if number % 2 else "length"
            yield Completion(request.key, r"so \boxed{7}", [1, 2], [-0.5, -0.25], finish, [7, 8])

    def describe(self) -> dict[str, Any]:
        return {"engine": self.name, "context_length": 100}


def honest_scores(folder: Path, *templates: str) -> Path:
    sets = [load_problems(TWIN).head(4), problems("a", 3)]
    config = ScoreConfig(templates=templates, samples=1, max_tokens=2)
    score(Engine(Tokenizer()), sets, folder, config, checkpoint=CHECKPOINT)
    assert verify(folder, CHECKS) == []
    return folder


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return honest_scores(tmp_path_factory.mktemp("scores") / "s", "raw")


@pytest.fixture(scope="module")
def chat(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Verifying chat prompts starts a process that loads transformers."""
    return honest_scores(tmp_path_factory.mktemp("scores") / "c", "chat", "raw")


def consistent(change: Callable[[Rows], object], table: str = TABLE) -> Callable[[Artifact], None]:
    """Change rows, and compute results and counts anew from the samples."""

    def edit(artifact: Artifact) -> None:
        change_rows(artifact, table, lambda rows: change(rows) and None)
        kept = pa.concat_tables(needed(t) for t in artifact.tables(TABLE, COLUMNS))
        results, counts = summarize(kept, artifact.config, "some")
        Results(results).write(artifact)
        artifact.manifest["metadata"]["counts"] = counts

    return edit


def hint(template: str) -> Callable[[Rows], object]:
    def change(rows: Rows) -> None:
        for row in rows:
            if row["template"] == template:
                row["prompt"] += f"Hint: {row['gold']}"

    return change


def exchanged(rows: Rows) -> None:
    """The prompts of a problem in place of another's."""
    for row in rows:
        if row["set"] == "a" and row["problem_id"] == "1" and row["template"] == "raw":
            row["prompt"] = row["prompt"].replace("what is 1", "what is 2")


def timeout(rows: Rows) -> None:
    for row in rows:
        if row["set"] == "a" and row["grade"] == "different" and row["mode"] == "greedy":
            row.update(grade="timeout", grade_flexible="timeout")


def half_a_timeout(rows: Rows) -> None:
    rows[-1].update(grade="timeout")


def changed(column: str, value: object) -> Callable[[Rows], object]:
    return lambda rows: rows[-1].update({column: value})


def golds(artifact: Artifact) -> None:
    """The gold answers of a set changed in the set and in all samples, with its hash."""

    def of_set(rows: Rows) -> None:
        for row in rows:
            if row["family"]:
                row["answer"] = "7"

    change_rows(artifact, PROBLEMS, of_set)
    table = next(artifact.tables(PROBLEMS))
    artifact.manifest["config"]["sets"][0]["sha256"] = content_sha256([table])

    def of_samples(rows: Rows) -> None:
        for row in rows:
            if row["set"] == TWIN:
                row.update(gold="7", grade="equal", grade_flexible="equal")

    consistent(of_samples)(artifact)


def other_chat(artifact: Artifact) -> None:
    artifact.manifest["metadata"]["chat_template"]["text"] += "Think."


def one_grade(artifact: Artifact) -> None:
    """As an earlier version stored a score: the strict grade, which is then the headline."""

    def strict(rows: Rows) -> None:
        for row in rows:
            row["grade"] = strict_kind(row["grade_flexible"], row["extraction"])

    consistent(strict)(artifact)
    for shard, table in zip(artifact.shards(TABLE), artifact.tables(TABLE), strict=True):
        artifact.write(f"{TABLE}/{shard.stem}", table.drop_columns(["grade_flexible"]))


FORGERIES: dict[str, tuple[Callable[[Artifact], object], str]] = {
    "gold answers of a whole set": (
        golds,
        f"problems, {TWIN} row 0 (reciter/000): differs from the shipped set in answer",
    ),
    "hints in plain prompts": (
        consistent(hint("raw")),
        "has a prompt that the template raw does not make of its problem",
    ),
    "prompts of another problem": (
        consistent(exchanged),
        "(a/1): has a prompt that the template raw does not make of its problem",
    ),
    "wrong answers as timeouts": (
        consistent(timeout),
        "(a/0): is stored as 'timeout', decided within 0.5 s as 'different'",
    ),
    "a timeout beside a decided grade": (
        consistent(half_a_timeout),
        "(a/2): is stored as 'timeout' and grades as 'different'",
    ),
    "one grade in place of two": (
        one_grade,
        "samples/00000.parquet: lacks the column grade_flexible",
    ),
    "a remark in the metadata": (
        lambda a: a.manifest["metadata"].update(note="audited"),
        "manifest.json: metadata: has 'note', which a scores artifact lacks",
    ),
    "a remark in the provenance": (
        lambda a: a.manifest["provenance"].update(auditor="X"),
        "manifest.json: provenance: has 'auditor', which a scores artifact lacks",
    ),
    "a chat template of raw prompts": (
        lambda a: a.manifest["metadata"].update(chat_template={"text": "", "special_tokens": {}}),
        "manifest.json: metadata: holds a chat template, and no prompt was made with one",
    ),
    "a token id": (
        consistent(changed("token_ids", [-5, 2])),
        "(a/2): has the token id -5",
    ),
    "an end at no limit": (
        consistent(lambda rows: rows[0].update(token_ids=[1], logprobs=[-0.5], finish="length")),
        "ended by 'length' after 1 tokens, expected 2",
    ),
    "no room in the context": (
        consistent(changed("finish", "overlong")),
        "(a/2): ended by 'overlong' with a prompt of 2 tokens in a context of 100",
    ),
    "more than the context": (
        consistent(changed("prompt_ids", [7] * 99)),
        "(a/2): has 101 tokens with its prompt, expected at most the context of 100",
    ),
    "a role": (
        lambda a: a.manifest["config"]["sets"][0].update(role="planted"),
        f"problems: {TWIN} has the role 'planted', expected 'twin'",
    ),
    "a part of a set as the whole": (
        lambda a: a.manifest["config"]["sets"][0].update(rows_of=12),
        f"problems: {TWIN} has 160 rows, not 12",
    ),
    "samples outside of the identity": (
        lambda a: a.manifest["tables"]["samples"].update(volatile=True),
        "manifest.json: declares the table 'samples' as no part of the identity (volatile)",
    ),
    "a folder of further scores": (
        lambda a: Artifact.open(a.folder / "more", "scores", {}).finish({}),
        "more: is not a part of a scores artifact",
    ),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forgery_that_is_sealed_anew_is_refused(honest: Path, tmp_path: Path, name: str) -> None:
    edit, failure = FORGERIES[name]
    failures = [str(failure) for failure in verify(edited(honest, tmp_path / "s", edit), CHECKS)]
    assert any(failure in line for line in failures), failures


@pytest.mark.parametrize("edit", [consistent(hint("chat")), other_chat])
def test_forged_chat_prompts_are_refused(
    chat: Path, tmp_path: Path, edit: Callable[[Artifact], object]
) -> None:
    failures = [str(failure) for failure in verify(edited(chat, tmp_path / "s", edit), CHECKS)]
    assert len(failures) == 7 and all(
        line.endswith("has a prompt that the template chat does not make of its problem")
        for line in failures
    )


def test_chat_prompts_of_an_earlier_version_have_one_frame(chat: Path, tmp_path: Path) -> None:
    """Without the stored template, the text around the problems must be the same in all prompts."""

    def old(artifact: Artifact) -> None:
        del artifact.manifest["metadata"]["chat_template"]

    def hints(artifact: Artifact) -> None:
        old(artifact)
        consistent(hint("chat"))(artifact)

    assert verify(edited(chat, tmp_path / "old", old), CHECKS) == []
    failures = [str(f) for f in verify(edited(chat, tmp_path / "hints", hints), CHECKS)]
    assert any("with another text around the problem than the first one" in f for f in failures)
