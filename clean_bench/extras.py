"""Packages that only some commands need, and the extras that install them.

Grading, generation, overlap, export and verification need none of them. The command line turns the
failed import of one into one line that names its extra (`missing_package`); what loads a model checks
before anything is spent (`require`).
"""

from __future__ import annotations

from importlib.util import find_spec

from clean_bench.errors import UserError

EXTRAS = {
    "torch": "models",
    "transformers": "models",
    "safetensors": "models",
    "tokenizers": "models",
    "peft": "models",
    "accelerate": "models",
    "matplotlib": "report",
    "openai": "openai",
    "vllm": "vllm",
    "trl": "trl",
    "tensorboard": "tensorboard",
    "trackio": "trackio",
    "wandb": "wandb",
}
"""The extra of `pyproject.toml` that installs a package, by the name under which it is imported."""


class MissingPackage(UserError):
    """A package of an extra is not installed."""


def require(*packages: str, needed_by: str) -> None:
    """Raise `MissingPackage` if one of the packages, keys of `EXTRAS`, is not installed.

    Nothing is imported.

    Args:
        needed_by: what needs them, the head of the message, such as `--engine vllm`.
    """
    for package in packages:
        if find_spec(package) is None:
            raise MissingPackage(_message(package, needed_by))


def missing_package(error: ModuleNotFoundError, needed_by: str) -> MissingPackage | None:
    """The error for the user after a failed import; None for a package that no extra installs."""
    package = (error.name or "").partition(".")[0]
    if package not in EXTRAS or find_spec(package) is not None:
        return None
    return MissingPackage(_message(package, needed_by))


def _message(package: str, needed_by: str) -> str:
    return (
        f"{needed_by}: expected the package {package}, which is not installed; in the clone of "
        f"clean-bench run: pip install '.[{EXTRAS[package]}]'"
    )
