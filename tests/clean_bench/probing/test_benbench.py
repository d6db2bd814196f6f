"""Recorded predictions: the recorded scores of real files are the oracle."""

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from clean_bench.artifacts import verify
from clean_bench.errors import UserError
from clean_bench.probing.compat.benbench import (
    SCHEMA,
    SCORES,
    TABLE,
    check_benbench,
    score_benbench,
    scores_of,
)
from clean_bench.results import Results
from clean_bench.text.stemmer import stem

RECORDED = Path(__file__).resolve().parents[3] / ".." / "shared" / "data" / "ngram_predictions"


def _row(*texts: tuple[str, str]) -> dict[str, Any]:
    return {"n_gram_results": [{"predicted_text": p, "original_text": o} for p, o in texts]}


@pytest.mark.parametrize("name", ["Gemma-7B", "Grok-1_paraphrase_3", "Phi-1_5"])
def test_real_files_give_the_recorded_scores(tmp_path: Path, name: str) -> None:
    path = RECORDED / f"{name}.json.gz"
    if not path.exists():
        pytest.skip("the folder of real data is absent")
    artifact = score_benbench(path, tmp_path / "p")
    results, rows = Results.read(artifact), artifact.rows(TABLE)
    assert artifact.metadata == {
        "rows": 1319,
        "ngrams": 6595,
        "different": {"exact_match": 0, "edit_similarity": 0, "rouge_l": 0},
    }
    for name in SCORES:
        result = results.where(measure=name).one()
        recorded = sum(row[f"recorded_{name}"] for row in rows) / len(rows)
        assert result.value == pytest.approx(recorded)
        assert result.estimate.low < recorded < result.estimate.high
        assert result.n == 1319


def test_the_contrast_of_real_predictions(tmp_path: Path) -> None:
    """Original minus paraphrases for Grok-1; the oracle is a bootstrap over problems."""
    paths = [
        RECORDED / f"Grok-1{name}.json.gz"
        for name in ("", *(f"_paraphrase_{i}" for i in (1, 2, 3)))
    ]
    if not all(path.exists() for path in paths):
        pytest.skip("the folder of real data is absent")
    artifact = score_benbench(paths[0], tmp_path / "p", paths[1:])
    assert verify(tmp_path / "p", {"benbench": check_benbench}) == []
    assert artifact.metadata["different"] == {"exact_match": 0, "edit_similarity": 0, "rouge_l": 0}
    rows, results = artifact.rows(TABLE), Results.read(artifact)
    scores = np.zeros((4, 1319))
    for row in rows:
        scores[row["paraphrase"], row["row"] - 1] += row["exact_match"] / 5
    gaps = scores[0] - scores[1:].mean(axis=0)
    generator = np.random.default_rng(1)
    means = [gaps[generator.integers(0, 1319, 1319)].mean() for _ in range(2000)]
    low, high = np.percentile(means, [2.5, 97.5])
    contrast = results.where(measure="exact_match", versus="subset=paraphrases").one()
    assert contrast.value == pytest.approx(gaps.mean()) and contrast.n == 1319
    assert contrast.low == pytest.approx(low, abs=0.003)
    assert contrast.high == pytest.approx(high, abs=0.003)
    for number in (1, 2, 3):
        one = results.where(measure="exact_match", versus=f"subset=paraphrase {number}").one()
        assert one.value == pytest.approx((scores[0] - scores[number]).mean())


