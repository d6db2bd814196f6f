"""System prompt, worked examples, stop texts and one's own templates, from settings to rows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from scripted import CHECKPOINT, Scripted

from clean_bench.artifacts import Artifact, verify
from clean_bench.errors import UserError
from clean_bench.problems import Problem, ProblemSet
from clean_bench.samples import GREEDY, SAMPLE
from clean_bench.scoring.checks import check_scores
from clean_bench.scoring.config import ScoreConfig
from clean_bench.scoring.examples import choose_examples
from clean_bench.scoring.run import score

SCORED = ProblemSet(
    "test", [Problem(str(i), f"what is {i} times two for Ann?", str(i)) for i in range(10, 14)]
)


class Tokenizer:
    """A tokenizer with a chat template, as far as prompts need one."""

    chat_template = "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}"
    special_tokens_map = {"eos_token": "<e>"}  # noqa: RUF012

    def apply_chat_template(
        self, messages: list[dict[str, str]], *, chat_template: str | None, **_: Any
    ) -> str:
        from transformers.utils.chat_template_utils import render_jinja_template

        rendered, _indices = render_jinja_template(
            [messages], chat_template=chat_template or self.chat_template, **self.special_tokens_map
        )
        return str(rendered[0])


def training(path: Path, rows: list[tuple[str, str | None, str]]) -> str:
    path.write_text(
        "".join(
            json.dumps({"problem": problem, "solution": solution, "answer": answer}) + "\n"
            for problem, solution, answer in rows
        )
    )
    return str(path)


@pytest.fixture
def train(tmp_path: Path) -> str:
    return training(
        tmp_path / "train.jsonl",
        [
            ("no solution", None, "1"),
            ("What is  10 times two, for Ann", "Twenty.", "20"),  # scored, but for spelling
            ("what is 11 times two for Anna?", "22", "22"),  # scored, but for a letter
            ("what is 50 times two for Ann?", "It is $\\boxed{100}$.", "100"),
            ("How many legs has a dog?", "Four: \\boxed{4}.", "4"),
            ("How many eyes has it?", "Two: \\boxed{2}.", "2"),
        ],
    )


def test_examples_are_the_first_ones_with_a_solution_that_are_not_scored(train: str) -> None:
    name, examples = choose_examples(train, 2, [SCORED])
    assert name == "train"
    assert [example.answer for example in examples] == ["100", "4"]
    assert choose_examples(train, 3, [SCORED])[1][:2] == examples
    # Not scored, the near-identical ones are examples.
    assert choose_examples(train, 2, [])[1][0].answer == "20"
    with pytest.raises(UserError, match=r"train.jsonl: expected 4 problems .*, got 3; lower"):
        choose_examples(train, 4, [SCORED])


def test_the_scored_set_is_no_source_of_examples(tmp_path: Path) -> None:
    rows = [(p.problem.upper(), "a solution", "1") for p in SCORED]
    more = training(tmp_path / "more.jsonl", [*rows, ("another one", "solved", "2")])
    with pytest.raises(UserError, match="got a set that holds every problem of test, which is"):
        choose_examples(more, 1, [SCORED.head(2)])


def run(out: Path, tokenizer: Any = None, **settings: Any) -> tuple[Artifact, Scripted]:
    engine = Scripted(tokenizer)
    config = ScoreConfig(**{"samples": 1, **settings})
    return score(engine, [SCORED], out, config, checkpoint=CHECKPOINT), engine


def checked(folder: Path) -> list[str]:
    return [str(failure) for failure in verify(folder, {"scores": check_scores})]


def test_minerva_prompts_are_stored_and_recomputed_without_the_file(
    tmp_path: Path, train: str
) -> None:
    artifact, engine = run(
        tmp_path / "o",
        templates="minerva-4shot,raw",
        num_fewshot=1,
        fewshot_from=train,
        stop=("!",),
        force_start="So",
        top_p=0.5,
        top_k=7,
    )
    expected = (
        "Problem:\nwhat is 50 times two for Ann?\n\nSolution: It is $\\boxed{100}$.\nFinal Answer: The "
        "final answer is $100$. I hope it is correct.\n\nProblem:\nwhat is 10 times two for Ann?\n\n"
        "Solution: "
    )
    row = artifact.rows("samples")[0]
    assert row["prompt"] == expected
    assert engine.asked[0].prompt == expected + "So"
    greedy, sampled = engine.asked[:2]
    assert (greedy.stop, greedy.top_p, greedy.top_k) == (("Problem:", "!"), 1.0, 0)
    assert (sampled.top_p, sampled.top_k, sampled.messages) == (0.5, 7, None)
    raw = next(row for row in artifact.rows("samples") if row["template"] == "raw")
    assert raw["prompt"] == (
        "what is 50 times two for Ann?\nIt is $\\boxed{100}$.\n\nwhat is 10 times two for Ann?\n"
    )
    Path(train).unlink()
    assert checked(tmp_path / "o") == []
    example = artifact.config["examples"][0]
    assert (example["answer"], artifact.config["fewshot_from"]) == ("100", "train")


def test_an_edited_example_is_found(tmp_path: Path, train: str) -> None:
    artifact, _ = run(tmp_path / "o", templates="raw", num_fewshot=1, fewshot_from=train)
    artifact.manifest["config"]["examples"][0]["solution"] = "another"
    artifact.finish(artifact.metadata)
    found = checked(tmp_path / "o")
    assert sum("a prompt that the template raw does not make" in failure for failure in found) == 8


def test_the_same_text_from_another_path_resumes_and_another_text_does_not(
    tmp_path: Path, train: str
) -> None:
    folder = tmp_path / "moved"
    folder.mkdir()
    template = folder / "mine.txt"
    (tmp_path / "mine.txt").write_text("Q: {problem}\nA:")
    template.write_text("Q: {problem}\nA:")
    moved = folder / "train.jsonl"
    moved.write_bytes(Path(train).read_bytes())
    settings = {"num_fewshot": 1, "templates": str(tmp_path / "mine.txt")}
    first, _ = run(tmp_path / "o", fewshot_from=train, **settings)
    settings["templates"] = str(template)
    again, engine = run(tmp_path / "o", fewshot_from=str(moved), **settings)
    assert engine.asked == [] and again.config == first.config
    template.write_text("Question: {problem}\nA:")
    with pytest.raises(UserError, match="was begun with"):
        run(tmp_path / "o", fewshot_from=str(moved), **settings)


def test_a_chat_template_of_ones_own_with_a_system_prompt(tmp_path: Path, train: str) -> None:
    path = tmp_path / "mine.jinja"
    path.write_text(
        "{% for m in messages %}<{{ m.role }}>{{ m.content }}{{ eos_token }}{% endfor %}"
    )
    artifact, engine = run(
        tmp_path / "o",
        Tokenizer(),
        templates=f"{path},chat",
        system_prompt="Be brief.",
        num_fewshot=1,
        fewshot_from=train,
        force_start="Well",
    )
    assert engine.asked[0].prompt == (
        "<system>Be brief.<e><user>what is 50 times two for Ann?<e><assistant>It is $\\boxed{100}$.<e>"
        "<user>what is 10 times two for Ann?<e>Well"
    )
    assert engine.asked[0].messages == (
        ("system", "Be brief."),
        ("user", "what is 50 times two for Ann?"),
        ("assistant", "It is $\\boxed{100}$."),
        ("user", "what is 10 times two for Ann?"),
        ("assistant", "Well"),
    )
    own = next(r for r in engine.asked if "/chat/" in r.key)
    assert own.prompt.startswith("system: Be brief.\nuser: what is 50")
    path.unlink()
    assert checked(tmp_path / "o") == []
    artifact.manifest["config"]["definitions"]["mine"]["chat_template"] += " "
    artifact.finish(artifact.metadata)
    found = checked(tmp_path / "o")
    assert sum("the template mine does not make of its problem" in text for text in found) == 4


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"templates": "minerva-4shot"},
            "minerva-4shot: expected --fewshot-from .* its 4 examples",
        ),
        ({"num_fewshot": 2}, "--template auto: expected --fewshot-from"),
        ({"fewshot_from": "x.jsonl"}, "--fewshot-from x.jsonl: no template has examples"),
        (
            {"templates": "raw", "system_prompt": "x"},
            "template raw is a plain prompt without a sys",
        ),
        ({"stop": ("a", "")}, "--stop '': expected a text"),
        ({"templates": "some.txt"}, "--template some.txt: no such file"),
        ({"templates": "rwa"}, "no template named 'rwa': .* or a file that ends with .txt, .jinja"),
        ({"seeds": (1, 1), "samples": 2}, "--seeds 1,1: expected different numbers"),
        ({"seeds": (1, 2)}, "--seeds: expected --samples 1 or more"),
        ({"seeds": (1, 2), "samples": 2, "seed": 3}, "--seed 3: expected either --seed or --seeds"),
    ],
)
def test_settings_that_no_checkpoint_could_fulfil(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        ScoreConfig(**settings).check()


def test_a_system_prompt_under_auto_needs_a_chat_template() -> None:
    config = ScoreConfig(system_prompt="x")
    config.check()
    assert config.resolved(Tokenizer()).templates == ("chat",)
    with pytest.raises(UserError, match="template raw is a plain prompt without a system message"):
        config.resolved(None)


def test_an_empty_system_prompt_leaves_the_message_out() -> None:
    assert ScoreConfig(system_prompt="").template("sober").system == ""
    assert ScoreConfig().template("sober").system.startswith("Please reason step by step")
    assert ScoreConfig(num_fewshot=0).template("minerva-4shot").examples == ()


def test_the_protocol_names_what_is_not_the_default() -> None:
    assert ScoreConfig().protocol(SAMPLE) == "temperature 1, 512 tokens, grader clean-bench"
    assert ScoreConfig().protocol(GREEDY) == "greedy, 512 tokens, grader clean-bench"
    config = ScoreConfig(
        top_p=0.95, top_k=20, stop=("Q:", "\n\n"), system_prompt="Be brief.", force_start="So"
    )
    assert config.protocol(SAMPLE) == (
        "temperature 1, top-p 0.95, top-k 20, 512 tokens, forced start 'So', stop 'Q:' '\\n\\n', "
        "system prompt 'Be brief.', grader clean-bench"
    )
    assert config.protocol(GREEDY).startswith("greedy, 512 tokens, forced start 'So', stop")
    long = [ScoreConfig(system_prompt="x" * 70 + end).protocol(GREEDY) for end in "ab"]
    assert long[0] != long[1] and all(len(protocol) < 150 for protocol in long)


def test_the_protocol_tells_examples_and_templates_of_one_name_apart(
    tmp_path: Path, train: str
) -> None:
    def protocol(text: str, solution: str) -> str:
        (tmp_path / "mine.txt").write_text(text)
        source = training(tmp_path / "other.jsonl", [("Q", solution, "1")])
        config = ScoreConfig(
            templates=str(tmp_path / "mine.txt"), num_fewshot=1, fewshot_from=source
        )
        return config.loaded([SCORED]).protocol(GREEDY)

    first = protocol("{problem}", "s")
    assert "template mine (" in first and "1-shot from other (" in first
    assert len({first, protocol("{problem}.", "s"), protocol("{problem}", "t")}) == 3
    assert protocol("{problem}", "s") == first


def test_a_response_that_goes_on_after_a_stop_text_is_found(tmp_path: Path) -> None:
    """The scripted engine does not stop; its responses hold `boxed`."""
    run(tmp_path / "o", templates="raw", stop=("boxed",))
    found = checked(tmp_path / "o")
    assert len(found) == 8 and all("goes on after the stop text" in failure for failure in found)
