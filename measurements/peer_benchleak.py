"""The benchleak process of `measurements/probe_peers.py`; its environment has no clean-bench.

    .venv-benchleak/bin/python measurements/peer_benchleak.py CHECKPOINT ITEMS.jsonl OUT.json

ITEMS.jsonl has one object per line, as `json.dumps` writes it, with `id` and `problem`; other keys are
ignored. The text of an item is its `problem`. Model, texts and detectors come from the functions that
benchleak's command line calls, with the settings of its command line.

benchleak scores every text and compares the scores of the benchmark with those of reference texts by
a one-sided Mann-Whitney test. `auc` is U / (n_benchmark * n_reference), the probability that an item
scores higher than a reference text. The benchmark is flagged if auc >= 0.6 and p < 0.05. An item has
a score (higher means more likely seen in training) and no flag. The detectors:

    pretrain   Min-K% Prob: mean log-probability of the 20% least likely tokens
    sft        log-probability per token, less its mean over 10 perturbed texts
    rl         Self-Critique: similarity of the entropies along two greedy responses of up to 256 tokens

Every detector gets one verdict per reference:

    general    the bundled prose, benchleak's default for a local file
    math       the bundled word problems with solutions, its default for its own `gsm8k` and `math`
    matched    the problems of `--reference FILE.jsonl`, which its documentation recommends

OUT.json has `checkpoint`, `items_file`, `versions`, `settings`, `adaptations`, `not_scored` (ids of
items without text or above benchleak's limit of 200) and `detectors`: for each its `name`, `error`
(a string, or null), `wall_seconds`, `cpu_seconds`, `item_scores` (by id) and `verdicts` (by reference:
`flagged`, `auc`, `p_value`, `n_benchmark`, `n_reference`, `reference_scores`). A number that is not
finite is null.
"""

from __future__ import annotations

import argparse
import copy
import json
import math
import sys
import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchleak import cli
from benchleak.core import ContaminationResult, Detector, compare_distributions
from benchleak.data import load_reference
from benchleak.loading import load_local_benchmark, load_model

FIELD = "problem"
WORD_PERTURBER = (
    "sft: --perturber word; the default, t5, downloads a model and samples without a seed"
)
MATCHED = (
    "matched: texts passed as a list; a file for --reference would be split at every line break"
)


def command_line(detector: str, checkpoint: Path, items: Path) -> argparse.Namespace:
    """The arguments that benchleak's command line would have."""
    given = ["--model", checkpoint, "--benchmark", items, "--field", FIELD, "--detector", detector]
    arguments: argparse.Namespace = cli.build_parser().parse_args(
        [*map(str, given), "--perturber", "word"]
    )
    return arguments


def read_ids(path: Path) -> tuple[list[str], list[str]]:
    """The ids of all rows, and of those that have a text."""
    ids, with_text = [], []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        row = json.loads(line)
        if not isinstance(row, dict) or not {"id", FIELD} <= row.keys():
            sys.exit(
                f"{path}, line {number}: expected an object with id and {FIELD}, got {line[:80]}"
            )
        ids.append(str(row["id"]))
        if str(row[FIELD] or "").strip():
            with_text.append(ids[-1])
    if len(set(ids)) < len(ids):
        sys.exit(f"{path}: expected ids that occur once, got {len(ids) - len(set(ids))} repeated")
    return ids, with_text


def finite(value: float) -> float | None:
    """The number for JSON."""
    return float(value) if math.isfinite(value) else None


def judge(
    detector: Detector, name: str, texts: Sequence[str], references: dict[str, list[str]]
) -> tuple[list[float], dict[str, dict[str, Any]]]:
    """Item scores, and what `benchleak.core.scan` returns for each reference.

    The items are scored once. The state of the perturber's random generator after the items is restored
    before each reference, so the scores are those of one scan per reference.
    """
    scores = detector.score_batch(texts)
    perturber = copy.deepcopy(getattr(detector, "perturber", None))
    verdicts = {}
    for reference, reference_texts in references.items():
        if perturber is not None:
            detector.perturber = copy.deepcopy(perturber)
        reference_scores = detector.score_batch(reference_texts)
        auc, p_value = compare_distributions(scores, reference_scores)
        result = ContaminationResult(name, "items", scores, reference_scores, auc, p_value)
        verdicts[reference] = {
            "flagged": bool(result.contaminated),
            "auc": finite(auc),
            "p_value": finite(p_value),
            "n_benchmark": result.n_benchmark,
            "n_reference": result.n_reference,
            "reference_scores": [finite(score) for score in reference_scores],
        }
    return scores, verdicts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("checkpoint", type=Path, help="checkpoint folder")
    parser.add_argument("items", type=Path, help="JSON Lines file with id and problem")
    parser.add_argument("out", type=Path, help="JSON file to write")
    parser.add_argument("--reference", type=Path, help="JSON Lines file of unseen problems")
    parser.add_argument(
        "--detectors",
        nargs="+",
        choices=list(cli.DETECTOR_NAMES),
        default=list(cli.DETECTOR_NAMES),
        help="default: all three; rl generates two responses per text",
    )
    asked = parser.parse_args()
    for path in filter(None, (asked.checkpoint / "config.json", asked.items, asked.reference)):
        if not path.is_file():
            sys.exit(f"{path}: expected a file, got none")

    arguments = {
        name: command_line(name, asked.checkpoint, asked.items) for name in asked.detectors
    }
    settings = next(iter(arguments.values()))
    ids, with_text = read_ids(asked.items)
    texts = load_local_benchmark(asked.items, fields=settings.fields, limit=settings.limit)
    scored = with_text[: settings.limit]
    if len(scored) != len(texts):
        sys.exit(f"{asked.items}: expected {len(scored)} texts from benchleak, got {len(texts)}")
    references = {
        domain: load_reference(limit=settings.limit, domain=domain)
        for domain in ("general", "math")
    }
    if asked.reference:
        references["matched"] = load_local_benchmark(
            asked.reference, fields=settings.fields, limit=settings.limit
        )
    model, tokenizer = load_model(settings.model, device=settings.device, dtype=settings.dtype)

    detectors = {}
    for name, args in arguments.items():
        wall, cpu = time.perf_counter(), time.process_time()
        scores: list[Any] = []
        verdicts: dict[str, Any] = {}
        error = None
        try:
            detector = cli.build_detector(args, model, tokenizer)
            scores, verdicts = judge(detector, cli.DETECTOR_NAMES[name], texts, references)
        except Exception as raised:  # as benchleak's own `main`, which prints the error and ends
            error = f"{type(raised).__name__}: {raised}"
        detectors[name] = {
            "name": cli.DETECTOR_NAMES[name],
            "error": error,
            "wall_seconds": round(time.perf_counter() - wall, 2),
            "cpu_seconds": round(time.process_time() - cpu, 2),
            "item_scores": dict(zip(scored, map(finite, scores), strict=False)),
            "verdicts": verdicts,
        }
    report = {
        "checkpoint": asked.checkpoint.name,
        "items_file": asked.items.name,
        "versions": {
            name: version(name) for name in ("benchleak", "torch", "transformers", "scipy")
        },
        "settings": {
            key: value
            for key, value in vars(settings).items()
            if key not in ("model", "benchmark", "detector", "hf_token")
        },
        "adaptations": [WORD_PERTURBER, *([MATCHED] if asked.reference else [])],
        "not_scored": sorted(set(ids) - set(scored)),
        "detectors": detectors,
    }
    asked.out.write_text(json.dumps(report, indent=1, allow_nan=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
