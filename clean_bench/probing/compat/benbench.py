"""Recompute the scores of BenBench's recorded n-gram predictions, as an artifact of kind `benbench`.

BenBench (Xu et al. 2024, arXiv 2404.18824) has a model predict 5-grams at several positions of each
benchmark text, as a test for contamination, and records the prediction with the true n-gram. Scores:

- exact match: the two texts are equal, character by character;
- edit similarity: 1 - Levenshtein distance / length of the longer text, over characters;
- ROUGE-L: F1 of the longest common subsequence of the tokens of the rouge-score package (lower case,
  runs of [a-z0-9], words of more than three letters stemmed). Signs are dropped, so "-3" and "3" are
  equal, unlike in the ROUGE-L of the probe.

An n-gram without such a token has ROUGE-L 0, as recorded. On the published files that were tried, every
recomputed score equals the recorded one.

Files of predictions on paraphrases of the same problems, row for row, give the contrast that BenBench
draws on: the score on the original minus the score on its paraphrases, paired by problem.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from math import sqrt
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from clean_bench.artifacts import Artifact, Failure, Layout, check_layout
from clean_bench.artifacts.manifest import NAME
from clean_bench.errors import UserError
from clean_bench.foreign_files.compressed import opened
from clean_bench.foreign_files.json_rows import json_lines, json_list
from clean_bench.foreign_files.json_text import BOM
from clean_bench.foreign_files.regular_file import sha256_of_regular
from clean_bench.foreign_files.schema import json_type
from clean_bench.problems.problem import text_fault
from clean_bench.results import SCHEMA as RESULTS_SCHEMA
from clean_bench.results import TABLE as RESULTS
from clean_bench.results import Result, Results, check_results, check_values, schema_of
from clean_bench.statistics.estimate import Estimate
from clean_bench.statistics.intervals import mean_interval, student_t
from clean_bench.statistics.paired import paired_difference
from clean_bench.text.similarity import edit_similarity, rouge_l
from clean_bench.text.stemmer import stem

KIND = "benbench"
TABLE = "predictions"
SCORES = ("exact_match", "edit_similarity", "rouge_l")
_HITS = frozenset({"exact_match"})
"""Scores of an n-gram that are 0 or 1."""
_RECORDED = ("exact_match_score", "edit_similarity", "rouge_score")
_LONGEST_ROW = 10 << 20
_LONGEST_TEXT = 10_000
"""Characters of a 5-gram; the edit distance takes time in proportion to the product of two lengths."""
_LARGEST = 1e300
_TOKEN = re.compile(r"[a-z0-9]+")

SCHEMA = schema_of(
    "paraphrase int32, row int32, ngram int32, start_index int32, predicted string, original string,"
    "exact_match double, edit_similarity double, rouge_l double,"
    "recorded_exact_match double, recorded_edit_similarity double, recorded_rouge_l double"
)
"""One row per n-gram; `row` numbers the rows of the file, `ngram` the n-grams of a row, both from 1.

