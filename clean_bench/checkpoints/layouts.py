"""Folders that hold no checkpoint themselves: what they hold, and what to do with it.

Output folders of trainers hold checkpoints: `checkpoint-500` (TRL, transformers),
`global_step_50/actor/huggingface` (verl), `checkpoint` (clean-bench train). Shards of verl, Megatron,
DeepSpeed and FSDP have to be merged by the tool that wrote them. Other formats have to be converted.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from clean_bench.checkpoints.adapters import is_adapter
from clean_bench.checkpoints.weight_files import has_weights, is_whole, loaded_files
from clean_bench.errors import UserError

_DEPTH = 4
_MOST_FOLDERS = 5000
_MOST_LISTED = 12
_SHARDS = re.compile(r"model_world_size_\d+_rank_\d+\.pt")
_SKIPPED = ("dist_ckpt", "critic")
"""Shards of a folder that is recognized, and verl's value model, which writes no text."""
_TEXT = re.compile(r"(\d+)")


def check_layout(folder: Path, name: str) -> None:
    """Raise `UserError` if a folder holds neither a checkpoint nor an adapter, as far as is visible.

    Args:
        name: what the user typed.
    """
    configured = (folder / "config.json").is_file()
    if is_adapter(folder):
        if configured and has_weights(folder):
            raise UserError(
                f"{name}: expected a checkpoint or an adapter, got both (model*.safetensors and "
                "adapter_config.json); move the files of one into another folder"
            )
        return
    if configured and has_weights(folder):
        loaded_files(folder, name)
        return
    contents = _search(folder)
    if contents.checkpoints or contents.shards:
        raise UserError(f"{name}: {_explained(contents)}")
    other = _other_format(folder, name)
    if other is not None:
        raise UserError(other)
    if not configured:
        raise UserError(f"{name}: expected a checkpoint folder, got one without config.json")


def refuse_file(path: Path, name: str) -> None:
    """Raise `UserError` for a file that was given in place of a checkpoint folder."""
    if path.suffix.lower() == ".gguf":
        raise UserError(_gguf(name, str(path.parent), path.name))
    raise UserError(
        f"{name}: expected a checkpoint folder, got a file; name the folder that holds it with its "
        "config.json and tokenizer"
    )


@dataclass(frozen=True)
class Contents:
    """Checkpoints inside a folder, and folders of shards with the command that merges each."""

    checkpoints: list[Path] = field(default_factory=list)
    shards: list[tuple[Path, str]] = field(default_factory=list)


def _search(folder: Path) -> Contents:
    """The contents of a folder; those of `actor/` for its `huggingface/` without weights (verl)."""
    contents = Contents()
    for path, names in _walk(folder.parent if folder.name == "huggingface" else folder):
        if is_adapter(path) or is_whole(path):
            contents.checkpoints.append(path)
        elif (command := _merge_command(path, names)) is not None:
            contents.shards.append((path, command))
    # verl can write the whole model beside its shards.
    contents.shards[:] = [
        (path, command)
        for path, command in contents.shards
        if not any(inside.is_relative_to(path) for inside in contents.checkpoints)
    ]
    contents.checkpoints.sort(key=lambda path: _by_number(str(path)))
    contents.shards.sort(key=lambda entry: _by_number(str(entry[0])))
    return contents


def _walk(folder: Path) -> Iterator[tuple[Path, Sequence[str]]]:
    """Folders and the names in them, not those inside a checkpoint; at most `_MOST_FOLDERS`."""
    for number, (parent, folders, files) in enumerate(os.walk(folder)):
        path = Path(parent)
        yield path, [*folders, *files]
        deep = len(path.relative_to(folder).parts) >= _DEPTH
        if deep or number >= _MOST_FOLDERS or is_adapter(path) or is_whole(path):
            folders.clear()
        folders[:] = [name for name in folders if not name.startswith(".") and name not in _SKIPPED]
        if number >= _MOST_FOLDERS:
            return


def _by_number(text: str) -> list[tuple[int, str]]:
    """A sort key by which checkpoint-500 is before checkpoint-1000."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in _TEXT.split(text)]


def _merge_command(folder: Path, names: Sequence[str]) -> str | None:
    """The command that makes a checkpoint of the shards in a folder; None without shards."""
    if any(map(_SHARDS.fullmatch, names)):
        return _verl("fsdp", folder)
    if "dist_ckpt" in names:
        return _verl("megatron", folder)
    if "zero_to_fp32.py" in names:
        return f"python {folder}/zero_to_fp32.py {folder} NEW_FOLDER --safe_serialization"
    if any(name.endswith(".distcp") for name in names):
        return f"accelerate merge-weights {folder} NEW_FOLDER"
    return None


def _verl(backend: str, folder: Path) -> str:
    return (
        f"python -m verl.model_merger merge --backend {backend} --local_dir {folder} --target_dir "
        "NEW_FOLDER"
    )


def _explained(contents: Contents) -> str:
    parts = []
    if contents.checkpoints:
        names = list(map(str, contents.checkpoints))
        if len(names) > _MOST_LISTED:
            left_out = len(names) - _MOST_LISTED
            names = [*names[:2], f"... {left_out} more ...", *names[2 - _MOST_LISTED :]]
        parts.append(f"it holds checkpoints inside; name one of {', '.join(names)}")
    if contents.shards:
        folder, command = contents.shards[-1]
        parts.append(f"{folder} holds shards of a training run; merge them first: {command}")
    return f"expected a checkpoint folder; {'; '.join(parts)}"


def _other_format(folder: Path, name: str) -> str | None:
    """What to do with weights that are not read; None if there are none."""
    for file in sorted(folder.glob("*.gguf")):
        return _gguf(name, name, file.name)
    if any(folder.glob("pytorch_model*.bin")):
        return (
            f"{name}: expected safetensors, got pytorch_model.bin, which can run code when it is "
            f"loaded; if you trust it, convert it: AutoModelForCausalLM.from_pretrained({name!r})"
            ".save_pretrained(NEW_FOLDER), and AutoTokenizer likewise"
        )
    if any(folder.glob("consolidated*")):
        return (
            f"{name}: expected model*.safetensors, got consolidated weights in their publisher's own "
            "format; take the files for transformers of the same model"
        )
    return None


def _gguf(name: str, folder: str, file: str) -> str:
    return (
        f"{name}: expected safetensors, got GGUF, a quantized format of llama.cpp; take the original "
        f"checkpoint, or dequantize it: AutoModelForCausalLM.from_pretrained({folder!r}, "
        f"gguf_file={file!r}), then save a copy (docs/checkpoints.md)"
    )
