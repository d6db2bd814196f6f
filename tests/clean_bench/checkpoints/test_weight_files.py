"""The hash covers exactly the tensors that are loaded; a folder where they could differ is refused."""

import json
import logging
import os
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from clean_bench.checkpoints import resolve_checkpoint, weights_sha256
from clean_bench.checkpoints.load_model import load_model
from clean_bench.errors import UserError

WHOLE, INDEX = "model.safetensors", "model.safetensors.index.json"


@pytest.fixture
def checkpoint(tiny_checkpoint: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_checkpoint, tmp_path / "model"))


def write_index(folder: Path, places: dict[str, str]) -> None:
    text = json.dumps({"metadata": {"total_size": 1}, "weight_map": places})
    (folder / INDEX).write_text(text)


def shard(folder: Path, *names: str) -> dict[str, str]:
    """Spread the tensors over files in turn; returns the file of each."""
    tensors = load_file(folder / WHOLE)
    (folder / WHOLE).unlink()
    places = {key: names[number % len(names)] for number, key in enumerate(sorted(tensors))}
    for name in names:
        part = {key: tensors[key] for key in places if places[key] == name}
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        save_file(part, path, metadata={"format": "pt"})
    return places


def refused(folder: Path) -> str:
    """The message of the hash, which is that of loading too."""
    with pytest.raises(UserError) as caught:
        weights_sha256(folder)
    with pytest.raises(UserError) as while_loading:
        load_model(folder, device="cpu", dtype=torch.float32)
    assert str(while_loading.value) == str(caught.value)
    return str(caught.value)


def test_an_index_and_its_shards_have_the_hash_of_one_file_and_load_the_same(
    checkpoint: Path, tiny_checkpoint: Path
) -> None:
    before = weights_sha256(checkpoint)
    write_index(checkpoint, shard(checkpoint, "a.safetensors", "b.safetensors"))
    assert weights_sha256(checkpoint) == before
    models = [
        load_model(f, device="cpu", dtype=torch.float32)[0] for f in (checkpoint, tiny_checkpoint)
    ]
    states = [model.state_dict() for model in models]
    assert all(torch.equal(states[0][key], states[1][key]) for key in states[1])


@pytest.mark.parametrize("name", ["sub/model.safetensors", "../other.safetensors", "/tmp/x/../y"])
def test_an_index_that_leads_out_of_the_folder_is_refused(checkpoint: Path, name: str) -> None:
    """The attack: the file at the top is hashed, and the one that the index names is loaded."""
    decoy = load_file(checkpoint / WHOLE)
    places = shard(checkpoint, "sub/model.safetensors")
    save_file(decoy, checkpoint / "decoy.safetensors")
    write_index(checkpoint, dict.fromkeys(places, name))
    assert f"expected names of files in the checkpoint's own folder, got {name!r}" in refused(
        checkpoint
    )


def test_an_index_of_pickled_weights_is_refused(checkpoint: Path) -> None:
    tensors = load_file(checkpoint / WHOLE)
    torch.save(tensors, checkpoint / "pytorch_model.bin")
    (checkpoint / WHOLE).rename(checkpoint / "decoy.safetensors")
    write_index(checkpoint, dict.fromkeys(tensors, "pytorch_model.bin"))
    assert "expected *.safetensors files, got 'pytorch_model.bin'" in refused(checkpoint)


def test_settings_that_name_another_file_are_refused(checkpoint: Path) -> None:
    shutil.copyfile(checkpoint / WHOLE, checkpoint / "consolidated.safetensors")
    config = json.loads((checkpoint / "config.json").read_text())
    text = json.dumps({**config, "transformers_weights": "consolidated.safetensors"})
    (checkpoint / "config.json").write_text(text)
    assert "config.json: expected no transformers_weights, got 'consolid" in refused(checkpoint)


def test_an_adapter_beside_the_weights_is_refused(checkpoint: Path) -> None:
    """transformers would load the base that the adapter names in place of the weights."""
    text = json.dumps({"base_model_name_or_path": "elsewhere", "peft_type": "LORA"})
    (checkpoint / "adapter_config.json").write_text(text)
    assert "expected a checkpoint or an adapter, got both" in refused(checkpoint)


