"""`clean-bench generate`: its output, its JSON and its errors."""

import json
import sys

import numpy as np
import pytest
from click.testing import CliRunner
from safetensors.numpy import save_file

from clean_bench.artifacts import verify
from clean_bench.checkpoints import weights_sha256
from clean_bench.cli.generate import command
from clean_bench.cli.main import main
from clean_bench.errors import UserError
from clean_bench.problems import load_folder
from generators.checks import verify_set
from generators.set_plan import master_seed

ONE_STEP = 1606 * 1607 // 2 + 1606 * 1606 + 1606 * 1607 // 2 + 1606 * 1606
"""Sums and products of two of the 1,606 operands, alike or not, and differences and quotients."""


def call(line, **options):
    return CliRunner().invoke(command, line.split(), catch_exceptions=False, **options)


def checkpoint(folder, value):
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    save_file({"w": np.full(3, value, dtype=np.float32)}, folder / "model.safetensors")
    return folder


def test_a_seeded_set_as_json(tmp_path):
    result = call(f"word-problems --steps 1-2 --count 10 --seed a --out {tmp_path / 's'} --json")
    data = json.loads(result.stdout)
    assert result.exit_code == 0
    assert data["count"] == 10
    assert data["origin"] == {"seed": "a"}
    assert data["freshness"]["bound"] is False
    assert len(load_folder(tmp_path / "s")) == 10


def test_a_bound_set_holds_and_changes_with_the_weights(tmp_path):
    one, two = checkpoint(tmp_path / "one", 1.0), checkpoint(tmp_path / "two", 2.0)
    line = "random-calculation --steps 5 --count 4 --bind"
    result = call(f"{line} {one},{two} --out {tmp_path / 'both'} --json")
    data = json.loads(result.stdout)
    assert data["origin"]["bind"] == sorted([weights_sha256(one), weights_sha256(two)])
    assert verify(tmp_path / "both", {"problem-set": verify_set}) == []
    call(f"{line} {one} --out {tmp_path / 'alone'}")
    call(f"{line} {one} --round 5f3a --out {tmp_path / 'round'}")
    texts = [{p.problem for p in load_folder(tmp_path / n)} for n in ("both", "alone", "round")]
    assert not texts[0] & texts[1] | texts[1] & texts[2] | texts[0] & texts[2]


def test_the_same_command_again_prints_the_same(tmp_path):
    line = f"word-problems --steps 2 --count 5 --seed a --out {tmp_path / 's'}"
    first = call(line)
    assert "labelled skill" in first.stdout
    assert call(line).stdout == first.stdout


def test_the_same_command_again_keeps_the_order_of_tiers(tmp_path):
    line = f"fractions --steps 9-11 --count 6 --seed a --out {tmp_path / 's'}"
    assert call(line).stdout == call(line).stdout


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("random-calculation --steps 0 --seed a", "steps from 1 to 20"),
        ("random-calculation --steps 5-30 --seed a", "steps from 1 to 20"),
        ("random-calculation --steps five --seed a", "--steps five"),
        ("random-calc --steps 5 --seed a", "did you mean random-calculation"),
        ("random-calculation --steps 5", "expected --bind CHECKPOINT,... or --seed TEXT"),
        ("random-calculation --steps 5 --seed a --bind b", "--seed excludes --bind and --round"),
        ("random-calculation --steps 5 --seed a --round b", "--seed excludes --bind and --round"),
        ("random-calculation --steps 5 --round b", "expected --bind"),
        ("random-calculation --steps 5 --seed a --count 0", "--count 0"),
        ("random-calculation --steps 7-5 --seed a", "--steps 7-5"),
        ("word-problems --steps 5 --seed a", "steps from 1 to 4"),
        ("word-problems --steps 1 --seed a --count 6989", "word-problems has 6,988 different ones"),
        (
            "word-problems --steps 1-2 --seed a --count 13978",
            "6,989 problems of 1 steps are too many",
        ),
        (
            "random-calculation --steps 1 --seed a --count 10000000",
            f"10,000,000 problems of 1 steps are too many: random-calculation has "
            f"{ONE_STEP:,} different ones",
        ),
        (
            "random-calculation --steps 5 --seed a --flavor x",
            "--flavor x: expected default or paper",
        ),
        (
            "fractions --steps 5 --seed a --flavor paper",
            "--flavor paper: expected default for fractions",
        ),
        (
            "random-calculation --steps 5 --seed a --flavor paper --text plain",
            "--text plain: expected latex for random-calculation-paper",
        ),
        ("word-problems --steps 1 --seed a --drop", "--drop: expected --decontaminate FILE"),
        ("word-problems --steps 1 --seed a --decontaminate absent.txt", "absent.txt: no such file"),
        (
            "word-problems --steps 1 --seed a --decontaminate absent.txt --drop",
            "absent.txt: no such",
        ),
    ],
)
def test_bad_usage_is_one_clear_line_and_writes_nothing(tmp_path, line, complaint):
    with pytest.raises(UserError) as caught:
        call(f"{line} --out {tmp_path / 's'}")
    assert complaint in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "s").exists()


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("word-problems --steps 1 --seed a --text tex", "'tex' is not one of 'latex', 'plain'"),
        ("word-problems --steps 1 --seed a --split test", "'test' is not one of"),
        ("word-problems --steps 1 --seed a --workers 0", "0 is not in the range"),
        ("word-problems --steps 1 --seed a --count ten", "'ten' is not a valid integer"),
        ("word-problems --seed a", "--steps: expected the tier of word-problems"),
        ("word-problems --steps 1 --seed a --flavor paper", "expected default for word-problems"),
        ("word-problems --steps 1 --seed a --count 6989", "6,988 different ones"),
        ("word-problems --steps 1 --seed a --drop", "--decontaminate"),
        ("word-problems --steps 1 --seed a --decontaminate FOLDER/absent.txt", "absent.txt"),
        (
            "word-problems --steps 1 --seed a --decontaminate FOLDER/empty.txt",
            "empty.txt: expected text",
        ),
        (
            "word-problems --steps 1 --seed a --decontaminate FOLDER/bad.jsonl",
            "bad.jsonl:1: expected JSON",
        ),
        (
            "word-problems --steps 1 --seed a --decontaminate FOLDER/folder",
            "folder holds no clean-bench",
        ),
        ("word-problems --steps 1 --bind FOLDER/folder", "without config.json"),
    ],
)
def test_mistakes_are_one_line_with_status_2(tmp_path, monkeypatch, capsys, line, complaint):
    (tmp_path / "empty.txt").write_text(" \n")
    (tmp_path / "bad.jsonl").write_text("{\n")
    (tmp_path / "folder").mkdir()
    words = line.replace("FOLDER", str(tmp_path)).split()
    monkeypatch.setattr(sys, "argv", ["clean-bench", "generate", *words, "--out", f"{tmp_path}/s"])
    with pytest.raises(SystemExit) as ended:
        main()
    output = capsys.readouterr()
    assert ended.value.code == 2
    assert output.out == ""
    lines = output.err.splitlines()
    # The files are announced before they are read.
    assert len(lines) == 1 + ("--decontaminate" in line)
    assert complaint in lines[-1]
    assert not (tmp_path / "s").exists()


