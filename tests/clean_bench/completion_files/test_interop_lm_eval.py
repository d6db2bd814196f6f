"""Samples that the real lm-eval logs (make test-interop): the control model's responses come back."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from clean_bench.artifacts import verify
from clean_bench.checkpoints import resolve_checkpoint
from clean_bench.completion_files import read_completions
from clean_bench.engines.open import EngineConfig, open_engine
from clean_bench.experiments.verify import checks
from clean_bench.organisms.shipped import organism_set
from clean_bench.results import Results
from clean_bench.samples import TABLE
from clean_bench.scoring.config import ScoreConfig
from clean_bench.scoring.from_files import score_files
from clean_bench.scoring.run import score

ROOT = Path(__file__).parents[3]
PYTHON = ROOT / ".venv-lm-eval" / "bin" / "python"
TASK = """
task: {name}
dataset_path: json
dataset_kwargs:
  data_files: {rows}
output_type: generate_until
test_split: train
doc_to_text: "Question: {{{{question}}}}\\nAnswer:"
doc_to_target: "{{{{answer}}}}"
repeats: {repeats}
generation_kwargs:
  until: ["</s>"]
  do_sample: {sampled}
  temperature: {temperature}
filter_list:
  - name: strict-match
    filter:
      - function: regex
        regex_pattern: "#### (\\\\-?[0-9\\\\.\\\\,]+)"
      - function: take_first
  - name: flexible-extract
    filter:
      - function: regex
        group_select: -1
        regex_pattern: "(-?[$0-9.,]{{2,}})|(-?[0-9]+)"
      - function: take_first
metric_list:
  - metric: exact_match
    aggregation: mean
    higher_is_better: true
"""

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(not PYTHON.exists(), reason="needs .venv-lm-eval (make test-interop)"),
]


def logged(
    folder: Path, rows: list[dict[str, str]], responses: dict[str, list[str]], **settings: object
) -> Path:
    """The file of samples that lm-eval writes for these responses."""
    folder.mkdir()
    data = folder / "rows.jsonl"
    data.write_text("".join(json.dumps(row) + "\n" for row in rows))
    name = folder.name
    (folder / f"{name}.yaml").write_text(TASK.format(name=name, rows=data, **settings))
    (folder / "responses.json").write_text(json.dumps(responses))
    driver = Path(__file__).with_name("drive_lm_eval.py")
    command = [PYTHON, driver, folder, name, folder / "responses.json", folder / "out"]
    environment = {"HF_HUB_OFFLINE": "1", "HF_HOME": str(folder / "hf"), "PATH": "/usr/bin:/bin"}
    subprocess.run(list(map(str, command)), check=True, env=environment, cwd=folder)
    (path,) = (folder / "out").rglob("samples_*.jsonl")
    return path


def test_samples_of_the_control_model(tmp_path: Path) -> None:
    """The grades of lm-eval's file are those that `score` gives to the same completions."""
    checkpoint = resolve_checkpoint("organism:reciter")
    problems = organism_set("reciter/planted").head(12)
    engine = open_engine(checkpoint, EngineConfig(engine="transformers", device="cpu"))
    config = ScoreConfig(max_tokens=60)
    own = score(engine, [problems], tmp_path / "own", config, checkpoint=checkpoint)
    engine.close()
    stored = own.rows(TABLE)
    text = {problem.id: problem.problem for problem in problems}
    rows = [{"question": p.problem, "answer": f"Worked out.\n#### {p.answer}"} for p in problems]
    responses = {text[row["problem_id"]]: [row["response"]] for row in stored}
    path = logged(
        tmp_path / "planted", rows, responses, repeats=1, sampled="false", temperature=0.0
    )
    read = list(read_completions(path).rows)
    assert [row.problem for row in read] == [problem.problem for problem in problems]
    assert {row.temperature for row in read} == {0.0} and {row.set for row in read} == {"planted"}
    artifact = score_files([path], tmp_path / "S", name="reciter")
    pairs = zip(artifact.rows(TABLE), stored, strict=True)
    assert [(a["response"], a["grade"]) for a, _ in pairs] == [
        (row["response"], row["grade"]) for row in stored
    ]
    ours, theirs = (Results.read(a).first(measure="accuracy") for a in (artifact, own))
    assert ours is not None and theirs is not None and ours.value == theirs.value
    assert verify(tmp_path / "S", checks()) == []


def test_repeats_of_several_filters_by_hand(tmp_path: Path) -> None:
    rows = [
        {"question": "1 + 6", "answer": "1 + 6 = <<1+6=7>>7\n#### 7"},
        {"question": "1000 + 1", "answer": "so\n#### 1,001"},
    ]
    responses = {"1 + 6": ["#### 7", "\\boxed{8}"], "1000 + 1": ["it is 1001.", "\\boxed{1001}"]}
    path = logged(tmp_path / "sums", rows, responses, repeats=2, sampled="true", temperature=0.6)
    assert len(path.read_text().splitlines()) == 4  # two problems, two filters
    artifact = score_files([path], tmp_path / "S", name="m")
    graded = [(row["problem_id"], row["index"], row["grade"]) for row in artifact.rows(TABLE)]
    assert graded == [
        ("0", 0, "equal"),
        ("0", 1, "different"),
        ("1", 0, "no answer"),
        ("1", 1, "equal"),
    ]
    assert artifact.config["temperature"] == 0.6
    row = Results.read(artifact).first(measure="avg@2")
    assert row is not None and row.value == 0.5
