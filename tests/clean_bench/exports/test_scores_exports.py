"""Exports of scores, against the rules that the other tools state, in our own words."""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from clean_bench.cli.export import command
from clean_bench.errors import UserError
from clean_bench.exports import export_scores
from clean_bench.exports.every_eval_ever_metrics import is_exported, metric_config
from clean_bench.problems import Problem, ProblemSet
from clean_bench.problems.catalog import BENCHMARKS
from clean_bench.results import Result, Results
from clean_bench.scoring.config import ScoreConfig
from clean_bench.scoring.from_files import score_files
from clean_bench.scoring.run import score
from clean_bench.scoring.variant_groups import CONTRASTS, MEASURES
from tests.clean_bench.completion_files import files_of_tools as tools
from tests.clean_bench.scoring.scripted import CHECKPOINT, Scripted, problems

AGGREGATE = {
    "schema_version",
    "evaluation_id",
    "retrieved_timestamp",
    "source_metadata",
    "model_info",
    "eval_library",
    "evaluation_results",
}
"""Keys that the schema of results requires; the two below are the only others that it allows."""
OPTIONAL = {"evaluation_timestamp", "detailed_evaluation_results"}
RESULT = {"evaluation_name", "source_data", "metric_config", "score_details"}
INSTANCE = {
    "schema_version",
    "evaluation_id",
    "model_id",
    "evaluation_name",
    "sample_id",
    "interaction_type",
    "input",
    "answer_attribution",
    "evaluation",
}
INSTANCE_OPTIONAL = {
    "evaluation_result_id",
    "sample_hash",
    "output",
    "messages",
    "token_usage",
    "performance",
    "error",
    "metadata",
}
ATTRIBUTION = {"turn_idx", "source", "extracted_value", "extraction_method", "is_terminal"}
ARGUMENTS = {"temperature", "top_p", "top_k", "max_tokens", "prompt_template"}

LOWER_IS_BETTER = {"wobble", "public_minus_matched", "original_only", "variant_only"}


def only_texts(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(entry, str) for entry in value.values())


def check_aggregate(log: dict[str, Any], path: Path) -> None:
    assert AGGREGATE <= log.keys() <= AGGREGATE | OPTIONAL
    assert log["schema_version"] == "0.3.0"
    assert re.fullmatch(r"\d+", log["retrieved_timestamp"])
    assert log["source_metadata"]["source_type"] in ("documentation", "evaluation_run")
    assert log["source_metadata"]["evaluator_relationship"] in (
        "first_party",
        "third_party",
        "collaborative",
        "other",
    )
    assert {"source_organization_name"} <= log["source_metadata"].keys()
    assert {"name", "version"} <= log["eval_library"].keys()
    assert {"name", "id"} <= log["model_info"].keys()
    details = log["model_info"]["additional_details"]
    assert only_texts(details)
    assert details["deployment_type"] in ("self_deployed", "externally_managed", "unknown")
    assert details["model_availability"] in ("open_weights", "closed_weights", "unknown")
    for result in log["evaluation_results"]:
        assert result.keys() >= RESULT
        assert result["source_data"]["source_type"] in ("hf_dataset", "url", "other")
        metric, score = result["metric_config"], result["score_details"]
        assert metric["score_type"] == "continuous"
        assert metric["lower_is_better"] is (metric["metric_name"] in LOWER_IS_BETTER)
        assert metric["metric_id"] and metric["metric_kind"]
        assert metric["min_score"] <= score["score"] <= metric["max_score"]
        assert only_texts(score["details"])
        if metric["metric_name"] not in ("guess", "public_guess"):  # of a set, without an interval
            interval = score["uncertainty"]["confidence_interval"]
            assert interval["lower"] <= score["score"] <= interval["upper"]
        assert result["generation_config"]["generation_args"].keys() <= ARGUMENTS
    parts = path.parts[path.parts.index("data") :]
    assert len(parts) == 5 and uuid.UUID(path.stem).version == 4
    assert parts[2:4] == tuple(log["model_info"]["id"].split("/"))


