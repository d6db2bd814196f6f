"""The card of a set: its header, its command line, and loading with the `datasets` library."""

import json
import os
import subprocess
import sys

import pytest
import yaml
from click.testing import CliRunner

from clean_bench.artifacts import Artifact, verify
from clean_bench.cli.generate import command
from generators.card import card
from generators.checks import verify_set
from generators.decontaminate import CorpusFiles
from generators.registry import family
from generators.set_plan import master_seed
from generators.write import generate

HOSTILE = {
    "quotes": """it's "a" seed `$(false)` \\' \\""" + "\\",
    "lines": "first\nsecond\r\n\nthird\ttab",
    "header": "x\n---\nsplit: forged\n---\n",
    "dashes": "---",
    "yaml": "{a: [b, &c *d !e #f",
    "table": "| a | b |\n|---|---|",
    "script": "Ελληνικά ١٢٣ 🎲",
    "separators": "a\u2028b\x85c\x0bd",
}


def make(out, name="word-problems", steps=(1, 2), count=12, origin=None, **options):
    origin = origin or {"seed": "a"}
    return generate(
        name, steps, count,
        master=master_seed(
            seed=origin.get("seed"), bind=origin.get("bind", ()), round_text=origin.get("round")
        ),
        origin=origin, out=out, **options,
    )  # fmt: skip


def parts(folder):
    """The header, parsed as YAML, and the text after it."""
    text = (folder / "README.md").read_text(encoding="utf-8")
    begin, header, body = text.split("---\n", 2)
    assert begin == ""
    return yaml.safe_load(header), body


def command_line(body):
    """The command line in a card, split into words by bash."""
    lines = body.split("\n")
    start = next(i for i, line in enumerate(lines) if line.startswith("    clean-bench generate"))
    end = next(i for i in range(start, len(lines)) if not lines[i].endswith("\\"))
    line = "printf '%s\\0' " + "\n".join(lines[start : end + 1])
    read = subprocess.run(
        ["bash", "-c", line], env={"LC_ALL": "C.UTF-8", "PATH": os.environ["PATH"]},
        check=True, capture_output=True,
    )  # fmt: skip
    return read.stdout.decode().split("\0")[:-1]


@pytest.mark.parametrize(("split", "hub"), [("all", "test"), ("train", "train"), ("eval", "test")])
def test_header(tmp_path, split, hub):
    make(tmp_path / "s", split=split)
    header, _ = parts(tmp_path / "s")
    assert header == {
        "pretty_name": "word-problems of 1-2 steps",
        "license": "apache-2.0",
        "language": ["en"],
        "task_categories": ["text-generation"],
        "tags": ["mathematics", "rlvr", "contamination", "synthetic"],
        "size_categories": ["n<1K"],
        "configs": [
            {
                "config_name": "default",
                "default": True,
                "data_files": [{"split": hub, "path": "problems/*.parquet"}],
            },
            {
                "config_name": "draws",
                "data_files": [{"split": hub, "path": "draws/*.parquet"}],
            },
        ],
    }


def account(n=5):
    tier = {
        "n": n,
        "label": "skill",
        "bits": {"min": 12.25},
        "min_entropy": 9.5,
        "answers": {"most_common_accuracy": 0.0525},
    }
    return {"claim": "The claim.", "tiers": {"1": tier, "2": {**tier, "label": "fresh"}}}


def config(count, **changes):
    return {
        "family": "any",
        "version": 3,
        "steps": [1, 2],
        "count": count,
        "split": "all",
        "text": "plain",
        "origin": {"seed": "s"},
        **changes,
    }


@pytest.mark.parametrize(
    ("count", "category"),
    [
        (1, "n<1K"),
        (999, "n<1K"),
        (1_000, "1K<n<10K"),
        (9_999, "1K<n<10K"),
        (10_000, "10K<n<100K"),
        (100_000, "100K<n<1M"),
        (999_999, "100K<n<1M"),
        (1_000_000, "1M<n<10M"),
        (10_000_000, "10M<n<100M"),
    ],
)
def test_sizes_are_the_categories_of_the_hub(count, category):
    header = card(config(count), account()).split("---\n")[1]
    assert yaml.safe_load(header)["size_categories"] == [category]


def test_the_tiers_are_a_table():
    lines = card(config(10), account(1234)).split("\n")
    assert "| 1 | 1,234 | skill | 12.2 | 9.5 | 5.25% |" in lines
    assert "| 2 | 1,234 | fresh | 12.2 | 9.5 | 5.25% |" in lines
    assert lines[lines.index("The claim.") - 2] == "# 10 problems of the family any, 1-2 steps"
    one = card(config(10, steps=[3, 3]), account())
    assert yaml.safe_load(one.split("---\n")[1])["pretty_name"] == "any of 3 steps"