`paraphrase` is 0 in the file of the original problems, and numbers the files of paraphrases from 1.
"""

LAYOUT = Layout({TABLE: SCHEMA, RESULTS: RESULTS_SCHEMA}, frozenset({RESULTS}))
Row = Mapping[str, Any]


def score_benbench(
    path: str | Path, out: str | Path, paraphrases: Sequence[str | Path] = ()
) -> Artifact:
    """Score files of recorded predictions and write an artifact of kind `benbench`.

    Args:
        path: JSON (a list of rows) or JSONL (one row per line), plain or gzipped. A row has a list
            `n_gram_results` of objects with `predicted_text`, `original_text` and optionally the
            recorded `exact_match_score`, `edit_similarity` and `rouge_score`.
        out: the folder to write.
        paraphrases: files of predictions on paraphrases; row i of each is about the problem of row i.

    Raises:
        UserError: if a file cannot be read, a row has another form, or the numbers of rows differ.
    """
    paths = [Path(path), *map(Path, paraphrases)]
    config: dict[str, Any] = {"file_sha256": sha256_of_regular(paths[0])}
    if paraphrases:
        config["paraphrases_sha256"] = [sha256_of_regular(other) for other in paths[1:]]
    # Read first: a file with a mistake leaves no folder behind.
    Artifact.try_folder(out, KIND)
    rows = [row for number, file in enumerate(paths) for row in _rows(file, number)]
    counts_of_rows = [_count_rows(rows, number) for number in range(len(paths))]
    for file, count in zip(paths, counts_of_rows, strict=True):
        if count != counts_of_rows[0]:
            raise UserError(
                f"{file}: expected {counts_of_rows[0]} rows as in {paths[0]}, got {count}; row i of "
                "both has to be about one problem"
            )
    provenance: dict[str, Any] = {"file": str(paths[0])}
    if paraphrases:
        provenance["paraphrases"] = [str(other) for other in paths[1:]]
    artifact = Artifact.open(out, KIND, config, provenance=provenance)
    with artifact:
        if not artifact.finished:
            artifact.write(f"{TABLE}/00000", pa.Table.from_pylist(rows, schema=SCHEMA))
            results, counts = summarize(rows)
            results.write(artifact)
            artifact.finish(counts, volatile=[RESULTS])
    return artifact


def check_benbench(artifact: Artifact) -> Iterator[Failure]:
    """Compute every score and every result again from the stored texts."""
    yield from check_layout(artifact, LAYOUT)
    rows = artifact.rows(TABLE)
    for row in rows:
        where = f"{TABLE}, file {row['paraphrase']}, row {row['row']}, n-gram {row['ngram']}"
        yield from check_values(where, row, scores_of(row))
    results, counts = summarize(rows)
    yield from check_results(artifact, results)
    if artifact.metadata != counts:
        yield Failure(NAME, "the counts do not follow from the rows")


def scores_of(row: Row) -> dict[str, float]:
    """The three scores of an n-gram from its two texts."""
    predicted, original = row["predicted"], row["original"]
    return {
        "exact_match": float(predicted == original),
        "edit_similarity": edit_similarity(predicted, original),
        "rouge_l": rouge_l(rouge_tokens(predicted), rouge_tokens(original)),
    }


def rouge_tokens(text: str) -> list[str]:
    """The tokens of the rouge-score package with its stemmer."""
    words = _TOKEN.findall(text.lower())
    return [stem(word) if len(word) > 3 else word for word in words]


def summarize(rows: Sequence[Row]) -> tuple[Results, dict[str, Any]]:
    """Means over rows of the file, which are the units, of the means over their n-grams; and counts.

    With paraphrases also their means (subset `paraphrase 1`), and the original minus each of them and
    minus their mean, paired by row.

    `different` counts, by score, the n-grams whose recorded score differs by more than 1e-6; null where
    a score is not recorded for every n-gram.
    """
    head = Result(protocol="recorded predictions")
    files = [[r for r in rows if r["paraphrase"] == n] for n in range(1 + _paraphrases(rows))]
    results = []
    for name in SCORES:
        scores = [_scores(of_file, name) for of_file in files]
        results.append(head.of(name, mean_interval(_per_row(files[0], name))))
        for number, of_paraphrase in enumerate(scores[1:], start=1):
            subset = f"paraphrase {number}"
            mean = mean_interval(_per_row(files[number], name))
            results.append(head.of(name, mean, subset=subset))
            difference = _difference(of_paraphrase, scores[0], name)
            results.append(head.of(name, difference, versus=f"subset={subset}"))
        if len(scores) > 2:
            together = np.concatenate(scores[1:], axis=1)
            difference = _difference(together, scores[0], name)
            results.append(head.of(name, difference, versus="subset=paraphrases"))
    counts = {
        "rows": _count_rows(rows, 0),
        "ngrams": len(rows),
        "different": {name: _different(rows, name) for name in SCORES},
    }
    return Results(results), counts


def _paraphrases(rows: Sequence[Row]) -> int:
    """The number of files of paraphrases."""
    return max((row["paraphrase"] for row in rows), default=0)


def _count_rows(rows: Sequence[Row], file: int) -> int:
    """The number of rows of a file."""
    return len({row["row"] for row in rows if row["paraphrase"] == file})


def _different(rows: Sequence[Row], name: str) -> int | None:
    values = [row[f"recorded_{name}"] for row in rows]
    if any(value is None for value in values):
        return None
    pairs = zip(values, (row[name] for row in rows), strict=True)
    return int(sum(abs(a - b) > 1e-6 for a, b in pairs))


def _scores(rows: Sequence[Row], name: str) -> npt.NDArray[np.float64]:
    """Scores as rows x n-grams; means per row, as one column, where rows differ in their n-grams."""
    groups = _grouped(rows, name)
    if len({len(group) for group in groups}) == 1:
        return np.array(groups)
    return np.array([[sum(group) / len(group)] for group in groups])


def _difference(
    before: npt.NDArray[np.float64], after: npt.NDArray[np.float64], name: str
) -> Estimate:
    """Mean of `after` minus mean of `before`, rows x n-grams, paired by row.

    The interval of a rate of hits is Newcombe's. That of other scores is Student's interval of the
    differences of the rows' means: Newcombe's allows the spread of hits, and is too wide for scores that
    vary less. Without any spread it has no width, and Newcombe's is taken.
    """
    gaps = after.mean(axis=1) - before.mean(axis=1)
    if name in _HITS or len(gaps) < 2 or not np.ptp(gaps):
        return paired_difference(before, after)
    value = float(gaps.mean())
    half = student_t(len(gaps) - 1) * float(gaps.std(ddof=1)) / sqrt(len(gaps))
    low, high = max(-1.0, value - half), min(1.0, value + half)
    return Estimate(value, low, high, len(gaps), "t, paired by item")


def _per_row(rows: Sequence[Row], name: str) -> list[float]:
    return [sum(group) / len(group) for group in _grouped(rows, name)]


def _grouped(rows: Sequence[Row], name: str) -> list[list[float]]:
    """The scores of each row of a file."""
    groups: dict[int, list[float]] = {}
    for row in rows:
        groups.setdefault(row["row"], []).append(row[name])
    return list(groups.values())


def _rows(path: Path, paraphrase: int) -> Iterator[dict[str, Any]]:
    """The n-grams of a file: a JSON list, or JSON lines."""
    where, number = str(path), 0
    with opened(path) as stream:
        begin = stream.peek(1 << 16).removeprefix(BOM).lstrip()
        read = json_list if begin.startswith(b"[") else json_lines
        # Not the number of the line, which is not that of the row: rows are numbered one by one.
        for number, (_, row) in enumerate(read(where, stream, _LONGEST_ROW), start=1):
            results = row.get("n_gram_results") if isinstance(row, dict) else None
            if not isinstance(results, list) or not results:
                raise UserError(
                    f"{path}, row {number}: expected a list n_gram_results with an entry"
                )
            for index, result in enumerate(results, 1):
                where_in_file = f"{path}, row {number}, n-gram {index}"
                yield {"paraphrase": paraphrase} | _row(where_in_file, number, index, result)
    if not number:
        raise UserError(f"{path}: expected at least one row, got an empty file")


def _row(where: str, number: int, index: int, result: Any) -> dict[str, Any]:
    texts = []
    for key in ("predicted_text", "original_text"):
        text = result.get(key) if isinstance(result, dict) else None
        if not isinstance(text, str):
            raise UserError(f"{where}: expected a text {key}, got {json_type(text)}")
        fault = text_fault(text, _LONGEST_TEXT)
        if fault is not None:
            raise UserError(f"{where}: {key}: {fault}")
        texts.append(text)
    recorded = {}
    for name, key in zip(SCORES, _RECORDED, strict=True):
        value = result.get(key)
        if not (value is None or (isinstance(value, int | float) and abs(value) <= _LARGEST)):
            raise UserError(f"{where}: expected a finite number {key}, got {json_type(value)}")
        recorded[f"recorded_{name}"] = None if value is None else float(value)
    start = result.get("start_index")
    row = {
        "row": number,
        "ngram": index,
        "start_index": start if isinstance(start, int) and abs(start) < 1 << 31 else None,
        "predicted": texts[0],
        "original": texts[1],
    }
    return row | scores_of(row) | recorded