@pytest.mark.parametrize("name", ["model.fp16.safetensors", "extra.safetensors"])
def test_a_file_beside_the_weights_is_refused(checkpoint: Path, name: str) -> None:
    save_file({"unrelated": torch.zeros(2)}, checkpoint / name)
    assert f"expected no weights beside {WHOLE}, got {name}" in refused(checkpoint)
    with pytest.raises(UserError, match="expected no weights beside"):
        resolve_checkpoint(str(checkpoint))


def test_a_file_that_the_index_leaves_out_is_refused(checkpoint: Path) -> None:
    write_index(checkpoint, shard(checkpoint, "a.safetensors"))
    save_file({"unrelated": torch.zeros(2)}, checkpoint / "b.safetensors")
    assert f"expected no weights beside {INDEX}, got b.safetensors" in refused(checkpoint)


def test_files_without_an_index_are_refused(checkpoint: Path) -> None:
    shard(checkpoint, "a.safetensors", "b.safetensors")
    assert f"expected {WHOLE}, or {INDEX} that names its files, got a.saf" in refused(checkpoint)


def test_a_whole_file_that_an_index_extends_is_refused(checkpoint: Path) -> None:
    """transformers would load model.safetensors alone."""
    write_index(checkpoint, shard(checkpoint, WHOLE, "more.safetensors"))
    assert f"got both {WHOLE} and the 2 files of {INDEX}" in refused(checkpoint)


def test_an_index_that_lists_a_tensor_elsewhere_or_nowhere_is_refused(checkpoint: Path) -> None:
    places = shard(checkpoint, "a.safetensors", "b.safetensors")
    first = min(places)
    write_index(checkpoint, {**places, first: "b.safetensors"})
    with pytest.raises(UserError, match=f"{first} in b.safetensors, which lacks it"):
        weights_sha256(checkpoint)
    write_index(checkpoint, {**places, "made.up": "a.safetensors"})
    with pytest.raises(UserError, match=r"made\.up in a.safetensors, which lacks it"):
        weights_sha256(checkpoint)


@pytest.mark.parametrize(
    "text", ["[]", "{", '{"weight_map": []}', '{"weight_map": {"a": 1}}', "[" * 100_000]
)
def test_a_damaged_index_is_one_line(checkpoint: Path, text: str) -> None:
    (checkpoint / INDEX).write_text(text)
    message = refused(checkpoint)
    assert f"{INDEX}: expected a list of weight files (" in message and "\n" not in message


def test_an_index_that_is_no_regular_file_is_refused(checkpoint: Path) -> None:
    os.mkfifo(checkpoint / INDEX)
    assert "expected a file, got a pipe" in refused(checkpoint)


def test_a_link_of_the_hubs_cache_is_followed(checkpoint: Path, tmp_path: Path) -> None:
    before = weights_sha256(checkpoint)
    cache = tmp_path / "models--org--name"
    snapshot, blob = cache / "snapshots" / "c0ffee", cache / "blobs" / "f00d"
    blob.parent.mkdir(parents=True)
    shutil.copytree(checkpoint, snapshot)
    (snapshot / WHOLE).rename(blob)
    (snapshot / WHOLE).symlink_to(Path("../../blobs/f00d"))
    assert weights_sha256(snapshot) == before
    # A link to such a folder is a folder.
    (tmp_path / "linked").symlink_to(snapshot)
    assert weights_sha256(tmp_path / "linked") == before


def test_a_link_that_leads_elsewhere_is_refused(checkpoint: Path, tmp_path: Path) -> None:
    (checkpoint / WHOLE).rename(tmp_path / "elsewhere.safetensors")
    (checkpoint / WHOLE).symlink_to(tmp_path / "elsewhere.safetensors")
    assert "expected a file of the checkpoint's folder, got a link to" in refused(checkpoint)


def test_tensors_that_the_model_does_not_read_are_named(
    checkpoint: Path, caplog: pytest.LogCaptureFixture
) -> None:
    before = weights_sha256(checkpoint)
    tensors = load_file(checkpoint / WHOLE)
    save_file({**tensors, "ballast": torch.zeros(3)}, checkpoint / WHOLE, metadata={"format": "pt"})
    assert weights_sha256(checkpoint) != before
    with caplog.at_level(logging.WARNING):
        load_model(checkpoint, device="cpu", dtype=torch.float32)
    assert "does not read 1 tensors of its weights, which its hash covers: ballast" in caplog.text
