"""Min-K%++ and Self-Critique, against calculations by hand."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from clean_bench.artifacts import Artifact, verify
from clean_bench.checkpoints import Checkpoint
from clean_bench.engines.token_distributions import TokenStatistics
from clean_bench.errors import UserError
from clean_bench.probing.checks import check_probe
from clean_bench.probing.rows import STATISTICS
from clean_bench.probing.run import probe
from clean_bench.probing.tests.min_k import scores_of
from clean_bench.probing.tests.self_critique import INSTRUCTION, entropy_similarity
from clean_bench.problems import Problem, ProblemSet
from clean_bench.samples import read_samples


def test_min_k_by_hand() -> None:
    tokens = [
        TokenStatistics(-4.0, -2.0, 0.5),  # standardized -4
        TokenStatistics(-1.0, -2.0, 0.5),  # 2
        TokenStatistics(-3.0, -1.0, 4.0),  # -0.5
        TokenStatistics(0.0, 0.0, 0.0),  # certain: 0
        TokenStatistics(-2.0, -1.5, 0.25),  # -2
        TokenStatistics(-0.5, -0.5, 1.0),  # 0
    ]
    # 20% of six tokens is two of them.
    assert scores_of(tokens) == {
        "min_k_plus": (-4 - 2) / 2,
        "min_k": (-4 - 3) / 2,
        "nll": 10.5 / 6,
        "tokens": 6.0,
    }
    assert scores_of(tokens[:1])["min_k_plus"] == -4


def test_similarity_against_numpy() -> None:
    generator = np.random.default_rng(1)
    for first, second in ((3, 3), (2, 7), (9, 1)):
        a, b = generator.random(first), generator.random(second)
        padded = [np.pad(x, (0, max(first, second) - len(x))) for x in (a, b)]
        cosine = padded[0] @ padded[1] / np.linalg.norm(padded[0]) / np.linalg.norm(padded[1])
        ratio = min(first, second) / max(first, second)
        assert entropy_similarity(list(a), list(b)) == pytest.approx(cosine * ratio)
    assert entropy_similarity([0.0, 0.0], [0.0]) == 0.5
    assert entropy_similarity([0.0, 0.0], [1.0, 0.0]) == 0.0


@pytest.fixture
def reading(fake_engine: Any) -> Any:
    """An engine whose token at place i of a suffix has entropy i + 1."""

    class Reading(fake_engine):  # type: ignore[misc]
        tokenizer = None

        def token_statistics(
            self, prefix_ids: Sequence[Sequence[int]], suffix_ids: Sequence[Sequence[int]]
        ) -> list[list[TokenStatistics]]:
            return [
                [TokenStatistics(-1.0, -1.0 - place, 1.0) for place in range(len(ids))]
                for ids in suffix_ids
            ]

    return Reading(
        {
            "Ann has two apples. How many?": " She has 2.",
            "Ann has two apples. How many?"
            + INSTRUCTION.format(answer="She has 2."): " It is 2 2 2.",
        }
    )


def run(engine: Any, out: Path, name: str) -> Artifact:
    model = Checkpoint("some/model", Path("nowhere"))
    model.__dict__["weights_sha256"] = "ab" * 32
    sets = [ProblemSet("main", [Problem("a", "Ann has two apples. How many?"), Problem("b", "x")])]
    return probe(engine, sets, out, checkpoint=model, tests=[name])


def values(artifact: Artifact, problem_id: str) -> dict[str, float]:
    rows = artifact.rows(STATISTICS)
    return {r["statistic"]: r["value"] for r in rows if r["problem_id"] == problem_id}


def test_self_critique_of_two_answers(tmp_path: Path, reading: Any) -> None:
    artifact = run(reading, tmp_path / "p", "self-critique")
    assert verify(tmp_path / "p", {"probe": check_probe}) == []
    # Entropies 1, 2, 3 and 1, 2, 3, 4, 5.
    cosine = (1 + 4 + 9) / sqrt((1 + 4 + 9) * (1 + 4 + 9 + 16 + 25))
    expected = {"similarity": cosine * 3 / 5, "first_tokens": 3.0, "second_tokens": 5.0}
    assert values(artifact, "a") == pytest.approx(expected)
    assert values(artifact, "b") == {}  # nothing was generated
    samples = [s for table in artifact.tables("samples") for s in read_samples(table)]
    prompts = {s.template: s.prompt for s in samples if s.problem_id == "a" and "/" in s.template}
    assert prompts["self-critique/second"].startswith(prompts["self-critique/first"])
    assert "Here is one answer to this problem:\nShe has 2." in prompts["self-critique/second"]


def test_min_k_of_whole_problems(tmp_path: Path, reading: Any) -> None:
    artifact = run(reading, tmp_path / "p", "min-k")
    assert verify(tmp_path / "p", {"probe": check_probe}) == []
    # Six words after the beginning token: standardized 0, 1, 2, 3, 4, 5, of which two are averaged.
    assert values(artifact, "a") == {"min_k_plus": 0.5, "min_k": -1.0, "nll": 1.0, "tokens": 6.0}
    assert values(artifact, "b")["tokens"] == 1.0


@pytest.mark.parametrize("name", ["min-k", "self-critique"])
def test_an_engine_without_distributions_is_refused(
    tmp_path: Path, fake_engine: Any, name: str
) -> None:
    with pytest.raises(UserError, match=f"--signals {name}: expected an engine with the whole"):
        run(fake_engine(), tmp_path / "p", name)


def test_all_leaves_out_what_is_not_possible(
    tmp_path: Path, fake_engine: Any, caplog: pytest.LogCaptureFixture
) -> None:
    artifact = run(fake_engine(), tmp_path / "p", "all")
    tests = artifact.config["tests"]
    assert {"reconstruction", "donor-prefix", "min-knn"} < set(tests)
    assert not {"min-k", "self-critique", "zero-cot", "paraphrase"} & set(tests)
    assert "left out of --signals all: --signals min-k: expected an engine" in caplog.text
    assert verify(tmp_path / "p", {"probe": check_probe}) == []