def test_paraphrases_are_paired_row_by_row(tmp_path: Path) -> None:
    files = {
        "original": [_row(("a", "a"), ("b", "b")), _row(("a", "a"), ("x", "b"))],
        "reworded": [_row(("x", "a"), ("b", "b")), _row(("x", "a"), ("x", "b"))],
        "short": [_row(("a", "a"))],
    }
    for name, rows in files.items():
        (tmp_path / name).write_text(json.dumps(rows))
    paths = {name: tmp_path / name for name in files}
    artifact = score_benbench(paths["original"], tmp_path / "p", [paths["reworded"]])
    results = Results.read(artifact).where(measure="exact_match")
    assert results.where(subset=None, versus=None).one().value == 0.75
    assert results.where(subset="paraphrase 1").one().value == 0.25
    contrast = results.where(versus="subset=paraphrase 1").one()
    assert (contrast.value, contrast.n) == (0.5, 2)
    assert len(results) == 3  # no mean of one paraphrase
    with pytest.raises(UserError, match=r"short: expected 2 rows as in .*original, got 1"):
        score_benbench(paths["original"], tmp_path / "q", [paths["short"]])
    assert not (tmp_path / "q").exists()


@pytest.mark.parametrize("measure", ["rouge_l", "edit_similarity"])
def test_the_contrast_of_continuous_scores_has_the_width_of_a_paired_interval(
    tmp_path: Path, measure: str
) -> None:
    """N-grams of a row have similar scores: the oracle is the normal interval of paired rows."""
    generator = np.random.default_rng(5)
    words = "alpha beta gamma delta epsilon zeta eta theta iota kappa".split()
    original = " ".join(words)

    def predicted(kept: float) -> str:
        return " ".join(word if generator.random() < kept else "omega" for word in words)

    shares = generator.uniform(0.4, 0.6, 300)
    for name, more in (("original", 0.03), ("reworded", 0.0), ("again", 0.0)):
        rows = [_row(*((predicted(s + more), original) for _ in range(5))) for s in shares]
        (tmp_path / name).write_text(json.dumps(rows))
    paths = [tmp_path / name for name in ("original", "reworded", "again")]
    artifact = score_benbench(paths[0], tmp_path / "p", paths[1:])
    scores = np.zeros((3, 300))
    for row in artifact.rows(TABLE):
        scores[row["paraphrase"], row["row"] - 1] += row[measure] / 5
    results = Results.read(artifact).where(measure=measure)
    for versus, other in (
        ("paraphrase 1", scores[1]),
        ("paraphrase 2", scores[2]),
        ("paraphrases", scores[1:].mean(axis=0)),
    ):
        gaps = scores[0] - other
        contrast = results.where(versus=f"subset={versus}").one()
        assert contrast.value == pytest.approx(gaps.mean()) and contrast.n == 300
        half = 1.96 * gaps.std(ddof=1) / 300**0.5
        assert contrast.high - contrast.low == pytest.approx(2 * half, rel=0.01)


def test_scores_by_hand() -> None:
    scores = scores_of({"predicted": " running -3", "original": " ran 3 runs"})
    assert scores["exact_match"] == 0.0
    assert scores["rouge_l"] == pytest.approx(2 / 5)  # "run 3" and "ran 3 run": one token in common
    assert scores_of({"predicted": "kitten", "original": "sitting"})["edit_similarity"] == 1 - 3 / 7
    assert scores_of({"predicted": "+", "original": "+"}) == {
        "exact_match": 1.0,
        "edit_similarity": 1.0,
        "rouge_l": 0.0,
    }


@pytest.mark.parametrize(
    "word, expected",
    # From Porter's paper, and from its published vocabulary.
    [("caresses", "caress"), ("ponies", "poni"), ("cats", "cat"), ("agreed", "agre"),
     ("feed", "feed"), ("plastered", "plaster"), ("motoring", "motor"), ("sing", "sing"),
     ("conflated", "conflat"), ("hopping", "hop"), ("falling", "fall"), ("filing", "file"),
     ("happy", "happi"), ("relational", "relat"), ("conditional", "condit"),
     ("digitizer", "digit"), ("operator", "oper"), ("triplicate", "triplic"),
     ("hopefulness", "hope"), ("electrical", "electr"), ("adoption", "adopt"),
     ("replacement", "replac"), ("probate", "probat"), ("controlling", "control"),
     ("generalizations", "gener"), ("oscillators", "oscil")],
)  # fmt: skip
def test_stems(word: str, expected: str) -> None:
    assert stem(word) == expected