def check_instances(log: dict[str, Any], folder: Path) -> list[dict[str, Any]]:
    stated = log["detailed_evaluation_results"]
    data = (folder / stated["file_path"]).read_bytes()
    assert (stated["format"], stated["hash_algorithm"]) == ("jsonl", "sha256")
    assert stated["checksum"] == hashlib.sha256(data).hexdigest()
    records = [json.loads(line) for line in data.splitlines()]
    assert stated["total_rows"] == len(records) > 0
    identifiers = {result["evaluation_result_id"] for result in log["evaluation_results"]}
    for record in records:
        assert INSTANCE <= record.keys() <= INSTANCE | INSTANCE_OPTIONAL
        assert record["evaluation_id"] == log["evaluation_id"]
        assert record["model_id"] == log["model_info"]["id"]
        assert record["evaluation_result_id"] in identifiers
        assert record["interaction_type"] == "single_turn" and "messages" not in record
        assert record["answer_attribution"][0].keys() == ATTRIBUTION
        assert only_texts(record["metadata"])
        assert record["evaluation"]["is_correct"] == (record["evaluation"]["score"] == 1)
    return records


def test_every_eval_ever(tmp_path: Path) -> None:
    score_files([tools.lm_eval(tmp_path)], tmp_path / "S", name="org/model")
    exported = export_scores(tmp_path / "S", "every-eval-ever", tmp_path / "E")
    aggregates = [path for path in exported.files if path.endswith(".json")]
    assert aggregates[0].startswith("data/gsm8k/org/model/") and len(exported.files) == 2
    path = tmp_path / "E" / aggregates[0]
    log = json.loads(path.read_text())
    check_aggregate(log, path)
    scores = {
        result["metric_config"]["metric_name"]: result["score_details"]["score"]
        for result in log["evaluation_results"]
    }
    both = {"strict:avg@2": 0.5, "flexible:avg@2": 0.5}
    assert scores == {"avg@2": 0.5, "pass@2": 1.0, "maj@2": 0.75} | both
    metrics = [result["metric_config"] for result in log["evaluation_results"]]
    filters = {m["metric_name"]: m["metric_parameters"].get("filter") for m in metrics}
    assert filters["strict:avg@2"] == "strict-match" and filters["avg@2"] is None
    assert filters["flexible:avg@2"] == "flexible-extract"
    records = check_instances(log, tmp_path / "E")
    assert [r["evaluation"]["is_correct"] for r in records] == [True, False, True, False]
    assert records[0]["input"]["raw"] == tools.PROBLEMS[0]
    assert records[0]["input"]["reference"] == ["3"]
    assert records[0]["output"]["raw"] == [tools.RESPONSES[0][0]]
    content = '{"raw":"What is 1 + 2?","reference":["3"]}'
    assert records[0]["sample_hash"] == hashlib.sha256(content.encode()).hexdigest()
    again = export_scores(tmp_path / "S", "every-eval-ever", tmp_path / "E")
    assert not again.written and again.files == exported.files


def matched_problems() -> ProblemSet:
    """Two templates, one group of three variants each; `Scripted` answers N to "what is N"."""
    rows = {"sums/0": (1, 1, 0), "roots/0": (1, 1, 1)}
    return ProblemSet(
        "m",
        [
            Problem(
                id=f"{group}/{number}",
                problem=f"what is {number}",
                answer=str(number if right else 99),
                group=group,
                metadata={"template": group.split("/")[0], "kin": "0 2"},
            )
            for group, marks in rows.items()
            for number, right in enumerate(marks)
        ],
        role="matched",
    )


@pytest.mark.parametrize("settings", [{}, {"samples": 2, "temperature": 0.5}])
def test_a_matched_set_has_its_role_and_the_measures_of_its_groups(
    tmp_path: Path, settings: dict[str, Any]
) -> None:
    public = replace(problems("b", 3), role="public")
    other = replace(problems("c", 3), role="public")
    config = ScoreConfig(templates=("raw",), **settings)
    sets = [matched_problems(), public, other]
    score(Scripted(), sets, tmp_path / "S", config, checkpoint=CHECKPOINT)
    files = export_scores(tmp_path / "S", "every-eval-ever", tmp_path / "E").files
    (name,) = (file for file in files if file.startswith("data/m/") and file.endswith(".json"))
    log = json.loads((tmp_path / "E" / name).read_text())
    check_aggregate(log, tmp_path / "E" / name)
    check_instances(log, tmp_path / "E")
    results = log["evaluation_results"]
    identifiers = [result["evaluation_result_id"] for result in results]
    assert len(identifiers) == len(set(identifiers))
    assert {r["source_data"]["additional_details"]["role"] for r in results} == {"matched"}
    exported = {
        (metric["metric_name"], metric.get("metric_parameters", {}).get("versus")): result
        for result in results
        for metric in [result["metric_config"]]
    }
    stored = Results.load(tmp_path / "S").where(set="m")
    for row in stored:
        if row.measure in MEASURES + CONTRASTS and row.value is not None:
            versus = row.versus and row.versus.removeprefix("set=")
            assert exported[row.measure, versus]["score_details"]["score"] == row.value
    of_groups = set(MEASURES) - (set() if settings else {"independent_groups"})  # of samples
    assert {measure for measure, versus in exported if versus is None} > of_groups
    assert {versus for measure, versus in exported if measure in CONTRASTS} == {"b", "c"}
    temperatures = {
        exported[key]["generation_config"]["generation_args"]["temperature"]
        for key in exported
        if key[0] in MEASURES + CONTRASTS
    }
    assert temperatures == {settings.get("temperature", 0.0)}
    if not settings:
        values = {key[0]: result["score_details"]["score"] for key, result in exported.items()}
        by_hand = {"loose": 5 / 6, "strict_groups": 0.5, "wobble": 0.5, "guess": 2 / 6}
        by_hand |= {"public_kin": 1.0, "public_minus_matched": 1 / 6}
        assert {key: values[key] for key in by_hand} == pytest.approx(by_hand)
        assert exported["public_minus_matched", "b"]["metric_config"]["min_score"] == -1


