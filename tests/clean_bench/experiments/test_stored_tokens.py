"""Token ids that do not decode to the stored text are found where the tokenizer is at hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from forgeries import change_rows, edited

import clean_bench.organisms  # noqa: F401 - registers organism:NAME
from clean_bench.artifacts import Artifact, verify
from clean_bench.checkpoints import resolve_checkpoint
from clean_bench.engines.base import Engine
from clean_bench.engines.open import EngineConfig, open_engine
from clean_bench.experiments.stored_tokens import check_tokens, tokenizer_at_hand
from clean_bench.experiments.verify import checks
from clean_bench.probing.run import probe
from clean_bench.probing.tests import TESTS
from clean_bench.problems import Problem, ProblemSet, load_problems
from clean_bench.samples import TABLE
from clean_bench.scoring.config import ScoreConfig
from clean_bench.scoring.run import score

Rows = list[dict[str, Any]]


@pytest.fixture(scope="module")
def scores(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Real completions of a control model: ended by itself, by a stop text and by the limit."""
    folder = tmp_path_factory.mktemp("tokens")
    reciter = resolve_checkpoint("organism:reciter")
    engine = open_engine(reciter, EngineConfig(engine="transformers"))
    twin = load_problems("organism:reciter/twin").head(3)
    config = ScoreConfig(
        templates=("raw",), samples=1, max_tokens=24, force_start="So", stop=(".",)
    )
    score(engine, [twin], folder / "s", config, checkpoint=reciter)
    probe(engine, [twin], folder / "p", checkpoint=reciter)
    engine.close()
    return folder


def failures(folder: Path) -> list[str]:
    return [str(failure) for failure in check_tokens(Artifact.load(folder))]


def test_the_tokens_of_a_control_model_decode_to_its_text(scores: Path) -> None:
    for name in ("s", "p"):
        assert tokenizer_at_hand(Artifact.load(scores / name)) is not None
        assert failures(scores / name) == []


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    opened = open_engine(
        resolve_checkpoint("organism:reciter"), EngineConfig(engine="transformers")
    )
    yield opened
    opened.close()


@pytest.mark.parametrize("name", TESTS)
def test_a_probe_with_any_one_signal_verifies(engine: Engine, tmp_path: Path, name: str) -> None:
    texts = [
        f"{who} has {i + 13} red figs, sells {i + 2} of them in a town, and eats {i} at home. "
        "How many figs are left in the basket at the end of the day?"
        for i, who in enumerate(["Ann", "Bob", "Cid", "Dan", "Eve", "Flo"])
    ]
    problems = [Problem(str(i), text, str(11 - i)) for i, text in enumerate(texts)]
    renumbered = [replace(p, problem=p.problem.replace("has 1", "has 2")) for p in problems]
    reworded = [replace(p, problem=f"Today {p.problem}") for p in problems]
    probe(
        engine,
        [ProblemSet("figs", problems)],
        tmp_path / "p",
        checkpoint=resolve_checkpoint("organism:reciter"),
        fractions=[0.6],
        variants=[ProblemSet("renumbered", renumbered)],
        paraphrases=[ProblemSet("reworded", reworded)],
        tests=[name],
    )
    assert tokenizer_at_hand(Artifact.load(tmp_path / "p")) is not None
    assert verify(tmp_path / "p", checks()) == []


EDITS: dict[str, Callable[[Rows], object]] = {
    "text": lambda rows: rows[1].update(response=r"So \boxed{7}"),
    "an empty text": lambda rows: rows[1].update(response="So"),
    "tokens": lambda rows: rows[1].update(token_ids=rows[1]["token_ids"][::-1]),
    "an id outside of the vocabulary": lambda rows: rows[1].update(token_ids=[10**6]),
}


@pytest.mark.parametrize("name", EDITS)
def test_another_text_or_other_tokens_are_found(scores: Path, tmp_path: Path, name: str) -> None:
    copy = edited(
        scores / "s",
        tmp_path / "s",
        lambda a: change_rows(a, TABLE, lambda r: EDITS[name](r) and None),
    )
    [failure] = failures(copy)
    assert failure.startswith("samples row 1 (organism:reciter/twin/reciter/")
    assert "its token ids decode to " in failure


PROMPTS: dict[str, Callable[[Rows], object]] = {
    "other ids": lambda rows: rows[1].update(prompt_ids=[7, 8, 9]),
    "a hint": lambda rows: rows[1]["prompt_ids"].append(9),
    "the prompt of another problem": lambda rows: rows[1].update(prompt_ids=rows[-1]["prompt_ids"]),
    "none": lambda rows: rows[1].update(prompt_ids=[]),
    "an id outside of the vocabulary": lambda rows: rows[1].update(prompt_ids=[10**6]),
}


@pytest.mark.parametrize("kind", ["s", "p"])
@pytest.mark.parametrize("name", PROMPTS)
def test_tokens_of_another_prompt_are_found(
    scores: Path, tmp_path: Path, name: str, kind: str
) -> None:
    def edit(rows: Rows) -> None:
        assert rows[1]["prompt_ids"] != rows[-1]["prompt_ids"]
        PROMPTS[name](rows)

    copy = edited(scores / kind, tmp_path / kind, lambda a: change_rows(a, TABLE, edit))
    [failure] = failures(copy)
    assert failure.startswith("samples row 1 (organism:reciter/twin/reciter/")
    assert failure.endswith("): its prompt ids are not the tokens of its prompt")


def test_another_checkpoint_is_not_at_hand(scores: Path, tmp_path: Path) -> None:
    def other(artifact: Artifact) -> None:
        artifact.manifest["config"]["weights_sha256"] = "0" * 64

    assert failures(edited(scores / "s", tmp_path / "s", other)) == []
    assert tokenizer_at_hand(Artifact.load(tmp_path / "s")) is None
