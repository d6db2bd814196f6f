"""Files of an export appear whole or not at all, and never in the place of anything else."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from clean_bench.errors import UserError

_IGNORED = "__pycache__"
"""What Python leaves in an export that was used, and what is no part of it."""


def write_file(out: Path, data: bytes) -> bool:
    """Write one file; False where the same bytes are already there.

    Raises:
        UserError: if there is a folder, or a file that is neither empty nor the same.
    """
    if out.is_dir():
        raise UserError(f"{out} is a folder, and a file is wanted")
    if out.exists() and out.stat().st_size:
        if out.read_bytes() == data:
            return False
        raise UserError(f"{out} is there already and holds something else: choose another file")
    temporary = _beside(out)
    temporary.write_bytes(data)
    temporary.replace(out)
    return True


def write_folder(out: Path, files: Mapping[str, bytes]) -> bool:
    """Write a folder of files (names with `/` lie in folders); False where the same are there.

    Raises:
        UserError: if there is a file, or a folder that is neither empty nor the same.
    """
    if out.exists() and not out.is_dir():
        raise UserError(f"{out} is a file, and a folder is wanted")
    if out.exists() and any(out.iterdir()):
        if _content(out) == dict(files):
            return False
        raise UserError(f"{out} is not empty and holds something else: choose another folder")
    temporary = _beside(out)
    for name, data in files.items():
        path = temporary / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    temporary.replace(out)
    return True


def _beside(out: Path) -> Path:
    """A temporary path beside `out`, cleared of what a killed export left there."""
    out = out.resolve()
    out.parent.mkdir(parents=True, exist_ok=True)
    temporary = out.with_name(f".partial-{out.name}")
    if temporary.is_dir():
        shutil.rmtree(temporary)
    else:
        temporary.unlink(missing_ok=True)
    return temporary


def _content(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and _IGNORED not in path.parts
    }
