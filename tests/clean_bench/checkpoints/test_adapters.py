"""PEFT adapters: the merged copy computes what base and adapter compute, and is written once."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import peft
import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM, AutoTokenizer

from clean_bench.artifacts import Artifact
from clean_bench.checkpoints import Checkpoint, resolve_checkpoint, weights_sha256
from clean_bench.checkpoints import merge as merging
from clean_bench.errors import UserError

pytestmark = pytest.mark.processes

PROMPT = torch.tensor([[5, 17, 3, 250, 42, 7, 99, 12]])


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CLEAN_BENCH_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def load(folder: Path) -> Any:
    return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)


def logits(model: Any) -> torch.Tensor:
    with torch.no_grad():
        return model.eval()(PROMPT).logits


def write_adapter(base: Path, folder: Path, model: Any = None, **settings: Any) -> Path:
    """A LoRA adapter with random weights on both sides, as after training."""
    torch.manual_seed(1)
    config = peft.LoraConfig(
        **{"r": 4, "lora_alpha": 12, "target_modules": "all-linear", "task_type": "CAUSAL_LM"}
        | settings
    )
    adapted = peft.get_peft_model(model or load(base), config)
    for name, parameter in adapted.named_parameters():
        if parameter.requires_grad and ("lora_" in name or "modules_to_save" in name):
            parameter.data.normal_(std=0.1)
    adapted.save_pretrained(str(folder))
    return folder


@pytest.fixture(scope="module")
def lora(tiny_checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_adapter(tiny_checkpoint, tmp_path_factory.mktemp("adapter") / "lora")


@pytest.fixture
def adapter(lora: Path, tmp_path: Path) -> Path:
    """A copy of the adapter of `tiny_checkpoint`, to be changed."""
    return Path(shutil.copytree(lora, tmp_path / "lora"))


def with_adapter(base: Any, folder: Path) -> torch.Tensor:
    """The logits of the base with the adapter beside it, by peft."""
    return logits(peft.PeftModel.from_pretrained(base, str(folder)))


def test_the_merged_copy_is_the_base_with_the_adapter(
    tiny_checkpoint: Path, adapter: Path, cache: Path
) -> None:
    checkpoint = resolve_checkpoint(str(adapter))
    assert (checkpoint.name, checkpoint.revision) == (str(adapter), None)
    assert checkpoint.base == str(tiny_checkpoint)
    assert checkpoint.folder.parent == cache / "merged"
    base = load(tiny_checkpoint)
    before = logits(base)
    expected = with_adapter(base, adapter)
    assert (expected - before).abs().max() > 0.1
    assert torch.allclose(logits(load(checkpoint.folder)), expected, atol=1e-5)
    # W + alpha / r * B A, by hand.
    lora = load_file(adapter / "adapter_model.safetensors")
    stored = load_file(checkpoint.folder / "model.safetensors")
    name = "model.layers.1.self_attn.v_proj"
    delta = (
        12
        / 4
        * (
            lora[f"base_model.model.{name}.lora_B.weight"]
            @ lora[f"base_model.model.{name}.lora_A.weight"]
        )
    )
    weight = load_file(tiny_checkpoint / "model.safetensors")[f"{name}.weight"].float()
    assert torch.allclose(stored[f"{name}.weight"], weight + delta, atol=1e-6)
    assert {tensor.dtype for tensor in stored.values()} == {torch.float32}
    assert checkpoint.weights_sha256 == weights_sha256(checkpoint.folder)
    assert checkpoint.weights_sha256 != weights_sha256(tiny_checkpoint)
    texts = [
        AutoTokenizer.from_pretrained(f)("1 + 2 = x") for f in (tiny_checkpoint, checkpoint.folder)
    ]
    assert texts[0]["input_ids"] == texts[1]["input_ids"]


def test_the_copy_is_written_once_per_adapter_and_base(
    tiny_checkpoint: Path,
    adapter: Path,
    tmp_path: Path,
    cache: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = resolve_checkpoint(str(adapter))
    merges: list[Path] = []
    merge = merging.merge_adapter

    def counted(source: Path, *rest: Any) -> None:
        merges.append(source)
        merge(source, *rest)

    monkeypatch.setattr(merging, "merge_adapter", counted)
    moved = Path(shutil.copytree(adapter, tmp_path / "moved"))
    assert resolve_checkpoint(str(moved)).folder == first.folder and not merges
    tensors = load_file(moved / "adapter_model.safetensors")
    name = min(tensors)
    save_file({**tensors, name: tensors[name] + 1}, moved / "adapter_model.safetensors")
    changed = resolve_checkpoint(str(moved))
    assert merges == [moved] and changed.weights_sha256 != first.weights_sha256
    other = Path(shutil.copytree(tiny_checkpoint, tmp_path / "other"))
    weights = load_file(other / "model.safetensors")
    weights["model.norm.weight"] = weights["model.norm.weight"] * 2
    save_file(weights, other / "model.safetensors", metadata={"format": "pt"})
    config = json.loads((adapter / "adapter_config.json").read_text())
    (adapter / "adapter_config.json").write_text(
        json.dumps({**config, "base_model_name_or_path": str(other)})
    )
    assert resolve_checkpoint(str(adapter)).folder not in (first.folder, changed.folder)
    leftovers = [path.name for path in (cache / "merged").iterdir() if path.name.startswith(".")]
    assert not leftovers


def test_a_killed_merge_leaves_no_copy(
    tiny_checkpoint: Path, adapter: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:

    def killed(source: Path, base: Path, out: Path, name: str) -> None:
        (out / "model.safetensors").write_text("half")
        raise KeyboardInterrupt

    monkeypatch.setattr(merging, "merge_adapter", killed)
    with pytest.raises(KeyboardInterrupt):
        resolve_checkpoint(str(adapter))
    assert not [path for path in (cache / "merged").iterdir() if path.is_dir()]
    monkeypatch.undo()
    monkeypatch.setenv("CLEAN_BENCH_CACHE", str(cache))
    assert torch.allclose(
        logits(load(resolve_checkpoint(str(adapter)).folder)),
        with_adapter(load(tiny_checkpoint), adapter),
        atol=1e-5,
    )


@pytest.mark.filterwarnings("ignore:Model has `tie_word_embeddings=True`")
@pytest.mark.filterwarnings("ignore:Setting `save_embedding_layers`")
@pytest.mark.parametrize(
    ("settings", "tied"),
    [
        ({"modules_to_save": ["lm_head"]}, True),
        ({"modules_to_save": ["embed_tokens", "lm_head"]}, False),
        ({"modules_to_save": ["embed_tokens"]}, True),
        ({"target_modules": ["q_proj", "lm_head"]}, True),
        ({"target_modules": ["q_proj", "embed_tokens"]}, True),
        ({"use_dora": True}, False),
        ({"use_rslora": True, "rank_pattern": {"q_proj": 8}}, True),
    ],
)
def test_other_adapters_compute_the_same_after_merging(
    tiny_checkpoint: Path, tmp_path: Path, settings: dict[str, Any], tied: bool
) -> None:
    base = tmp_path / "base"
    model = load(tiny_checkpoint)
    if not tied:
        model.config.tie_word_embeddings = False
        head = model.get_input_embeddings().weight.detach().clone()
        model.get_output_embeddings().weight = torch.nn.Parameter(head + 0.01)
    else:
        model.config.tie_word_embeddings = True
        model.get_output_embeddings().weight = model.get_input_embeddings().weight
    model.save_pretrained(base)
    AutoTokenizer.from_pretrained(tiny_checkpoint).save_pretrained(base)
    adapter = write_adapter(base, tmp_path / "lora", **settings)
    expected = with_adapter(load(base), adapter)
    assert not torch.allclose(expected, logits(load(base)), atol=1e-2)
    merged = load(resolve_checkpoint(str(adapter)).folder)
    assert torch.allclose(logits(merged), expected, atol=1e-4)


@pytest.mark.filterwarnings("ignore:Model has `tie_word_embeddings=True`")
@pytest.mark.filterwarnings("ignore:Setting `save_embedding_layers`")
def test_an_adapter_with_new_tokens_resizes_its_base(tiny_checkpoint: Path, tmp_path: Path) -> None:
    model = load(tiny_checkpoint)
    tokenizer = AutoTokenizer.from_pretrained(tiny_checkpoint)
    tokenizer.add_tokens(["<think>", "</think>"])
    model.resize_token_embeddings(len(tokenizer))
    adapter = write_adapter(
        tiny_checkpoint, tmp_path / "lora", model, modules_to_save=["embed_tokens", "lm_head"]
    )
    tokenizer.save_pretrained(adapter)
    base = load(tiny_checkpoint)
    base.resize_token_embeddings(len(tokenizer))
    expected = with_adapter(base, adapter)
    folder = resolve_checkpoint(str(adapter)).folder
    merged = load(folder)
    assert merged.get_input_embeddings().weight.shape[0] == len(tokenizer)
    assert torch.allclose(logits(merged), expected, atol=1e-4)
    assert AutoTokenizer.from_pretrained(folder)("<think>")["input_ids"][-1] == len(tokenizer) - 2


def test_a_base_is_found_from_here_or_from_the_adapter(
    tiny_checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(tiny_checkpoint, tmp_path / "models" / "base")
    adapter = write_adapter(tiny_checkpoint, tmp_path / "models" / "lora")
    path = adapter / "adapter_config.json"
    config = json.loads(path.read_text())
    path.write_text(json.dumps({**config, "base_model_name_or_path": "../base"}))
    monkeypatch.chdir(tmp_path)
    assert resolve_checkpoint("models/lora").base == "models/lora/../base"
    path.write_text(json.dumps({**config, "base_model_name_or_path": "models/base"}))
    assert resolve_checkpoint("models/lora").base == "models/base"


def test_an_adapter_and_its_base_on_the_hub(
    tiny_checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both are downloaded at their revisions, and the manifest names the commits."""
    adapter = write_adapter(tiny_checkpoint, tmp_path / "hub" / "lora" / ("a" * 40))
    path = adapter / "adapter_config.json"
    config = json.loads(path.read_text())
    path.write_text(
        json.dumps({**config, "base_model_name_or_path": "org/base", "revision": "step-3"})
    )
    base = shutil.copytree(tiny_checkpoint, tmp_path / "hub" / "base" / ("b" * 40))

    def download(name: str, *, revision: str, **_: Any) -> str:
        return str({("org/lora", "v1"): adapter, ("org/base", "step-3"): base}[name, revision])

    monkeypatch.setattr("huggingface_hub.snapshot_download", download)
    checkpoint = resolve_checkpoint("org/lora@v1")
    assert checkpoint.provenance() == {
        "checkpoint": "org/lora@v1",
        "revision": "a" * 40,
        "base": f"org/base@{'b' * 40}",
    }
    assert isinstance(checkpoint, Checkpoint) and checkpoint.folder.is_dir()


