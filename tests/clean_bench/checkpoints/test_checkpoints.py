"""Checkpoints: how a name is resolved, and which changes of the weights change their hash."""

import hashlib
import json
import random
import subprocess
import sys

import numpy as np
import pytest
from safetensors.numpy import save_file

from clean_bench.checkpoints import Checkpoint, checkpoint, resolve_checkpoint, weights_sha256
from clean_bench.checkpoints.checkpoint import register_resolver
from clean_bench.errors import UserError
from generators.set_plan import master_seed
from generators.write import generate

WHOLE = "model.safetensors"
TENSORS = {
    "model.b": np.arange(6, dtype=np.float32).reshape(2, 3),
    "model.a": np.array([1, -2, 3], dtype=np.int64),
    "scale": np.array(0.5, dtype=np.float16),
}


def folder(path, *files, metadata=None):
    """A checkpoint in one file, or in shards with their index."""
    path.mkdir()
    names = [f"model-{n}.safetensors" for n in range(len(files))]
    for name, tensors in zip(names if len(files) > 1 else [WHOLE], files, strict=True):
        save_file(tensors, path / name, metadata=metadata)
    if len(files) > 1:
        write_index(path, dict(zip(names, files, strict=True)))
    return path


def write_index(path, files):
    places = {tensor: name for name, tensors in files.items() for tensor in tensors}
    (path / f"{WHOLE}.index.json").write_text(json.dumps({"metadata": {}, "weight_map": places}))


def model_folder(path):
    folder(path, TENSORS)
    (path / "config.json").write_text("{}")
    return path


def test_a_folder_resolves_to_itself_and_hashes_its_weights_once(tmp_path, monkeypatch):
    path = model_folder(tmp_path / "model")
    resolved = resolve_checkpoint(str(path))
    assert resolved == Checkpoint(str(path), path) and resolved.revision is None
    calls = []
    monkeypatch.setattr(checkpoint, "weights_sha256", lambda f: calls.append(f) or "0" * 64)
    assert resolved.weights_sha256 == resolved.weights_sha256 == "0" * 64
    assert calls == [path]


def test_a_registered_prefix_resolves_to_its_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint, "_RESOLVERS", {})
    path = model_folder(tmp_path / "model")

    def folder_of(name):
        if name != "one":
            raise UserError(f"no zoo animal {name}")
        return path

    register_resolver("zoo:", folder_of)
    assert resolve_checkpoint("zoo:one") == Checkpoint("zoo:one", path)
    assert resolve_checkpoint("zoo:one").weights_sha256 == weights_sha256(path)
    with pytest.raises(UserError, match="no zoo animal two"):
        resolve_checkpoint("zoo:two")
    with pytest.raises(UserError, match=r"--revision v1: expected a hub name .* zoo:one"):
        resolve_checkpoint("zoo:one", "v1")


def test_a_revision_of_a_local_folder_is_refused(tmp_path):
    path = model_folder(tmp_path / "model")
    with pytest.raises(UserError, match=r"--revision main: expected a hub name \(ORG/MODEL\)"):
        resolve_checkpoint(str(path), "main")


class Hub:
    """Stands for `snapshot_download`: its cache holds some revisions, its server others."""

    def __init__(self, monkeypatch, tmp_path, cached=(), served=(), online=True):
        from huggingface_hub.errors import LocalEntryNotFoundError, RepositoryNotFoundError

        self.calls, self.folder = [], tmp_path / "snapshots" / "c0ffee"
        self.complete = []  # files that a download adds
        self.folder.mkdir(parents=True)
        for name in ("config.json", "model.safetensors"):
            (self.folder / name).write_text("{}")

        def download(name, *, revision, allow_patterns, ignore_patterns, local_files_only):
            assert "*.safetensors" in allow_patterns and "*.bin" not in allow_patterns
            assert ignore_patterns == ["consolidated*.safetensors"]
            self.calls.append((name, revision, local_files_only))
            if revision in served and not local_files_only:
                for file in self.complete:
                    (self.folder / file).write_text("{}")
                return str(self.folder)
            if revision in cached:
                return str(self.folder)
            if local_files_only:
                raise LocalEntryNotFoundError("not in the cache")
            error = RepositoryNotFoundError.__new__(RepositoryNotFoundError)
            Exception.__init__(error, "404\nlong story")
            raise error

        monkeypatch.setattr("huggingface_hub.snapshot_download", download)
        monkeypatch.setattr("clean_bench.hub.reachable", lambda: online)