@pytest.mark.parametrize("seed", HOSTILE.values(), ids=HOSTILE.keys())
def test_no_seed_breaks_the_card(tmp_path, seed):
    artifact = make(tmp_path / "s", origin={"seed": seed})
    make(tmp_path / "plain")
    header, body = parts(tmp_path / "s")
    plain_header, plain_body = parts(tmp_path / "plain")
    assert header == plain_header
    assert len(body.splitlines()) == len(plain_body.splitlines())
    words = command_line(body)
    assert words[words.index("--seed") + 1] == seed
    assert words[-2:] == ["--out", "DIR"]
    assert verify(artifact.folder, {"problem-set": verify_set}) == []


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_no_round_breaks_the_card(tmp_path, text):
    make(tmp_path / "s", origin={"bind": ["ab"], "round": text})
    header, body = parts(tmp_path / "s")
    assert header["pretty_name"] == "word-problems of 1-2 steps"
    words = command_line(body)
    assert words[words.index("--bind") + 1] == "CHECKPOINT,..."
    assert words[words.index("--round") + 1] == text


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("word-problems", {"split": "eval", "text": "latex"}),
        ("random-calculation-paper", {"origin": {"seed": "it's one $HOME"}}),
        ("word-problems", {"origin": {"seed": "--json"}}),
        ("word-problems", {"origin": {"seed": "two\nlines"}}),
    ],
)
def test_the_command_line_draws_the_same_set(tmp_path, name, options):
    first = make(tmp_path / "s", name, **options)
    words = command_line(parts(tmp_path / "s")[1])
    assert words[:2] == ["clean-bench", "generate"]
    again = tmp_path / "again"
    line = [str(again) if word == "DIR" else word for word in words[2:]]
    result = CliRunner().invoke(command, line, catch_exceptions=False)
    assert result.exit_code == 0
    assert Artifact.load(again).manifest["tables"] == first.manifest["tables"]


def test_the_command_line_shows_decontamination(tmp_path):
    (tmp_path / "a.txt").write_text("12 things")
    corpus = CorpusFiles([str(tmp_path / "a.txt")], family("word-problems"), True)
    make(tmp_path / "s", corpus=corpus)
    words = command_line(parts(tmp_path / "s")[1])
    assert {"--decontaminate", "--drop"} <= set(words)


SCRIPT = """
import json, sys
from datasets import get_dataset_config_names, load_dataset
found = {}
for folder in sys.argv[1:]:
    configurations = {}
    for name in get_dataset_config_names(folder):
        loaded = load_dataset(folder, name)
        configurations[name] = {split: rows.to_list() for split, rows in loaded.items()}
    (split,) = load_dataset(folder)
    configurations[None] = split
    found[folder] = configurations
print(json.dumps(found))
"""


def test_datasets_loads_the_rows_of_every_shard(tmp_path, monkeypatch):
    """In a separate process, with an empty cache and without network."""
    monkeypatch.setattr("generators.write.SHARD_ROWS", 5)
    monkeypatch.setattr("generators.write._SHARD_BLOCKS", 1)
    monkeypatch.setattr("generators.write.BLOCK_ROWS", 5)
    monkeypatch.setattr("generators.sampler.BLOCK_ROWS", 5)
    (tmp_path / "a.txt").write_text("12 things that no problem holds")
    corpus = CorpusFiles([str(tmp_path / "a.txt")], family("word-problems"), True)
    sets = [
        (make(tmp_path / "all", origin={"seed": HOSTILE["header"]}), "test"),
        (make(tmp_path / "train", split="train", corpus=corpus), "train"),
        (make(tmp_path / "eval", "random-calculation", (5, 5), split="eval"), "test"),
    ]
    environment = {
        **os.environ,
        "HF_HOME": str(tmp_path / "cache"),
        "HF_DATASETS_CACHE": str(tmp_path / "cache" / "datasets"),
        "HF_HUB_OFFLINE": "1",
        "HF_DATASETS_OFFLINE": "1",
    }
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *(str(artifact.folder) for artifact, _ in sets)],
        env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    found = json.loads(done.stdout)
    for artifact, split in sets:
        assert len(list((artifact.folder / "problems").iterdir())) == 3
        loaded = found[str(artifact.folder)]
        assert loaded == {
            "default": {split: artifact.rows("problems")},
            "draws": {split: artifact.rows("draws")},
            "null": split,
        }