def test_every_measure_of_variants_is_a_metric() -> None:
    heads = [Result(measure=measure, value=0.5) for measure in MEASURES]
    heads += [Result(measure=measure, value=0.5, versus="set=b") for measure in CONTRASTS]
    for row in heads:
        assert is_exported(row) and metric_config(row)["metric_id"] == f"clean-bench.{row.measure}"
    assert not is_exported(Result(measure="accuracy", value=0.5, versus="template=raw"))


def test_no_path_of_the_machine_leaves_it(tmp_path: Path) -> None:
    score_files([tools.verl(tmp_path)], tmp_path / "S", name=str(tmp_path / "secret" / "ckpt-1"))
    files = export_scores(tmp_path / "S", "every-eval-ever", tmp_path / "E").files
    assert files[0].startswith("data/rollouts/unknown/ckpt-1/")
    for file in files:
        assert str(tmp_path) not in (tmp_path / "E" / file).read_text()


def test_eval_results_of_a_whole_benchmark(tmp_path: Path) -> None:
    size = BENCHMARKS["aime25"].size
    rows = [
        {"id": n, "problem": f"p{n}", "gold": n, "response": f"\\boxed{{{n if n < 12 else -1}}}"}
        for n in range(size)
    ]
    path = tools.write_lines(tmp_path / "rows.jsonl", rows)
    score_files([f"aime25={path}"], tmp_path / "S", name="org/model")
    exported = export_scores(tmp_path / "S", "eval-results", tmp_path / "E")
    assert exported.files == (".eval_results/aime25.yaml",)
    (entry,) = yaml.safe_load((tmp_path / "E" / exported.files[0]).read_text())
    assert entry["dataset"] == {"id": "math-ai/aime25", "task_id": "default"}
    assert entry["value"] == 40.0
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", entry["date"])
    assert entry["notes"].startswith(f"accuracy in percent over {size} problems, 95% interval [24.")
    assert "; strict 40.00; flexible 40.00; template imported; " in entry["notes"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("mine", "expected public benchmarks"),
        ("math500", "expected all 500 problems of math500, got 2"),
    ],
)
def test_what_the_hub_has_no_place_for(name: str, message: str, tmp_path: Path) -> None:
    score_files([f"{name}={tools.columns(tmp_path)}"], tmp_path / "S", name="m")
    with pytest.raises(UserError, match=message):
        export_scores(tmp_path / "S", "eval-results", tmp_path / "E")
    assert not (tmp_path / "E").exists()


def test_the_command_and_its_mistakes(tmp_path: Path) -> None:
    score_files([tools.trl(tmp_path)], tmp_path / "S", name="m")
    arguments = [str(tmp_path / "S"), "--to", "every-eval-ever", "--out", str(tmp_path / "E")]
    arguments += ["--name", "org/model", "--json"]
    data = json.loads(CliRunner().invoke(command, arguments, catch_exceptions=False).stdout)
    assert (data["model"], len(data["files"]), data["written"]) == ("org/model", 2, True)
    (tmp_path / "E" / "more").write_text("")
    with pytest.raises(UserError, match="exists with other content"):
        CliRunner().invoke(command, arguments, catch_exceptions=False)
    with pytest.raises(UserError, match="expected DEVELOPER/MODEL"):
        export_scores(tmp_path / "S", "every-eval-ever", tmp_path / "F", name="../x")
    with pytest.raises(UserError, match="expected a scores artifact"):
        export_scores(
            Path(__file__).parents[3] / "clean_bench/organisms/shipped/reciter", "eval-results", "x"
        )
