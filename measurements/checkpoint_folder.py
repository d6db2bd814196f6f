"""The folder of a checkpoint as an argument of a measurement."""

from __future__ import annotations

import argparse
from pathlib import Path


def checkpoint_folder(text: str) -> Path:
    """The folder, for `type=` of an argument.

    Raises:
        argparse.ArgumentTypeError: for a path that is no folder of a checkpoint.
    """
    folder = Path(text)
    if not (folder / "config.json").exists():
        raise argparse.ArgumentTypeError(f"expected a folder with config.json, got {text}")
    return folder