def test_the_base_is_named_in_the_manifest(
    tiny_checkpoint: Path, adapter: Path, tmp_path: Path
) -> None:
    from clean_bench.engines.open import open_engine
    from clean_bench.problems import Problem, ProblemSet
    from clean_bench.scoring.config import ScoreConfig
    from clean_bench.scoring.run import score

    checkpoint = resolve_checkpoint(str(adapter))
    problems = ProblemSet("p", [Problem("1", "1+1?", "2")])
    config = ScoreConfig(templates=("raw",), max_tokens=4)
    score(open_engine(checkpoint), [problems], tmp_path / "S", config, checkpoint=checkpoint)
    artifact = Artifact.load(tmp_path / "S", "scores")
    assert artifact.manifest["provenance"]["base"] == str(tiny_checkpoint)
    assert artifact.config["weights_sha256"] == checkpoint.weights_sha256


def edit(folder: Path, **settings: Any) -> None:
    path = folder / "adapter_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **settings}))


def drop_tensor(folder: Path) -> None:
    tensors = load_file(folder / "adapter_model.safetensors")
    del tensors[min(tensors)]
    save_file(tensors, folder / "adapter_model.safetensors")


def rename_tensor(folder: Path) -> None:
    tensors = load_file(folder / "adapter_model.safetensors")
    name = min(tensors)
    tensors[name.replace("layers.0", "layers.7")] = tensors.pop(name)
    save_file(tensors, folder / "adapter_model.safetensors")