def test_forms_of_the_file(tmp_path: Path) -> None:
    rows = [_row(("a b", "a b"), ("a c", "a b")), _row(("x", "a b"))]
    array, lines = json.dumps(rows), "\n".join(map(json.dumps, rows)) + "\n\n"
    forms = {"a.json": array.encode(), "a.jsonl": lines.encode()}
    forms |= {f"{name}.gz": gzip.compress(data) for name, data in list(forms.items())}
    for name, data in forms.items():
        (tmp_path / name).write_bytes(data)
        artifact = score_benbench(tmp_path / name, tmp_path / f"out-{name}")
        assert sum(row["exact_match"] for row in artifact.rows(TABLE)) == 1  # of three n-grams
        exact = Results.read(artifact).where(measure="exact_match").one()
        assert (exact.value, exact.n) == (0.25, 2)  # by row
        assert artifact.metadata["different"] == dict.fromkeys(SCORES)


@pytest.mark.parametrize(
    "data, message",
    [
        (b"", "at least one row"),
        (b"[{", "file:1: expected JSON"),
        (b'{"a": 1}', "row 1: expected a list n_gram_results"),
        (json.dumps([_row(("a", "b")), {"n_gram_results": []}]).encode(), "row 2"),
        (b'{"n_gram_results": [{"predicted_text": "a"}]}', "n-gram 1: expected a text original_text"),
        (b'{"n_gram_results": [1]}', "n-gram 1: expected a text predicted_text"),
        (json.dumps(_row(("a", "b"))).encode() + b"\n{", "file:2: expected JSON"),
        (b"\x1f\x8b broken", "expected a gzip file"),
        (b"\xff\xfe", "file:1: expected UTF-8 text"),
        (b'{"n_gram_results": [{"predicted_text": "a", "original_text": "b",'
         b' "rouge_score": "high"}]}', "expected a finite number rouge_score"),
    ],
)  # fmt: skip
def test_other_files_are_refused_in_one_line(tmp_path: Path, data: bytes, message: str) -> None:
    (tmp_path / "file").write_bytes(data)
    with pytest.raises(UserError, match=message) as caught:
        score_benbench(tmp_path / "file", tmp_path / "p")
    assert "\n" not in str(caught.value)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be read"):
        score_benbench(tmp_path / "none", tmp_path / "p")


def test_an_edited_score_is_found(tmp_path: Path) -> None:
    (tmp_path / "f.json").write_text(json.dumps([_row(("a b", "a c"))]))
    artifact = score_benbench(tmp_path / "f.json", tmp_path / "p")
    assert verify(tmp_path / "p", {"benbench": check_benbench}) == []
    (row,) = artifact.rows(TABLE)
    row["exact_match"] = 1.0
    artifact.write(f"{TABLE}/00000", pa.Table.from_pylist([row], schema=SCHEMA))
    artifact.finish(artifact.metadata, volatile=["results"])
    assert "exact_match" in str(verify(tmp_path / "p", {"benbench": check_benbench})[0])


def test_an_edited_result_or_count_is_found(tmp_path: Path) -> None:
    (tmp_path / "f.json").write_text(json.dumps([_row(("a b", "a c"))]))
    artifact = score_benbench(tmp_path / "f.json", tmp_path / "p")
    first, *rest = Results.read(artifact)
    Results([first._replace(value=1.0), *rest]).write(artifact)
    artifact.finish({**artifact.metadata, "rows": 2}, volatile=["results"])
    failures = verify(tmp_path / "p", {"benbench": check_benbench})
    assert [str(failure) for failure in failures] == [
        "results row 0 (, exact_match): value is stored as 1.0, the samples give 0.0",
        "manifest.json: the counts do not follow from the rows",
    ]
