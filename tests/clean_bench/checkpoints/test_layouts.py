"""Folders that are no checkpoint: output folders of trainers, shards, other formats, missing files."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from clean_bench.checkpoints import layouts, resolve_checkpoint, weights_sha256
from clean_bench.engines.weights import stored_shapes
from clean_bench.errors import UserError


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write_model(folder: Path, value: float = 1.0) -> Path:
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    save_file({"w": np.array([value], dtype=np.float32)}, folder / "model.safetensors")
    return folder


def write_files(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}")
    return folder


def refused(name: str | Path) -> str:
    with pytest.raises(UserError) as caught:
        resolve_checkpoint(str(name))
    message = str(caught.value)
    assert "\n" not in message and message.startswith(f"{name}: ")
    return message


def test_the_checkpoints_in_an_output_folder_of_trl_are_listed_by_number() -> None:
    for step in (1000, 500, 60):
        model = write_model(Path(f"out/checkpoint-{step}"))
        write_files(model, "trainer_state.json", "optimizer.pt", f"global_step{step}/mp_rank_00.pt")
    write_files(Path("out/checkpoint-70"), "config.json", "optimizer.pt")  # without weights
    write_files(Path("out/runs"), "events.out.tfevents.1")
    assert refused("out") == (
        "out: expected a checkpoint folder; it holds checkpoints inside; name one of "
        "out/checkpoint-60, out/checkpoint-500, out/checkpoint-1000"
    )
    assert resolve_checkpoint("out/checkpoint-500").folder == Path("out/checkpoint-500")


def test_a_final_model_beside_its_checkpoints_is_a_checkpoint() -> None:
    write_model(Path("out"))
    write_model(Path("out/checkpoint-500"))
    assert resolve_checkpoint("out").folder == Path("out")


def test_adapters_and_the_checkpoint_of_train_are_listed_too() -> None:
    write_files(Path("out/checkpoint-5"), "adapter_config.json", "adapter_model.safetensors")
    write_model(Path("out/arm/checkpoint"))
    assert refused("out").endswith("name one of out/arm/checkpoint, out/checkpoint-5")


def test_a_long_list_keeps_the_first_and_the_last() -> None:
    for step in range(1, 31):
        write_model(Path(f"out/checkpoint-{step}"))
    message = refused("out")
    names = [f"out/checkpoint-{step}" for step in (1, 2)]
    names += ["... 18 more ..."] + [f"out/checkpoint-{step}" for step in range(21, 31)]
    assert message.endswith(f"name one of {', '.join(names)}")


def write_verl(step: int, *, weights: bool) -> Path:
    """The layout of verl 0.9: shards per rank, and the configuration with or without weights."""
    actor = Path(f"verl/global_step_{step}/actor")
    write_files(
        actor,
        *(f"{kind}_world_size_2_rank_{rank}.pt" for kind in ("model", "optim") for rank in (0, 1)),
        "fsdp_config.json",
    )
    if weights:
        write_model(actor / "huggingface")
    write_files(actor / "huggingface", "config.json", "tokenizer.json", "tokenizer_config.json")
    write_files(Path(f"verl/global_step_{step}"), "data.pt")
    write_files(Path(f"verl/global_step_{step}/critic"), "model_world_size_2_rank_0.pt")
    write_files(Path("verl"), "latest_checkpointed_iteration.txt")
    return actor


MERGE = "python -m verl.model_merger merge --backend fsdp --local_dir {} --target_dir NEW_FOLDER"


def test_shards_of_verl_name_its_own_merge_command() -> None:
    actors = [write_verl(step, weights=False) for step in (100, 50)]
    assert refused("verl") == (
        f"verl: expected a checkpoint folder; {actors[0]} holds shards of a training run; merge them "
        f"first: {MERGE.format(actors[0])}"
    )
    for name in (actors[1], actors[1].parent, actors[1] / "huggingface"):
        assert refused(name).endswith(MERGE.format(actors[1]))


def test_the_adapter_of_verl_is_listed_beside_its_shards() -> None:
    actor = write_verl(50, weights=False)
    write_files(actor / "lora_adapter", "adapter_config.json", "adapter_model.safetensors")
    assert "name one of verl/global_step_50/actor/lora_adapter" in refused("verl")


def test_whole_weights_that_verl_wrote_are_listed() -> None:
    write_verl(100, weights=True)
    write_verl(50, weights=True)
    assert refused("verl") == (
        "verl: expected a checkpoint folder; it holds checkpoints inside; name one of "
        "verl/global_step_50/actor/huggingface, verl/global_step_100/actor/huggingface"
    )
    folder = "verl/global_step_50/actor/huggingface"
    assert resolve_checkpoint(folder).folder == Path(folder)


@pytest.mark.parametrize(
    ("files", "command"),
    [
        (
            ["actor/dist_ckpt/__0_0.distcp", "actor/huggingface/config.json"],
            "python -m verl.model_merger merge --backend megatron --local_dir m/actor --target_dir NEW",
        ),
        (
            ["zero_to_fp32.py", "global_step5/mp_rank_00_model_states.pt"],
            "python m/zero_to_fp32.py m NEW_FOLDER --safe_serialization",
        ),
        (
            ["pytorch_model_fsdp_0/__0_0.distcp", "trainer_state.json"],
            "accelerate merge-weights m/pytorch_model_fsdp_0 NEW_FOLDER",
        ),
    ],
)
def test_shards_of_other_trainers_name_their_command(files: list[str], command: str) -> None:
    write_files(Path("m"), *files)
    assert f"merge them first: {command}" in refused("m")


def test_other_formats_are_named_with_what_to_do() -> None:
    write_files(Path("gguf"), "model.Q4_K_M.gguf", "README.md")
    for name in ("gguf", "gguf/model.Q4_K_M.gguf"):
        message = refused(name)
        assert "got GGUF, a quantized format of llama.cpp; take the original checkpoint" in message
        assert "from_pretrained('gguf', gguf_file='model.Q4_K_M.gguf')" in message
    write_files(Path("bin"), "config.json", "pytorch_model-00001-of-00002.bin")
    assert "got pytorch_model.bin, which can run code" in refused("bin")
    assert "from_pretrained('bin').save_pretrained(NEW_FOLDER)" in refused("bin")
    write_files(Path("mistral"), "params.json", "config.json", "consolidated.safetensors")
    assert "got consolidated weights in their publisher's own format" in refused("mistral")
    write_files(Path("meta"), "params.json", "consolidated.00.pth")
    assert "got consolidated weights" in refused("meta")
    write_model(Path("model"))
    assert "got a file; name the folder that holds it" in refused("model/model.safetensors")
    write_files(Path("empty"), "README.md")
    assert refused("empty") == "empty: expected a checkpoint folder, got one without config.json"


def write_shards(folder: Path, *present: int) -> None:
    write_files(folder, "config.json")
    names = [f"model-0000{number}-of-00003.safetensors" for number in (1, 2, 3)]
    index = {"weight_map": {f"w{number}": name for number, name in enumerate(names)}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    for number in present:
        tensors = {f"w{number - 1}": np.ones(2, dtype=np.float32)}
        save_file(tensors, folder / names[number - 1])


def test_a_missing_shard_is_named() -> None:
    write_shards(Path("copy"), 1, 3)
    message = refused("copy")
    assert "expected 3 weight files as in model.safetensors.index.json, got 2" in message
    assert "(model-00002-of-00003.safetensors is missing)" in message
    (Path("copy") / "model.safetensors.index.json").write_text('{"weight_map": 3}')
    with pytest.raises(UserError, match=r"^copy/model.*json: expected a list of weight files"):
        resolve_checkpoint("copy")


def test_weights_in_one_file_and_in_shards_are_two_checkpoints() -> None:
    write_shards(Path("both"), 1, 2, 3)
    assert resolve_checkpoint("both").folder == Path("both")
    save_file({"w0": np.zeros(2, dtype=np.float32)}, "both/model.safetensors")
    assert "got both model.safetensors and the 3 files of model.safetensors.index" in refused(
        "both"
    )


def test_the_second_copy_of_mistral_is_not_part_of_the_weights() -> None:
    write_shards(Path("mistral"), 1, 2, 3)
    before = weights_sha256("mistral")
    save_file({"layers.0.w": np.zeros(2, dtype=np.float32)}, "mistral/consolidated.safetensors")
    assert resolve_checkpoint("mistral").weights_sha256 == before
    assert set(stored_shapes("mistral", tied=False)) == {"w0", "w1", "w2"}


def test_a_large_tree_is_not_walked_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layouts, "_MOST_FOLDERS", 20)
    for number in range(100):
        write_files(Path(f"tree/{number}/inner"), "notes.txt")
    visited = list(layouts._walk(Path("tree")))
    assert len(visited) == 21
    deep = write_model(Path("deep/a/b/c/d/e"))
    assert refused("deep") == "deep: expected a checkpoint folder, got one without config.json"
    assert resolve_checkpoint(str(deep)).folder == deep
