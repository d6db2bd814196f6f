"""Results in the schema of Every Eval Ever, version 0.3.0 (https://github.com/evaleval/every_eval_ever).

    data/SET/DEVELOPER/MODEL/UUID.json              the results of one set (`eval.schema.json`)
    data/SET/DEVELOPER/MODEL/UUID_samples.jsonl     its samples (`instance_level_eval.schema.json`)

The layout, the identifiers and the checks of their validator are followed: scores are proportions in
[0, 1] or differences of two, further facts are texts under `additional_details`, and the file of samples
is named with its SHA-256. The UUID is derived from the artifact's identity, so that a second export
gives the same files.

A sample belongs to the headline of its set (the mean over samples, else the greedy accuracy). A sample
that the grader did not decide has `error`, and takes no part in the results. The strict and the flexible
accuracy are results too, with the names of lm-eval's filters, and so are the measures of the groups of
variants of a matched set. The role of a set is a detail of its source.

What the schema requires and an artifact does not hold is stated as unknown: the organization that
reports, its relationship to the model, and whether the weights are open.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from clean_bench.exports.every_eval_ever_metrics import (
    is_exported,
    is_of_variants,
    metric_config,
)
from clean_bench.exports.stored_scores import (
    StoredScores,
    mode_of_headline,
    safe_name,
    split_measure,
)
from clean_bench.grading import UNDECIDED, read_gold
from clean_bench.problems import Problem
from clean_bench.results import Result
from clean_bench.samples import Sample

SCHEMA_VERSION = "0.3.0"
LIBRARY = "clean-bench"
_Json = dict[str, Any]


def write(scores: StoredScores, folder: Path) -> list[str]:
    """Write the files of every set below `folder`; returns their relative paths."""
    written = []
    for entry in scores.artifact.config["sets"]:
        written += _write_set(scores, entry, folder)
    return sorted(written)


def _write_set(scores: StoredScores, entry: _Json, folder: Path) -> list[str]:
    name = entry["name"]
    developer, _, model = scores.model.partition("/")
    place = Path("data") / safe_name(name) / developer / model
    identifier = _uuid4(f"{scores.identity}/{name}")
    samples_path = place / f"{identifier}_samples.jsonl"
    (folder / place).mkdir(parents=True, exist_ok=True)
    rows = [row for row in scores.results if row.set == name and is_exported(row)]
    templates = dict.fromkeys(row.template for row in rows)
    headlines = {t: scores.headline(name, t) for t in templates if t is not None}
    digest, count = hashlib.sha256(), 0
    with (folder / samples_path).open("wb") as file:
        for record in _instances(scores, name, headlines):
            line = _line(record)
            digest.update(line)
            file.write(line)
            count += 1
    log = {
        "schema_version": SCHEMA_VERSION,
        "evaluation_id": _evaluation_id(scores, name),
        "evaluation_timestamp": scores.finished.isoformat(),
        "retrieved_timestamp": str(int(scores.finished.timestamp())),
        "source_metadata": {
            "source_name": LIBRARY,
            "source_type": "evaluation_run",
            "source_organization_name": "unknown",
            "evaluator_relationship": "other",
        },
        "eval_library": {
            "name": LIBRARY,
            "version": scores.version,
            "additional_details": {"artifact_identity_sha256": scores.identity},
        },
        "model_info": _model_info(scores, developer),
        "evaluation_results": [_result(scores, entry, row) for row in rows],
        "detailed_evaluation_results": {
            "format": "jsonl",
            "file_path": samples_path.as_posix(),
            "hash_algorithm": "sha256",
            "checksum": digest.hexdigest(),
            "total_rows": count,
        },
    }
    path = place / f"{identifier}.json"
    text = json.dumps(log, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    (folder / path).write_text(text, encoding="utf-8")
    return [path.as_posix(), samples_path.as_posix()]


def _evaluation_id(scores: StoredScores, name: str) -> str:
    model = scores.model.replace("/", "_")
    return f"{safe_name(name)}/{model}/{scores.identity[:16]}"


def _result_id(row: Result) -> str:
    versus = f"/{row.versus}" if row.versus else ""
    return f"{row.set}/{row.template}/{row.measure}{versus}"


def _model_info(scores: StoredScores, developer: str) -> _Json:
    config = scores.artifact.config
    engine = config["engine"]
    name = str(engine.get("engine", "unknown"))
    details = {"deployment_type": "self_deployed", "model_availability": "unknown"}
    if "files" in config:
        details["deployment_type"] = "unknown"
        details["completions_of"] = ", ".join(config["formats"])
    if config["weights_sha256"]:
        details["weights_sha256"] = config["weights_sha256"]
    packages = scores.artifact.manifest["environment"]["packages"]
    version = {"version": packages[name]} if name in packages else {}
    return {
        "name": scores.model.partition("/")[2],
        "id": scores.model,
        "developer": developer,
        "inference_engine": {"name": name, **version},
        "additional_details": details,
    }


def _result(scores: StoredScores, entry: _Json, row: Result) -> _Json:
    uncertainty: _Json = {"num_samples": row.n}
    if row.standard_error is not None:
        uncertainty["standard_error"] = {
            "value": row.standard_error,
            "method": "clustered by problem",
        }
    if row.low is not None and row.high is not None:
        uncertainty["confidence_interval"] = {
            "lower": row.low,
            "upper": row.high,
            "confidence_level": 0.95,
            "method": row.method,
        }
    return {
        "evaluation_result_id": _result_id(row),
        "evaluation_name": row.set,
        "source_data": _source(scores, entry),
        "metric_config": metric_config(row),
        "score_details": {
            "score": row.value,
            "details": {"protocol": row.protocol},
            "uncertainty": uncertainty,
        },
        "generation_config": _generation(scores, row),
    }


def _source(scores: StoredScores, entry: _Json) -> _Json:
    details = {"problems": str(entry["problems"]), "problems_sha256": entry["sha256"]}
    if entry["role"] is not None:
        details["role"] = entry["role"]
    benchmark = scores.benchmark(entry["name"])
    if benchmark is None or entry["role"] != "public":
        return {
            "dataset_name": entry["name"],
            "source_type": "other",
            "additional_details": details,
        }
    return {
        "dataset_name": entry["name"],
        "source_type": "hf_dataset",
        "hf_repo": benchmark.hub,
        "hf_split": benchmark.split,
        "samples_number": entry["problems"],
        "additional_details": details,
    }


def _generation(scores: StoredScores, row: Result) -> _Json:
    config = scores.artifact.config
    arguments: _Json = {}
    # The measures of variants are means of the completions of the headline.
    of = scores.headline(row.set, str(row.template)) if is_of_variants(row) else row
    greedy = split_measure(of.measure)[1] == "accuracy"
    temperature = config["temperature"] if not greedy or "files" in config else 0.0
    if temperature is not None:
        arguments["temperature"] = temperature
    if isinstance(config["max_tokens"], int):
        arguments["max_tokens"] = config["max_tokens"]
    if not greedy:
        arguments |= {key: config[key] for key in ("top_p", "top_k") if config.get(key)}
    if "files" not in config:
        arguments["prompt_template"] = row.template
    details = {"grader": str(config["grader"])}
    if config["force_start"]:
        details["force_start"] = config["force_start"]
    return {"generation_args": arguments, "additional_details": details}


def _instances(scores: StoredScores, name: str, headlines: dict[str, Result]) -> Iterator[_Json]:
    """The samples of the headline of each template."""
    problems = scores.sets()[name]
    for sample in scores.samples():
        headline = headlines.get(sample.template)
        if sample.set != name or headline is None or sample.mode != mode_of_headline(headline):
            continue
        yield _instance(scores, sample, problems[sample.problem_id], headline)


def _instance(scores: StoredScores, sample: Sample, problem: Problem, headline: Result) -> _Json:
    raw, reference = problem.problem, list(read_gold(sample.gold))
    content = json.dumps(
        {"raw": raw, "reference": reference}, sort_keys=True, separators=(",", ":")
    )
    correct = sample.grade == "equal"
    record: _Json = {
        "schema_version": SCHEMA_VERSION,
        "evaluation_id": _evaluation_id(scores, sample.set),
        "model_id": scores.model,
        "evaluation_name": sample.set,
        "evaluation_result_id": _result_id(headline),
        "sample_id": sample.problem_id,
        "sample_hash": hashlib.sha256(content.encode()).hexdigest(),
        "interaction_type": "single_turn",
        "input": {"raw": raw, "formatted": sample.prompt, "reference": reference},
        "output": {"raw": [sample.response]},
        "answer_attribution": [
            {
                "turn_idx": 0,
                "source": "output.raw",
                "extracted_value": sample.extracted or "",
                "extraction_method": sample.extraction or "none",
                "is_terminal": True,
            }
        ],
        "evaluation": {"score": float(correct), "is_correct": correct},
        "metadata": {
            "template": sample.template,
            "index": str(sample.index),
            "grade": sample.grade,
            "finish": sample.finish,
        },
    }
    if sample.grade in UNDECIDED:
        record["error"] = f"grading: {sample.grade}"
    if len(sample.token_ids):
        read, written = len(sample.prompt_ids), len(sample.token_ids)
        record["token_usage"] = {
            "input_tokens": read,
            "output_tokens": written,
            "total_tokens": read + written,
        }
    return record


def _line(record: _Json) -> bytes:
    return json.dumps(record, ensure_ascii=False, allow_nan=False).encode() + b"\n"


def _uuid4(text: str) -> str:
    """A UUID of version 4 whose bits are a hash."""
    return str(uuid.UUID(bytes=hashlib.sha256(text.encode()).digest()[:16], version=4))
