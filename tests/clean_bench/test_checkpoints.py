"""The hash of a checkpoint's weights: what changes it and what does not."""

import hashlib
import json
import subprocess
import sys

import numpy as np
import pytest
from safetensors.numpy import save_file

from clean_bench.checkpoints import weights_sha256
from clean_bench.errors import UserError

TENSORS = {
    "model.b": np.arange(6, dtype=np.float32).reshape(2, 3),
    "model.a": np.array([1, -2, 3], dtype=np.int64),
    "scale": np.array(0.5, dtype=np.float16),
}


def folder(path, *files, metadata=None):
    path.mkdir()
    for number, tensors in enumerate(files):
        save_file(tensors, path / f"model-{number}.safetensors", metadata=metadata)
    return path


def test_the_hash_is_over_names_dtypes_shapes_and_bytes(tmp_path):
    state = hashlib.sha256()
    for name, dtype in (("model.a", "I64"), ("model.b", "F32"), ("scale", "F16")):
        data = TENSORS[name].tobytes()
        label = json.dumps([name, dtype, list(TENSORS[name].shape), len(data)]).encode()
        state.update(len(label).to_bytes(8, "little") + label + data)
    assert weights_sha256(folder(tmp_path / "c", TENSORS)) == state.hexdigest()


def test_sharding_order_metadata_and_other_files_do_not_matter(tmp_path):
    whole = folder(tmp_path / "whole", TENSORS)
    parts = [{name: tensor} for name, tensor in TENSORS.items()]
    sharded = folder(tmp_path / "sharded", *parts[::-1], metadata={"format": "pt", "x": "y"})
    (sharded / "config.json").write_text("{}")
    assert weights_sha256(sharded) == weights_sha256(whole)


def test_the_padding_of_the_header_does_not_matter(tmp_path):
    plain, padded = folder(tmp_path / "plain", TENSORS), tmp_path / "padded"
    data = (plain / "model-0.safetensors").read_bytes()
    length = int.from_bytes(data[:8], "little")
    header = data[8 : 8 + length] + b" " * 24
    padded.mkdir()
    (padded / "weights.safetensors").write_bytes(
        len(header).to_bytes(8, "little") + header + data[8 + length :]
    )
    assert weights_sha256(padded) == weights_sha256(plain)


@pytest.mark.parametrize(
    "change",
    [
        {"scale": np.array(0.25, dtype=np.float16)},
        {"model.b": TENSORS["model.b"].reshape(3, 2)},
        {"model.b": TENSORS["model.b"].view(np.int32)},
        {"extra": np.zeros(1, dtype=np.float32)},
        {"empty": np.zeros((0, 3), dtype=np.float32)},
    ],
    ids=["byte", "shape", "dtype", "more", "empty"],
)
def test_any_change_of_a_tensor_changes_the_hash(tmp_path, change):
    before = weights_sha256(folder(tmp_path / "before", TENSORS))
    assert weights_sha256(folder(tmp_path / "after", {**TENSORS, **change})) != before


def test_swapped_names_change_the_hash(tmp_path):
    x, y = np.zeros(4, dtype=np.float32), np.ones(4, dtype=np.float32)
    a = weights_sha256(folder(tmp_path / "a", {"x": x, "y": y}))
    assert weights_sha256(folder(tmp_path / "b", {"x": y, "y": x})) != a


def test_the_last_byte_of_a_tensor_longer_than_a_block_counts(tmp_path):
    long = np.zeros(9 << 20, dtype=np.uint8)
    a = weights_sha256(folder(tmp_path / "a", {"x": long}))
    long[-1] = 1
    assert weights_sha256(folder(tmp_path / "b", {"x": long})) != a


def test_bad_folders_are_named(tmp_path):
    with pytest.raises(UserError, match=r"no checkpoint folder .*absent"):
        weights_sha256(tmp_path / "absent")
    with pytest.raises(UserError, match="loaded from safetensors"):
        weights_sha256(tmp_path)
    twice = folder(tmp_path / "twice", TENSORS, {"scale": TENSORS["scale"]})
    with pytest.raises(UserError, match="both hold the tensor scale"):
        weights_sha256(twice)


@pytest.mark.parametrize("keep", [0, 5, 40, -1])
def test_a_file_that_is_cut_short_is_named(tmp_path, keep):
    path = folder(tmp_path / "c", TENSORS) / "model-0.safetensors"
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(UserError, match=r"model-0\.safetensors is no whole safetensors file"):
        weights_sha256(path.parent)


def test_no_tensor_library_is_loaded():
    code = (
        "import sys, clean_bench.checkpoints;"
        "print(sorted({'torch', 'numpy', 'safetensors'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