def test_the_flavor_of_the_paper(tmp_path):
    out = tmp_path / "s"
    result = call(
        f"random-calculation --steps 2 --count 30 --seed a --flavor paper --out {out} --json"
    )
    data = json.loads(result.stdout)
    assert (data["family"], data["text"]) == ("random-calculation-paper", "latex")
    for problem in load_folder(out):
        assert problem.problem.startswith("Evaluate this LaTeX numerical expression step-by-step")
        assert problem.family == "random-calculation-paper"
    assert verify(out, {"problem-set": verify_set}) == []
    usual = call(
        f"random-calculation --steps 2 --count 30 --seed a --flavor default --out {tmp_path / 'd'}"
    )
    assert usual.exit_code == 0
    assert call(
        f"random-calculation --steps 2 --count 30 --seed a --out {tmp_path / 'd'}"
    ).stdout == usual.stdout  # fmt: skip


@pytest.mark.parametrize("family", ["random-calculation", "fractions"])
def test_plain_text_is_the_same_computation_without_dollars(tmp_path, family):
    for text in ("plain", "latex"):
        call(f"{family} --steps 3 --count 20 --seed a --text {text} --out {tmp_path / text}")
    plain, latex = (load_folder(tmp_path / text).problems for text in ("plain", "latex"))
    assert all(p.problem.isascii() and not set("$\\{}") & set(p.problem) for p in plain)
    assert all("$" in p.problem for p in latex)
    assert [p.answer for p in plain] == [p.answer for p in latex]


def test_two_workers_write_the_same_set(tmp_path):
    line = "fractions --steps 2-3 --count 1005 --seed a --json --out"
    one, two = (
        json.loads(call(f"{line} {tmp_path / str(n)} --workers {n}").stdout) for n in (1, 2)
    )
    del one["out"], two["out"]
    assert one == two


def test_a_set_against_files(tmp_path):
    line = "word-problems --steps 2 --count 60 --seed a"
    call(f"{line} --out {tmp_path / 'plain'}")
    stories = [problem.problem for problem in load_folder(tmp_path / "plain")]
    one, two = tmp_path / "one.txt", tmp_path / "two.jsonl"
    one.write_text("\n".join(stories[:7]))
    two.write_text(json.dumps({"q": stories[30]}))

    searched = call(f"{line} --decontaminate {one},{two} --out {tmp_path / 'searched'}")
    assert f"reading {one}, {two}" in searched.stderr
    assert "In 2 local files the computation or an 8-gram of" in searched.stdout
    assert load_folder(tmp_path / "searched").problems == load_folder(tmp_path / "plain").problems

    result = call(f"{line} --decontaminate {one},{two} --drop --out {tmp_path / 'clean'} --json")
    data = json.loads(result.stdout)
    against = data["freshness"]["decontamination"]
    assert against["rejected"] is True
    assert against["canonical"] >= 8
    assert data["decontamination"]["drop"] is True
    assert [file["texts"] for file in data["decontamination"]["files"]] == [7, 1]
    assert not {*stories[:7], stories[30]} & {p.problem for p in load_folder(tmp_path / "clean")}
    again = call(f"{line} --decontaminate {one},{two} --drop --out {tmp_path / 'clean'} --json")
    assert json.loads(again.stdout) == data


def test_the_json_equals_the_manifest(tmp_path):
    out = tmp_path / "s"
    data = json.loads(call(f"fractions --steps 4 --count 5 --seed a --out {out} --json").stdout)
    manifest = json.loads((out / "manifest.json").read_text())
    assert data == {
        "out": str(out),
        **manifest["config"],
        "content_sha256": manifest["tables"]["problems"]["content_sha256"],
        "freshness": manifest["metadata"]["freshness"],
    }
    assert data["content_sha256"] == load_folder(out).content_sha256
    assert data["master_seed"] == master_seed(seed="a").hex()


def test_a_checkpoint_that_does_not_exist_is_named(tmp_path):
    with pytest.raises(UserError, match="nowhere"):
        call(f"random-calculation --steps 5 --bind {tmp_path / 'nowhere'} --out {tmp_path / 's'}")
