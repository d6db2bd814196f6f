"""The version check of exports that call clean-bench where they run."""

from __future__ import annotations

from clean_bench import __version__


def check_version(made_by: str) -> None:
    """Raise `RuntimeError` unless the installed version of clean-bench made the export.

    Grades and rewards of another version may differ.
    """
    if made_by != __version__:
        raise RuntimeError(
            f"this export was made by clean-bench {made_by}, and {__version__} is installed: install "
            f"clean-bench {made_by} on every machine, or export again"
        )
