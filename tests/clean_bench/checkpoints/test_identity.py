"""Settings and tokenizer belong to a checkpoint: another one is another checkpoint."""

import json
import shutil
from pathlib import Path

import pyarrow as pa
import pytest

from clean_bench.artifacts import Artifact
from clean_bench.checkpoints import Checkpoint, served_model
from clean_bench.checkpoints.identity import config_sha256, tokenizer_sha256
from clean_bench.engines.transformers_engine import TransformersEngine
from clean_bench.errors import UserError
from clean_bench.probing.run import probe
from clean_bench.problems import Problem, ProblemSet
from clean_bench.scoring.config import ScoreConfig
from clean_bench.scoring.run import score
from trainers.config import make_config
from trainers.train import train

PROBLEMS = ProblemSet(
    "sums",
    [Problem(f"p{i}", f"What is the sum of {i} and {i}?", answer=f"{2 * i}") for i in range(3)],
)


@pytest.fixture
def folder(tiny_checkpoint: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_checkpoint, tmp_path / "model"))


def edit(path: Path, **values: object) -> None:
    settings = json.loads(path.read_text()) if path.exists() else {}
    path.write_text(json.dumps({**settings, **values}, indent=4))


def hashes(folder: Path) -> tuple[str, str]:
    return config_sha256(folder), tokenizer_sha256(folder)


@pytest.mark.parametrize(
    ("file", "values", "changed"),
    [
        ("config.json", {"rope_theta": 5e5}, (True, False)),
        ("config.json", {"rope_scaling": {"rope_type": "linear", "factor": 2.0}}, (True, False)),
        ("generation_config.json", {"eos_token_id": [7, 8]}, (True, False)),
        ("tokenizer_config.json", {"chat_template": "{{ messages }}"}, (False, True)),
        ("special_tokens_map.json", {"eos_token": "<b>"}, (False, True)),
        ("config.json", {"_name_or_path": "/elsewhere", "transformers_version": "9"}, (False, False)),
        ("config.json", {"dtype": "bfloat16"}, (False, False)),
        ("generation_config.json", {"transformers_version": "9"}, (False, False)),
        ("tokenizer_config.json", {"name_or_path": "/elsewhere"}, (False, False)),
        ("README.md", {}, (False, False)),
    ],
)  # fmt: skip
def test_what_changes_completions_changes_a_hash(
    folder: Path, file: str, values: dict[str, object], changed: tuple[bool, bool]
) -> None:
    before = hashes(folder)
    edit(folder / file, **values)
    assert tuple(a != b for a, b in zip(before, hashes(folder), strict=True)) == changed


def test_chat_templates_and_vocabularies_of_every_layout_count(folder: Path) -> None:
    seen = {tokenizer_sha256(folder)}
    for name in ("chat_template.jinja", "vocab.json", "merges.txt", "spiece.model", "tekken.model"):
        (folder / name).write_text("x")
        seen.add(tokenizer_sha256(folder))
    (folder / "additional_chat_templates").mkdir()
    (folder / "additional_chat_templates" / "tools.jinja").write_text("x")
    assert len({*seen, tokenizer_sha256(folder)}) == 7


def test_code_counts_where_the_settings_name_it(folder: Path) -> None:
    before = config_sha256(folder)
    (folder / "own.py").write_text("a = 1")
    assert config_sha256(folder) == before
    edit(folder / "config.json", auto_map={"AutoConfig": "own.Config"})
    with_code = config_sha256(folder)
    (folder / "own.py").write_text("a = 2")
    assert len({before, with_code, config_sha256(folder)}) == 3


@pytest.mark.parametrize("text", ["[]", "{", "[" * 100_000])
def test_damaged_settings_are_one_line(folder: Path, text: str) -> None:
    (folder / "generation_config.json").write_text(text)
    with pytest.raises(
        UserError, match=r"generation_config\.json: expected the settings"
    ) as caught:
        config_sha256(folder)
    assert "\n" not in str(caught.value)


def test_a_served_model_has_no_files() -> None:
    assert served_model("name").identity() == {"weights_sha256": ""}


def measure(kind: str, folder: Path, out: Path) -> Artifact:
    checkpoint = Checkpoint("model", folder)
    if kind == "training":
        settings = {"prompts_per_step": 2, "group_size": 2, "minibatches": 1, "max_tokens": 4}
        config = make_config({"reward": "random", "steps": 1, "template": "boxed", **settings})
        return train(checkpoint, PROBLEMS, config, out)
    engine = TransformersEngine.load(folder, device="cpu")
    if kind == "probe":
        return probe(engine, [PROBLEMS], out, checkpoint=checkpoint)
    return score(
        engine,
        [PROBLEMS],
        out,
        ScoreConfig(templates=("boxed",), max_tokens=4),
        checkpoint=checkpoint,
    )


@pytest.mark.parametrize("kind", ["scores", "probe", "training"])
def test_a_resume_does_not_mix_two_tokenizers_or_settings(
    folder: Path, tmp_path: Path, kind: str
) -> None:
    out = tmp_path / "out"
    role = "base_" if kind == "training" else ""
    config = measure(kind, folder, out).config
    assert config[f"{role}config_sha256"] == config_sha256(folder)
    assert config[f"{role}tokenizer_sha256"] == tokenizer_sha256(folder)
    measure(kind, folder, out)
    before = (folder / "tokenizer_config.json").read_bytes()
    edit(folder / "tokenizer_config.json", model_max_length=128)
    with pytest.raises(UserError, match=r"expected the tokenizer.* of the first run, got another"):
        measure(kind, folder, out)
    (folder / "tokenizer_config.json").write_bytes(before)
    edit(folder / "config.json", rms_norm_eps=0.1)
    with pytest.raises(UserError, match=r"expected the settings \(config.json, generation_config"):
        measure(kind, folder, out)


def test_an_artifact_of_an_earlier_version_is_resumed_without_the_hashes(
    folder: Path, tmp_path: Path
) -> None:
    config = {"weights_sha256": "w"}
    with Artifact.open(tmp_path / "old", "scores", config) as artifact:
        artifact.write("samples/00000", pa.table({"a": [1]}))
    with Artifact.open(tmp_path / "old", "scores", {**config, "tokenizer_sha256": "t"}) as artifact:
        assert artifact.config == config
