"""`clean-bench generate`: the line, the JSON and the refusals."""

import json

import numpy as np
import pytest
from click.testing import CliRunner
from safetensors.numpy import save_file

from clean_bench.artifacts import verify
from clean_bench.checkpoints import weights_sha256
from clean_bench.cli.generate import command
from clean_bench.errors import UserError
from clean_bench.problems import load_folder
from generators.verification import verify_set


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
    result = call(f"{line} {one} {two} --out {tmp_path / 'both'} --json")
    data = json.loads(result.stdout)
    assert data["origin"]["bind"] == sorted([weights_sha256(one), weights_sha256(two)])
    assert verify(tmp_path / "both", {"problem-set": verify_set}) == []
    call(f"{line} {one} --out {tmp_path / 'alone'}")
    call(f"{line} {one} --round 5f3a --out {tmp_path / 'round'}")
    texts = [{p.problem for p in load_folder(tmp_path / n)} for n in ("both", "alone", "round")]
    assert not texts[0] & texts[1] | texts[1] & texts[2] | texts[0] & texts[2]


def test_the_same_line_again_says_the_same(tmp_path):
    line = f"word-problems --steps 2 --count 5 --seed a --out {tmp_path / 's'}"
    first = call(line)
    assert "labelled skill" in first.stdout
    assert call(line).stdout == first.stdout


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("random-calculation --steps 0 --seed a", "steps from 1 to 20"),
        ("random-calculation --steps 5-30 --seed a", "steps from 1 to 20"),
        ("random-calculation --steps five --seed a", "--steps five"),
        ("random-calc --steps 5 --seed a", "did you mean random-calculation?"),
        ("random-calculation --steps 5", "give --bind CHECKPOINT... or --seed TEXT"),
        ("random-calculation --steps 5 --seed a --bind b", "without --bind"),
        ("random-calculation --steps 5 --seed a --round b", "without --bind"),
        ("random-calculation --steps 5 --round b", "give --bind"),
        ("random-calculation --steps 5 --seed a --count 0", "--count 0"),
        ("word-problems --steps 1 --seed a --count 7000", "has 6988 different ones"),
    ],
)
def test_bad_usage_is_one_clear_line_and_writes_nothing(tmp_path, line, complaint):
    with pytest.raises(UserError) as caught:
        call(f"{line} --out {tmp_path / 's'}")
    assert complaint in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "s").exists()


def test_a_checkpoint_that_does_not_exist_is_named(tmp_path):
    with pytest.raises(UserError, match="nowhere"):
        call(f"random-calculation --steps 5 --bind {tmp_path / 'nowhere'} --out {tmp_path / 's'}")
