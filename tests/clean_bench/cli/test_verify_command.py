"""`clean-bench verify`: the binding of a set to checkpoints, and what is printed."""

import json

import numpy as np
import pytest
from click.testing import CliRunner
from safetensors.numpy import save_file

from clean_bench import __version__
from clean_bench.artifacts import Artifact
from clean_bench.checkpoints import weights_sha256
from clean_bench.cli.generate import command as generate_command
from clean_bench.cli.verify import command
from clean_bench.errors import UserError
from clean_bench.problems import Problem, ProblemSet, write_folder
from tests.forgeries import change_rows, resealed


def call(*words, to=command):
    return CliRunner().invoke(to, list(map(str, words)), catch_exceptions=False)


@pytest.fixture
def checkpoints(tmp_path):
    folders = []
    for number in range(3):
        folder = tmp_path / f"checkpoint-{number}"
        folder.mkdir()
        (folder / "config.json").write_text("{}")
        tensors = {"w": np.full(3, number, dtype=np.float32)}
        save_file(tensors, folder / "model.safetensors")
        folders.append(folder)
    return folders


def binding(checkpoints):
    """The options that name several checkpoints."""
    return [word for checkpoint in checkpoints for word in ("--bind", checkpoint)]


def bound(tmp_path, *checkpoints):
    out = tmp_path / "set"
    words = ["random-calculation", "--steps", 5, "--count", 10, "--out", out]
    assert call(*words, *binding(checkpoints), to=generate_command).exit_code == 0
    return out


def seeded(tmp_path):
    out = tmp_path / "seeded"
    words = ["word-problems", "--steps", 2, "--count", 10, "--seed", "a", "--out", out]
    assert call(*words, to=generate_command).exit_code == 0
    return out


def test_a_bound_set_and_its_checkpoints(tmp_path, checkpoints):
    one, two, _ = checkpoints
    out = bound(tmp_path, one, two)
    for order in ([one, two], [two, one], [two, one, two]):
        result = call(out, *binding(order))
        assert result.exit_code == 0
        assert result.stdout.startswith(f"{out}: problem-set, all checks passed, bound to")
        assert str(one) in result.stdout and str(two) in result.stdout
    data = json.loads(call(out, "--json", "--bind", f"{one},{two}").stdout)
    assert data["bind"] == {str(folder): weights_sha256(folder) for folder in (one, two)}
    assert (data["ok"], data["failures"]) == (True, [])


def test_a_copy_with_other_shards_is_the_same_checkpoint(tmp_path, checkpoints):
    out = bound(tmp_path, checkpoints[0])
    copy = tmp_path / "copy"
    copy.mkdir()
    (copy / "config.json").write_text("{}")
    tensors = {"w": np.full(3, 0, dtype=np.float32)}
    name = "model-00001-of-00001.safetensors"
    save_file(tensors, copy / name, metadata={"format": "pt"})
    index = {"metadata": {}, "weight_map": {"w": name}}
    (copy / "model.safetensors.index.json").write_text(json.dumps(index))
    assert call(out, "--bind", copy).exit_code == 0


@pytest.mark.parametrize(
    ("made_of", "named", "failures"),
    [
        ([0], [1], [(1, "is not bound to the weights of"), (0, "also bound to the weights")]),
        ([0], [0, 1], [(1, "is not bound to the weights of")]),
        ([0, 1], [0], [(1, "also bound to the weights")]),
        ([0, 1], [2, 1], [(2, "is not bound to the weights of"), (0, "also bound to the weights")]),
    ],
    ids=["another", "one more", "one less", "one exchanged"],
)
def test_wrong_checkpoints_are_named(tmp_path, checkpoints, made_of, named, failures):
    out = bound(tmp_path, *(checkpoints[i] for i in made_of))
    result = call(out, "--json", *binding(checkpoints[i] for i in named))
    assert result.exit_code == 1
    data = json.loads(result.stdout)
    assert data["ok"] is False
    assert [failure["where"] for failure in data["failures"]] == ["manifest.json"] * len(failures)
    for failure, (number, what) in zip(data["failures"], failures, strict=True):
        assert what in failure["what"]
        assert weights_sha256(checkpoints[number])[:16] in failure["what"]
        if "is not" in what:
            assert str(checkpoints[number]) in failure["what"]
    text = call(out, *binding(checkpoints[i] for i in named))
    assert text.exit_code == 1
    assert text.stdout == ""
    assert len(text.stderr.splitlines()) == len(failures)


