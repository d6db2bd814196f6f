"""Results for the model pages of the hub: `.eval_results/*.yaml` (docs/hub/eval-results).

    .eval_results/SET.yaml      one entry: dataset (id, task_id), value, date, notes

Only public benchmarks of the catalog have such an entry, scored on all of their problems: the hub shows
a value beside those of other models. The value is in percent. `task_id` is the configuration of the
dataset in the catalog; the benchmark's own `eval.yaml` defines the tasks that the hub accepts.
"""

from __future__ import annotations

import json
from pathlib import Path

from clean_bench.errors import UserError
from clean_bench.exports.stored_scores import StoredScores, safe_name
from clean_bench.problems.catalog import BENCHMARKS

FOLDER = ".eval_results"


def write(scores: StoredScores, folder: Path) -> list[str]:
    """Write one file per set and template below `folder`; returns their relative paths.

    Raises:
        UserError: for a set that is no public benchmark, or of which only a part was scored.
    """
    files: dict[str, str] = {}
    config = scores.artifact.config
    for entry in config["sets"]:
        name, count = entry["name"], entry["problems"]
        if name not in BENCHMARKS:
            raise UserError(
                f"{scores.artifact.folder}: expected public benchmarks (clean-bench list benchmarks), "
                f"got the set {name}: the hub has no page for it"
            )
        if scores.benchmark(name) is None:
            raise UserError(
                f"{scores.artifact.folder}: expected all {BENCHMARKS[name].size} problems of {name}, "
                f"got {count}: score the whole set"
            )
        for number, template in enumerate(config["templates"]):
            variant = f"{name}-{template}" if number else name
            path = f"{FOLDER}/{safe_name(variant)}.yaml"
            files[path] = _entry(scores, name, template)
    (folder / FOLDER).mkdir(parents=True)
    for path, text in files.items():
        (folder / path).write_text(text, encoding="utf-8")
    return sorted(files)


def _entry(scores: StoredScores, name: str, template: str) -> str:
    """The YAML of one result. Texts are written as JSON strings, which are YAML."""
    benchmark, row = BENCHMARKS[name], scores.headline(name, template)
    if row.value is None:
        raise UserError(f"{scores.artifact.folder}: {name}: expected a decided result, got none")
    interval = ""
    if row.low is not None and row.high is not None:
        interval = f", 95% interval [{100 * row.low:.2f}, {100 * row.high:.2f}]"
    both = "".join(
        f"{kind} {100 * other.value:.2f}; "
        for kind, other in scores.strict_and_flexible(name, template).items()
        if other.value is not None
    )
    notes = (
        f"{row.measure} in percent over {row.n} problems{interval}; {both}template {row.template}; "
        f"{row.protocol}; clean-bench {scores.version}, artifact {scores.identity[:16]}"
    )
    return (
        f"- dataset:\n"
        f"    id: {json.dumps(benchmark.hub)}\n"
        f"    task_id: {json.dumps(benchmark.configs[0])}\n"
        f"  value: {100 * row.value:.2f}\n"
        f"  date: {json.dumps(scores.finished.date().isoformat())}\n"
        f"  notes: {json.dumps(notes)}\n"
    )