def reshape_tensor(folder: Path) -> None:
    tensors = load_file(folder / "adapter_model.safetensors")
    tensors[min(tensors)] = torch.zeros(4, 5)
    save_file(tensors, folder / "adapter_model.safetensors")


def only_bin(folder: Path) -> None:
    (folder / "adapter_model.safetensors").rename(folder / "adapter_model.bin")


def whole_model_beside(folder: Path) -> None:
    (folder / "config.json").write_text("{}")
    save_file({"x": torch.zeros(1)}, folder / "model.safetensors")


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda f: edit(f, base_model_name_or_path=None), "names its base, got none"),
        (
            lambda f: edit(f, base_model_name_or_path="/gone"),
            r"/gone, cannot be used: .*adapter_config",
        ),
        (lambda f: edit(f, base_model_name_or_path=str(f)), "got one that is its own base"),
        (lambda f: edit(f, target_modules=["nothing"]), "does not fit its base .*nothing"),
        (lambda f: edit(f, peft_type="NEW_KIND"), "does not fit its base"),
        (lambda f: (f / "adapter_config.json").write_text("[1"), "expected the configuration"),
        (
            lambda f: (f / "adapter_model.safetensors").write_text("x"),
            "expected a safetensors file",
        ),
        (lambda f: (f / "adapter_model.safetensors").unlink(), "got no weights"),
        (only_bin, r"got adapter_model\.bin; save it again"),
        (drop_tensor, "it lacks 1 tensors, such as"),
        (rename_tensor, "it holds 1 tensors for modules that the base lacks"),
        (reshape_tensor, "does not fit its base .*size mismatch"),
        (whole_model_beside, "expected a checkpoint or an adapter, got both"),
    ],
)
def test_adapters_that_cannot_be_merged(
    adapter: Path, cache: Path, damage: Any, message: str
) -> None:
    damage(adapter)
    with pytest.raises(UserError, match=message) as caught:
        resolve_checkpoint(str(adapter))
    assert "\n" not in str(caught.value) and str(adapter) in str(caught.value)
    assert not [path for path in cache.glob("merged/*") if path.is_dir()]


def test_a_prompt_adapter_is_refused(tiny_checkpoint: Path, tmp_path: Path) -> None:
    config = peft.PromptTuningConfig(task_type="CAUSAL_LM", num_virtual_tokens=3)
    peft.get_peft_model(load(tiny_checkpoint), config).save_pretrained(str(tmp_path / "prompt"))
    with pytest.raises(UserError, match="can be merged, such as LoRA, got PROMPT_TUNING"):
        resolve_checkpoint(str(tmp_path / "prompt"))


def test_a_merge_that_is_not_exact_is_refused(
    adapter: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(merging, "_merge", lambda adapted, name: adapted.unload())
    with pytest.raises(UserError, match="expected the same logits from the merged copy"):
        resolve_checkpoint(str(adapter))