def test_one_changed_weight_is_another_checkpoint(tmp_path, checkpoints):
    out = bound(tmp_path, checkpoints[0])
    weights = np.array([0, 0, np.nextafter(np.float32(0), np.float32(1))], dtype=np.float32)
    save_file({"w": weights}, checkpoints[0] / "model.safetensors")
    result = call(out, "--bind", checkpoints[0])
    assert result.exit_code == 1
    assert f"not bound to the weights of {checkpoints[0]}" in result.stderr


@pytest.mark.parametrize("kind", ["seeded", "given"])
def test_a_set_that_is_bound_to_nothing(tmp_path, checkpoints, kind):
    if kind == "seeded":
        out = seeded(tmp_path)
    else:
        out = tmp_path / "given"
        write_folder(out, ProblemSet("any", [Problem("1", "1+1?", "2")]), {"x": 1})
    assert call(out).exit_code == 0
    result = call(out, "--bind", checkpoints[0])
    assert result.exit_code == 1
    assert "the set is bound to no weights" in result.stderr


def test_checkpoints_that_are_none_are_named(tmp_path):
    with pytest.raises(UserError, match="absent: expected a checkpoint folder"):
        call(seeded(tmp_path), "--bind", tmp_path / "absent")


def test_the_json_has_the_freshness(tmp_path):
    out = seeded(tmp_path)
    data = json.loads(call(out, "--json").stdout)
    assert data == {
        "folder": str(out),
        "kind": "problem-set",
        "ok": True,
        "freshness": Artifact.load(out).metadata["freshness"],
        "identity_sha256": Artifact.load(out).manifest["identity_sha256"],
        "version": __version__,
        "checked": {"problems drawn again": 10},
        "not_checked": [
            "how many seeds were tried before the one of a set that is bound to no checkpoint"
        ],
        "failures": [],
    }
    assert data["freshness"]["tiers"]["2"]["n"] == 10


def test_the_json_of_damage_has_no_freshness(tmp_path):
    out = seeded(tmp_path)
    card = out / "README.md"
    card.write_text(card.read_text().replace("skill", "fresh"))
    result = call(out, "--json")
    data = json.loads(result.stdout)
    assert result.exit_code == 1
    assert (data["ok"], data["kind"]) == (False, None)
    assert "freshness" not in data
    assert [failure["where"] for failure in data["failures"]] == ["README.md"]


def test_identity_version_and_scope_are_printed(tmp_path):
    out = seeded(tmp_path)
    lines = call(out).stdout.splitlines()
    assert lines == [
        f"{out}: problem-set, all checks passed",
        f"identity: sha256 {Artifact.load(out).manifest['identity_sha256']}",
        f"written by: clean-bench {__version__}",
        "checked: 10 problems drawn again",
        "not checked:",
        "  - how many seeds were tried before the one of a set that is bound to no checkpoint",
    ]


def test_a_failure_names_the_version_that_wrote_the_folder(tmp_path):
    out = seeded(tmp_path)
    artifact = Artifact.load(out)
    environment = artifact.manifest["environment"]
    packages = {**environment["packages"], "clean-bench": "0.0.7"}
    resealed(out, environment={**environment, "packages": packages})
    assert call(out).exit_code == 0
    change_rows(Artifact.load(out), "problems", lambda rows: rows[0].update(answer="-1"))
    resealed(out)
    result = call(out)
    assert result.exit_code == 1
    assert f"written by clean-bench 0.0.7, verified by {__version__}" in result.stderr
