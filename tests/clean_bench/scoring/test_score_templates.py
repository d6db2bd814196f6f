"""Templates side by side, forced beginnings and stop strings: in requests, samples and results."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scripted import CHECKPOINT, Scripted, problems, scored

from clean_bench.artifacts import verify
from clean_bench.engines.base import Request
from clean_bench.errors import UserError
from clean_bench.prompts import render_prompt
from clean_bench.results import Results
from clean_bench.scoring.checks import check_scores
from clean_bench.scoring.config import ScoreConfig
from clean_bench.scoring.run import score
from clean_bench.statistics.paired import paired_difference


class Fussy(Scripted):
    """Right under `boxed` where the number is even, under `raw` always."""

    def text(self, request: Request) -> str:
        number = request.prompt.split("what is ")[1].split()[0]
        boxed = "step by step" in request.prompt
        return rf"\boxed{{{number if not boxed or int(number) % 2 == 0 else 'x'}}}"


def test_templates_stand_side_by_side(tmp_path: Path) -> None:
    artifact = scored(tmp_path, Fussy(), templates=("boxed", "raw", "r1"))
    rows = artifact.rows("samples")
    assert len(rows) == 30
    assert [row["template"] for row in rows if row["set"] == "b"] == [
        *["boxed"] * 3, *["raw"] * 3, *["r1"] * 3
    ]  # fmt: skip
    for row in rows:
        problem = f"what is {row['problem_id']}"
        assert row["prompt"] == render_prompt(problem, row["template"], None).text
    results = Results.read(artifact).where(set="a")
    assert artifact.config["templates"] == ["boxed", "raw", "r1"]
    assert results.values_of("template") == ["boxed", "raw", "r1"]
    accuracy = results.where(measure="accuracy", versus=None)
    assert [row.value for row in accuracy] == [pytest.approx(4 / 7), 1.0, 1.0]
    raw, r1 = results.where(versus="template=boxed")
    assert (raw.template, raw.measure, r1.template) == ("raw", "accuracy", "r1")
    right = np.array([1.0, 0, 1, 0, 1, 0, 1])
    expected = paired_difference(right, np.ones(7))
    assert (raw.value, raw.low, raw.high) == pytest.approx(
        (expected.value, expected.low, expected.high)
    )
    assert raw.standard_error == pytest.approx(np.std(1 - right, ddof=1) / 7**0.5)


def test_a_template_alone_has_no_difference(tmp_path: Path) -> None:
    results = Results.read(scored(tmp_path, Scripted()))
    assert results.values_of("versus") == [None] and results.values_of("template") == ["raw"]


def test_a_problems_samples_draw_the_same_numbers_under_every_template(tmp_path: Path) -> None:
    engine = Scripted()
    scored(tmp_path, engine, templates=("raw", "boxed"), samples=3)
    seeds: dict[str, dict[str, int]] = {"raw": {}, "boxed": {}}
    for request in engine.asked:
        name, template, rest = request.key.split("/", 2)
        seeds[template][f"{name}/{rest}"] = request.seed
    assert seeds["raw"] == seeds["boxed"] and len(set(seeds["raw"].values())) == 31


def test_stop_strings_belong_to_their_template(tmp_path: Path) -> None:
    engine = Scripted()
    scored(tmp_path, engine, templates=("raw", "r1"))
    assert {(r.key.split("/")[1], r.stop) for r in engine.asked} == {
        ("raw", ()), ("r1", ("</answer>",))
    }  # fmt: skip


def test_a_forced_beginning_is_in_request_sample_and_grade(tmp_path: Path) -> None:
    start = r"Let's solve this using Python. \boxed{0}"

    class Silent(Scripted):
        def text(self, request: Request) -> str:
            return " And so on."

    engine = Silent()
    artifact = scored(tmp_path, engine, templates=("raw", "r1"), force_start=start)
    asked = {request.key: request for request in engine.asked}
    for row in artifact.rows("samples"):
        request = asked[f"{row['set']}/{row['template']}/{row['problem_id']}/greedy/0"]
        assert request.prompt == row["prompt"] + start
        assert row["response"] == start + " And so on."
        # A plain problem ends in its last word; the conversation of r1 in the tag that begins one.
        assert row["prompt"].endswith(
            f"what is {row['problem_id']}\n" if row["template"] == "raw" else "<think>"
        )
        assert len(row["token_ids"]) == 2
    assert artifact.config["force_start"] == start
    assert artifact.metadata["counts"][0]["grades"] == {"different": 6, "equal": 1}


class Chatty:
    """A tokenizer with a chat template that names the roles."""

    chat_template = "some"

    def apply_chat_template(self, messages: list[dict[str, str]], **_: object) -> str:
        said = "".join(f"<{m['role']}>{m['content']}" for m in messages)
        return f"<s>{said}<assistant>"


def test_chat_templates_carry_their_own_special_tokens(tmp_path: Path) -> None:
    engine = Scripted(Chatty())
    config = ScoreConfig(templates=("auto", "raw", "sober"), force_start="Let's see.", repeat=3)
    artifact = score(engine, [problems("a", 4)], tmp_path, config, checkpoint=CHECKPOINT)
    assert artifact.config["templates"] == ["chat", "raw", "sober"]
    asked = {request.key: request for request in engine.asked}
    assert asked["a/chat/2/greedy/0"].prompt == "<s><user>what is 2<assistant>Let's see."
    assert asked["a/sober/2/greedy/0"].prompt.startswith("<s><system>Please reason step by step")
    assert [asked[f"a/{name}/2/greedy/0"].special_tokens for name in ("chat", "raw", "sober")] == [
        False, True, False
    ]  # fmt: skip
    assert verify(tmp_path, {"scores": check_scores}) == []


def test_templates_that_cannot_be(tmp_path: Path) -> None:
    def refused(*templates: str) -> str:
        config = ScoreConfig(templates=templates)
        with pytest.raises(UserError) as caught:
            score(Scripted(), [problems("a", 1)], tmp_path / "o", config, checkpoint=CHECKPOINT)
        assert not (tmp_path / "o").exists()
        return str(caught.value)

    assert "raw is named twice" in refused("auto", "raw")
    assert "no template named 'row'" in refused("raw", "row")
    assert "template chat: the checkpoint's tokenizer has no chat template" in refused(
        "raw", "chat"
    )
    assert "--template: name at least one" in refused()