def test_a_hub_name_with_a_revision_is_taken_from_the_cache_first(tmp_path, monkeypatch):
    hub = Hub(monkeypatch, tmp_path, cached=["step-100"], served=["step-100"])
    resolved = resolve_checkpoint("org/model.v1", "step-100")
    assert resolved == Checkpoint("org/model.v1", hub.folder, "c0ffee")
    assert hub.calls == [("org/model.v1", "step-100", True)]


def test_a_hub_name_that_is_not_cached_is_downloaded(tmp_path, monkeypatch):
    hub = Hub(monkeypatch, tmp_path, served=[None])
    assert resolve_checkpoint("org/model") == Checkpoint("org/model", hub.folder, "c0ffee")
    assert hub.calls == [("org/model", None, True), ("org/model", None, False)]


@pytest.mark.parametrize("missing", ["config.json", "model.safetensors", "model-2.safetensors"])
def test_a_download_that_was_interrupted_is_completed(tmp_path, monkeypatch, missing):
    hub = Hub(monkeypatch, tmp_path, cached=[None], served=[None])
    if missing == "model-2.safetensors":
        index = {"weight_map": {"a": "model.safetensors", "b": missing}}
        (hub.folder / "model.safetensors.index.json").write_text(json.dumps(index))
    else:
        (hub.folder / missing).unlink()
    hub.complete = [missing]
    resolve_checkpoint("org/model")
    assert hub.calls == [("org/model", None, True), ("org/model", None, False)]
    resolve_checkpoint("org/model")
    assert hub.calls[2:] == [("org/model", None, True)]


@pytest.mark.parametrize("name", ["org/model@step-100", "org/model.v1@refs/pr/7"])
def test_a_revision_in_the_name_is_that_of_the_option(tmp_path, monkeypatch, name):
    revision = name.partition("@")[2]
    hub = Hub(monkeypatch, tmp_path, cached=[revision])
    for option in (None, revision):
        assert resolve_checkpoint(name, option) == Checkpoint(name, hub.folder, "c0ffee")
    assert hub.calls == [(name.partition("@")[0], revision, True)] * 2
    with pytest.raises(
        UserError, match=rf"--revision v2: expected the revision of {name}, or none"
    ):
        resolve_checkpoint(name, "v2")


def test_a_revision_in_the_name_of_a_local_folder_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    model_folder(tmp_path / "model")
    model_folder(tmp_path / "model@v1")
    assert resolve_checkpoint("model@v1").folder.name == "model@v1"
    with pytest.raises(UserError, match=r"--revision v2: expected a hub name .* checkpoint model;"):
        resolve_checkpoint("model@v2")
    for name in ("org/model@", "org/model@a b"):
        with pytest.raises(UserError, match="expected a branch, tag or commit after @"):
            resolve_checkpoint(name)


def test_a_hub_checkpoint_without_safetensors_is_one_line(tmp_path, monkeypatch):
    hub = Hub(monkeypatch, tmp_path, served=[None])
    (hub.folder / "model.safetensors").unlink()
    with pytest.raises(
        UserError, match=r"org/model: expected .*, got none on the hub; .*refs/pr/1"
    ):
        resolve_checkpoint("org/model")


def test_a_hub_name_that_does_not_exist_is_one_line(tmp_path, monkeypatch):
    Hub(monkeypatch, tmp_path)
    with pytest.raises(UserError) as caught:
        resolve_checkpoint("org/model", "v9")
    assert str(caught.value) == "org/model: the hub has no such checkpoint at revision v9 (404)"


def test_without_a_network_a_local_folder_is_asked_for(tmp_path, monkeypatch):
    hub = Hub(monkeypatch, tmp_path, served=[None], online=False)
    with pytest.raises(UserError, match=r"org/model .*cannot be reached.*local checkpoint folder"):
        resolve_checkpoint("org/model")
    assert hub.calls == [("org/model", None, True)]


