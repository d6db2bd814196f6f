"""Check an artifact: its bytes against its manifest, then its numbers against its rows.

The first part is the same for every kind. The second is a `Check` per kind, handed in by the roof:
it recomputes what the folder claims from what the folder stores.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from clean_bench.artifacts import manifest as manifests
from clean_bench.artifacts.artifact import Artifact, inventory
from clean_bench.errors import UserError


@dataclass(frozen=True)
class Failure:
    """One thing that does not hold: where (file, row or key) and what."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


Check = Callable[[Artifact], Iterable[Failure]]


def verify(folder: str | Path, checks: Mapping[str, Check]) -> list[Failure]:
    """Every failure of the artifact in `folder` and of those inside it.

    The kind's check runs only on a folder whose bytes hold: numbers recomputed from damaged rows
    would say nothing.

    Raises:
        UserError: if the folder holds no artifact at all.
    """
    folder = Path(folder)
    path = folder / manifests.NAME
    if not path.is_file():
        raise UserError(f"{folder} holds no clean-bench artifact (no {manifests.NAME})")
    failures = list(_structure(folder))
    if failures:
        return failures
    artifact = Artifact.load(folder)
    check = checks.get(artifact.kind)
    if check is None:
        return [Failure(manifests.NAME, f"no way to check the kind {artifact.kind!r}")]
    try:
        failures = list(check(artifact))
    # Whatever a sealed but ill-fitting folder makes a check raise, the folder does not hold.
    except Exception as error:
        what = f"cannot be recomputed ({type(error).__name__}: {error})"
        failures = [Failure(manifests.NAME, " ".join(what.split()))]
    for name in sorted(artifact.manifest["parts"]):
        failures += [
            Failure(f"{name}/{failure.where}", failure.what)
            for failure in verify(folder / name, checks)
        ]
    return failures


def _structure(folder: Path) -> Iterable[Failure]:
    data = (folder / manifests.NAME).read_bytes()
    try:
        manifest = json.loads(data)
        if manifest["format"] != manifests.FORMAT:
            yield Failure(
                manifests.NAME,
                f"is of format {manifest['format']}, and this version reads {manifests.FORMAT}",
            )
            return
        sealed = manifests.seal(manifest)
        same = manifests.text_of(sealed) == data
        state = manifest["state"]
        recorded, parts = manifest.get("files", {}), manifest.get("parts", {})
        tables = manifest.get("tables", {})
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        yield Failure(manifests.NAME, f"is damaged ({type(error).__name__})")
        return
    if not same:
        yield Failure(manifests.NAME, "was edited: its hash or its form does not hold")
        return
    if state != "finished":
        yield Failure(manifests.NAME, "the artifact was not finished")
        return
    files, found_parts = inventory(folder)
    yield from _differences(recorded, files)
    yield from _differences(parts, found_parts)
    changed = {name for name in {*recorded, *files} if files.get(name) != recorded.get(name)}
    damaged = {name.split("/")[0] for name in changed}
    artifact = Artifact(folder, manifest)
    for name, table in tables.items():
        if name in damaged:
            continue
        try:
            same = manifests.content_sha256(artifact.tables(name)) == table["content_sha256"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            yield Failure(name, f"cannot be read ({type(error).__name__})")
            continue
        if not same:
            yield Failure(name, "its rows are not those that the manifest names")


def _differences(recorded: Mapping[str, object], found: Mapping[str, object]) -> Iterable[Failure]:
    for name in sorted({*recorded, *found}):
        if name not in found:
            yield Failure(name, "is missing")
        elif name not in recorded:
            yield Failure(name, "is not part of the artifact")
        elif recorded[name] != found[name]:
            yield Failure(name, "its bytes are not those that the manifest names")
