"""Recorded n-gram predictions: score again what another tool's run has written.

BenBench (Xu et al. 2024) asks a model for 5-grams at several points of each benchmark text and
writes what it predicted beside what is there. This reads such a file and computes three scores
again:

- exact match: the two texts are equal, character by character;
- edit similarity: 1 - Levenshtein distance / length of the longer text, over characters;
- ROUGE-L: F1 of the longest common subsequence of tokens as the rouge-score package makes them
  (lower case, runs of [a-z0-9], words of more than three letters by their Porter stem; signs are
  dropped, so "-3" and "3" are one: the probe's own ROUGE-L is another, see `match`).

An n-gram without any such token has ROUGE-L 0, as it is recorded. These rules agree with the
recorded scores on every n-gram of the published files that were tried.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
from rapidfuzz.distance import Levenshtein

from clean_bench.artifacts import Artifact
from clean_bench.artifacts.manifest import sha256_of
from clean_bench.errors import UserError
from clean_bench.probe.compat.porter import stem
from clean_bench.probe.match import rouge_l
from clean_bench.probe.rows import KIND
from clean_bench.statistics.intervals import mean_interval

SOURCE = "predictions"
TABLE = "predictions"
SCORES = ("exact_match", "edit_similarity", "rouge_l")
_RECORDED = ("exact_match_score", "edit_similarity", "rouge_score")
_TOKEN = re.compile(r"[a-z0-9]+")

SCHEMA = pa.schema(
    [
        ("row", pa.int32()),
        ("ngram", pa.int32()),
        ("start_index", pa.int32()),
        ("predicted", pa.string()),
        ("original", pa.string()),
        *((name, pa.float64()) for name in SCORES),
        *((f"recorded_{name}", pa.float64()) for name in SCORES),
    ]
)
"""One row per n-gram; `row` counts the file's rows from 1, `ngram` a row's n-grams from 1."""

Row = Mapping[str, Any]


def probe_predictions(path: str | Path, out: str | Path) -> Artifact:
    """Score a file of recorded predictions and write an artifact of kind `probe`.

    Args:
        path: JSON (a list of rows) or JSONL (a row a line), plain or gzipped. A row has a list
            `n_gram_results` of objects with `predicted_text` and `original_text`, and, where they
            were recorded, `exact_match_score`, `edit_similarity`, `rouge_score`.
        out: folder to write.

    Raises:
        UserError: if the file or a row of it is not like this.
    """
    path = Path(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from None
    config = {"source": SOURCE, "file_sha256": sha256_of(data)}
    artifact = Artifact.open(out, KIND, config, provenance={"file": str(path)})
    with artifact:
        if not artifact.finished:
            rows = list(_ngrams(path, _parsed(path, data)))
            artifact.write(f"{TABLE}/00000", pa.Table.from_pylist(rows, schema=SCHEMA))
            artifact.finish(summarize(rows))
    return artifact


def judge(row: Row) -> dict[str, float]:
    """The three scores of an n-gram from its two texts."""
    predicted, original = row["predicted"], row["original"]
    return {
        "exact_match": float(predicted == original),
        "edit_similarity": Levenshtein.normalized_similarity(predicted, original),
        "rouge_l": rouge_l(rouge_tokens(predicted), rouge_tokens(original)),
    }


def rouge_tokens(text: str) -> list[str]:
    """Tokens as the rouge-score package makes them with its stemmer on."""
    words = _TOKEN.findall(text.lower())
    return [stem(word) if len(word) > 3 else word for word in words]


def summarize(rows: Sequence[Row]) -> dict[str, Any]:
    """The means over n-grams, their intervals with the file's rows as units, and what was recorded.

    `recorded` is null where a score was not recorded for every n-gram; else its mean, and how many
    n-grams differ from it by more than 1e-6.
    """
    return {
        "n": len({row["row"] for row in rows}),
        "ngrams": len(rows),
        **{name: _mean([row[name] for row in rows]) for name in SCORES},
        "intervals": {name: mean_interval(_per_row(rows, name)).as_json() for name in SCORES},
        "recorded": {name: _recorded(rows, name) for name in SCORES},
    }


def _recorded(rows: Sequence[Row], name: str) -> dict[str, Any] | None:
    values = [row[f"recorded_{name}"] for row in rows]
    if any(value is None for value in values):
        return None
    pairs = zip(values, (row[name] for row in rows), strict=True)
    return {"mean": _mean(values), "different": sum(abs(a - b) > 1e-6 for a, b in pairs)}


def _per_row(rows: Sequence[Row], name: str) -> list[float]:
    groups: dict[int, list[float]] = {}
    for row in rows:
        groups.setdefault(row["row"], []).append(row[name])
    return [_mean(group) for group in groups.values()]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _parsed(path: Path, data: bytes) -> list[Any]:
    try:
        text = (gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data).decode()
    except (OSError, EOFError, ValueError) as error:
        raise UserError(f"{path}: is neither text nor gzipped text ({error})") from None
    try:
        if text.lstrip().startswith("["):
            return list(json.loads(text))
    except ValueError as error:
        raise UserError(f"{path}: is no JSON ({error})") from None
    rows = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            try:
                rows.append(json.loads(line))
            except ValueError:
                raise UserError(f"{path}, line {number}: is no JSON object") from None
    return rows


def _ngrams(path: Path, rows: Sequence[Any]) -> Iterator[dict[str, Any]]:
    if not rows:
        raise UserError(f"{path}: holds no row")
    for number, row in enumerate(rows, 1):
        results = row.get("n_gram_results") if isinstance(row, dict) else None
        if not isinstance(results, list) or not results:
            raise UserError(f"{path}, row {number}: has no list n_gram_results with an entry")
        for index, result in enumerate(results, 1):
            yield _ngram(f"{path}, row {number}, n-gram {index}", number, index, result)


def _ngram(where: str, number: int, index: int, result: Any) -> dict[str, Any]:
    texts = []
    for key in ("predicted_text", "original_text"):
        text = result.get(key) if isinstance(result, dict) else None
        if not isinstance(text, str):
            raise UserError(f"{where}: has no text {key}")
        texts.append(text)
    recorded = {}
    for name, key in zip(SCORES, _RECORDED, strict=True):
        value = result.get(key)
        if value is not None and not isinstance(value, int | float):
            raise UserError(f"{where}: {key} is no number")
        recorded[f"recorded_{name}"] = None if value is None else float(value)
    start = result.get("start_index")
    row = {
        "row": number,
        "ngram": index,
        "start_index": start if isinstance(start, int) else None,
        "predicted": texts[0],
        "original": texts[1],
    }
    return row | judge(row) | recorded