@pytest.mark.parametrize(
    "name", ["absent", "./org/model", "/org/model", "a/b/c", "org/model x", ""]
)
def test_names_that_are_no_checkpoint(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    Hub(monkeypatch, tmp_path, served=[None])
    with pytest.raises(UserError, match="expected a checkpoint folder"):
        resolve_checkpoint(name)


def test_a_folder_without_a_config_and_a_file_are_no_checkpoints(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder(tmp_path / "weights", TENSORS)
    with pytest.raises(UserError, match="weights: expected a checkpoint folder, got one without"):
        resolve_checkpoint("weights")
    with pytest.raises(UserError, match="expected a checkpoint folder"):
        resolve_checkpoint("weights/model.safetensors")


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
    data = (plain / WHOLE).read_bytes()
    length = int.from_bytes(data[:8], "little")
    header = data[8 : 8 + length] + b" " * 24
    padded.mkdir()
    (padded / WHOLE).write_bytes(len(header).to_bytes(8, "little") + header + data[8 + length :])
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
    with pytest.raises(UserError, match=r"absent: no such checkpoint folder"):
        weights_sha256(tmp_path / "absent")
    with pytest.raises(UserError, match=r"expected \*\.safetensors files, got none"):
        weights_sha256(tmp_path)
    twice = folder(tmp_path / "twice", TENSORS, {"scale": TENSORS["scale"]})
    with pytest.raises(UserError, match="both hold the tensor scale"):
        weights_sha256(twice)


@pytest.mark.parametrize("keep", [0, 5, 40, -1])
def test_a_file_that_is_cut_short_is_named(tmp_path, keep):
    path = folder(tmp_path / "c", TENSORS) / WHOLE
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(UserError, match=r"model\.safetensors: expected a safetensors file"):
        weights_sha256(path.parent)


DTYPES = {"float32": "F32", "int64": "I64", "float16": "F16", "uint8": "U8"}


def write_file(path, tensors, metadata=None, gap=0):
    """A safetensors file by hand: tensors lie in the order of the mapping, and names in the header in
    the reverse, each after a gap of unused bytes."""
    header, data = {}, b""
    for name, tensor in tensors.items():
        data += b"\xee" * gap
        header[name] = {
            "shape": list(tensor.shape),
            "data_offsets": [len(data), len(data) + tensor.nbytes],
            "dtype": DTYPES[str(tensor.dtype)],
        }
        data += tensor.tobytes()
    entries = dict(reversed(header.items()))
    text = json.dumps({**({"__metadata__": metadata} if metadata else {}), **entries}).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)


def test_any_spread_over_files_in_any_order_has_the_same_hash(tmp_path):
    numbers = random.Random(2)
    tensors = {
        f"layers.{i}.weight": np.frombuffer(numbers.randbytes(24), dtype=np.float32).reshape(shape)
        for i, shape in enumerate([(6,), (2, 3), (3, 2), (1, 6), (6, 1), (1, 2, 3), (6,)])
    }
    expected = weights_sha256(folder(tmp_path / "whole", tensors))
    for number in range(25):
        names = numbers.sample(sorted(tensors), len(tensors))
        shards = [{} for _ in range(numbers.randrange(1, 5))]
        for name in names:
            numbers.choice(shards)[name] = tensors[name]
        spread = tmp_path / str(number)
        spread.mkdir()
        files = {f"{numbers.randbytes(4).hex()}.safetensors": shard for shard in shards if shard}
        for name, shard in files.items():
            metadata = {"format": numbers.choice("abc")} if numbers.random() < 0.5 else None
            write_file(spread / name, shard, metadata, gap=numbers.randrange(3))
        write_index(spread, files)
        (spread / "optimizer.bin").write_bytes(numbers.randbytes(9))
        assert weights_sha256(spread) == expected


@pytest.mark.parametrize("name", TENSORS)
def test_every_single_bit_of_a_tensor_counts(tmp_path, name):
    before = weights_sha256(folder(tmp_path / "c", TENSORS))
    seen = {before}
    bits = TENSORS[name].nbytes * 8
    for bit in range(bits):
        data = bytearray(TENSORS[name].tobytes())
        data[bit // 8] ^= 1 << bit % 8
        changed = np.frombuffer(bytes(data), TENSORS[name].dtype).reshape(TENSORS[name].shape)
        write_file(tmp_path / "c" / WHOLE, {**TENSORS, name: changed})
        seen.add(weights_sha256(tmp_path / "c"))
    assert len(seen) == bits + 1
    write_file(tmp_path / "c" / WHOLE, TENSORS)
    assert weights_sha256(tmp_path / "c") == before


@pytest.mark.parametrize("name", TENSORS)
@pytest.mark.parametrize("what", ["name", "dtype", "shape", "left out"])
def test_name_dtype_and_shape_of_a_tensor_count(tmp_path, name, what):
    before = weights_sha256(folder(tmp_path / "before", TENSORS))
    tensor, changed = TENSORS[name], dict(TENSORS)
    del changed[name]
    if what == "name":
        changed[name + "2"] = tensor
    elif what == "dtype":
        other = np.uint8 if tensor.dtype != np.uint8 else np.int8
        # The same bytes under a dtype of one byte: the shape has to follow.
        changed[name] = np.frombuffer(tensor.tobytes(), other)
    elif what == "shape":
        changed[name] = tensor.reshape(1, *tensor.shape)
    assert weights_sha256(folder(tmp_path / "after", changed)) != before


def test_bytes_that_move_from_one_tensor_to_the_next_change_the_hash(tmp_path):
    data = np.arange(8, dtype=np.uint8)
    hashes = {
        weights_sha256(folder(tmp_path / str(cut), {"a": data[:cut], "b": data[cut:]}))
        for cut in range(9)
    }
    assert len(hashes) == 9


def test_one_bit_of_the_weights_changes_every_problem_of_a_bound_set(tmp_path):
    sets = []
    for number, scale in enumerate((0.5, np.nextafter(np.float16(0.5), np.float16(1)))):
        weights = {**TENSORS, "scale": np.array(scale, dtype=np.float16)}
        bound = weights_sha256(folder(tmp_path / f"c{number}", weights))
        artifact = generate(
            "random-calculation", (3, 6), 200,
            master=master_seed(bind=[bound]), origin={"bind": [bound]}, out=tmp_path / str(number),
        )  # fmt: skip
        assert artifact.config["origin"]["bind"] == [bound]
        sets.append(artifact)
    problems, forms = (
        [{row[column] for row in artifact.rows(table)} for artifact in sets]
        for table, column in (("problems", "problem"), ("draws", "canonical"))
    )
    assert len(problems[0]) == len(problems[1]) == len(forms[0]) == len(forms[1]) == 200
    assert not problems[0] & problems[1] and not forms[0] & forms[1]


PEAK = r"""
import pathlib, re, sys
from clean_bench.checkpoints import weights_sha256
print(weights_sha256(sys.argv[1]))
# The peak of this program; that of `resource.getrusage` begins with what the calling process had.
print(re.search(r"VmHWM:\s+(\d+) kB", pathlib.Path("/proc/self/status").read_text())[1])
"""


def hash_of_zeros(path, tensors, length):
    """The hash of a checkpoint of so many tensors of zeros, in a sparse file, and how many megabytes
    the process took that computed it."""
    names = [f"layers.{i}" for i in range(tensors)]
    header = {
        name: {"dtype": "U8", "shape": [length], "data_offsets": [i * length, (i + 1) * length]}
        for i, name in enumerate(names)
    }
    text = json.dumps(header).encode()
    path.mkdir()
    with (path / "model.safetensors").open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        file.truncate(8 + len(text) + tensors * length)
    assert (path / "model.safetensors").stat().st_blocks * 512 < 1_000_000
    run = subprocess.run(
        [sys.executable, "-c", PEAK, str(path)], capture_output=True, text=True, check=True
    )
    sha256, kilobytes = run.stdout.split()
    return sha256, int(kilobytes) / 1000


def hash_by_hand(tensors, length):
    """The same from the definition, a megabyte of zeros at a time."""
    state, zeros = hashlib.sha256(), bytes(1_000_000)
    for name in sorted(f"layers.{i}" for i in range(tensors)):
        label = json.dumps([name, "U8", [length], length]).encode()
        state.update(len(label).to_bytes(8, "little") + label)
        for begin in range(0, length, len(zeros)):
            state.update(zeros[: length - begin])
    return state.hexdigest()


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_large_file_is_hashed_in_little_memory(tmp_path):
    found, megabytes = hash_of_zeros(tmp_path / "c", 1, 400_000_001)
    assert found == hash_by_hand(1, 400_000_001)
    assert megabytes < 100


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_fifteen_gigabytes_are_hashed_in_little_memory(tmp_path):
    found, megabytes = hash_of_zeros(tmp_path / "c", 3, 5_000_000_001)
    assert found == hash_by_hand(3, 5_000_000_001)
    assert megabytes < 500


def test_no_tensor_library_is_loaded():
    code = (
        "import sys, clean_bench.checkpoints;"
        "print(sorted({'torch', 'numpy', 'safetensors'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
