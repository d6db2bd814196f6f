"""Verify an artifact: its bytes against its manifest, then its numbers against its rows.

The first step is the same for every kind. The second is one `Check` per kind, passed in by the caller:
it recomputes the reported numbers from the stored rows. One `ScopeOf` per kind states what that covers,
and what no check of a folder can prove.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from clean_bench.artifacts import manifest as manifests
from clean_bench.artifacts.artifact import Artifact
from clean_bench.artifacts.atomic_files import NOT_PLAIN, STATE, inventory
from clean_bench.artifacts.manifest_fields import wrong_fields
from clean_bench.errors import UserError
from clean_bench.extras import MissingPackage
from clean_bench.foreign_files.json_text import decode_json
from clean_bench.foreign_files.regular_file import read_regular
from clean_bench.progress import phase


@dataclass(frozen=True)
class Failure:
    """One failed check: `where` is a file, row or key, `what` the difference."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


Check = Callable[[Artifact], Iterable[Failure]]


@dataclass(frozen=True)
class Scope:
    """What the check of an artifact covers.

    `checked` counts what was recomputed, by a phrase such as "completions graded again". `not_checked`
    lists what cannot be proven from this artifact, as phrases such as "who wrote the completions". Equal
    phrases of several parts are printed once, so they name no part. `alone` are further phrases of an
    artifact that is no part of another one, whose check would cover them.
    """

    checked: Mapping[str, int] = field(default_factory=dict)
    not_checked: tuple[str, ...] = ()
    alone: tuple[str, ...] = ()


ScopeOf = Callable[[Artifact], Scope]


@dataclass(frozen=True)
class Verification:
    """The failures of an artifact and of the artifacts inside it, and the scope of their checks."""

    failures: tuple[Failure, ...]
    checked: Mapping[str, int]
    not_checked: tuple[str, ...]


def verify(folder: str | Path, checks: Mapping[str, Check]) -> list[Failure]:
    """The failures alone of `verification`."""
    return list(verification(folder, checks).failures)


def verification(
    folder: str | Path,
    checks: Mapping[str, Check],
    scopes: Mapping[str, ScopeOf] | None = None,
) -> Verification:
    """All failures of the artifact in `folder` and of the artifacts inside it.

    The check of the kind runs only if all bytes match the manifest: numbers recomputed from damaged
    rows are meaningless.

    Args:
        checks, scopes: by kind; a kind without a scope adds nothing to it.

    Raises:
        UserError: if the folder holds no artifact, or the check needs a package that is not installed.
    """
    folder = Path(folder)
    path = folder / manifests.NAME
    if not path.is_file():
        raise UserError(f"{folder} holds no clean-bench artifact (no {manifests.NAME})")
    checker = _Checker(checks, scopes or {})
    with phase(f"verifying {folder}"):
        failures = checker.failures(folder)
    return Verification(tuple(failures), dict(checker.checked), tuple(checker.not_checked))


class _Checker:
    """Checks artifacts one after the other, and collects the scope of their checks."""

    def __init__(self, checks: Mapping[str, Check], scopes: Mapping[str, ScopeOf]) -> None:
        self._checks, self._scopes = checks, scopes
        self.checked: Counter[str] = Counter()
        self.not_checked: dict[str, None] = {}

    def failures(self, folder: Path, *, part: bool = False) -> list[Failure]:
        """The failures of the artifact in a folder and of its parts.

        Args:
            part: whether the artifact is a part of another one.
        """
        failures = list(_structure(folder))
        if failures:
            return failures
        try:
            artifact = Artifact.load(folder)
        except UserError as error:
            return [Failure(manifests.NAME, f"is damaged ({error})")]
        check = self._checks.get(artifact.kind)
        if check is None:
            what = f"no check is registered for the kind {artifact.kind!r}"
            return [Failure(manifests.NAME, what)]
        try:
            failures = list(check(artifact))
            self._add_scope(artifact, part)
        except MissingPackage:
            raise
        # A check may raise anything on a forged folder with valid hashes. Any exception is a failure.
        except Exception as error:
            what = f"cannot be recomputed ({type(error).__name__}: {error})"
            failures = [Failure(manifests.NAME, " ".join(what.split()))]
        for name in sorted(artifact.manifest["parts"]):
            failures += [
                Failure(f"{name}/{failure.where}", failure.what)
                for failure in self._of_part(folder / name)
            ]
        return failures

    def _of_part(self, folder: Path) -> list[Failure]:
        with phase(f"verifying {folder}"):
            return self.failures(folder, part=True)

    def _add_scope(self, artifact: Artifact, part: bool) -> None:
        scope_of = self._scopes.get(artifact.kind)
        if scope_of is not None:
            scope = scope_of(artifact)
            self.checked.update(scope.checked)
            phrases = scope.not_checked if part else (*scope.not_checked, *scope.alone)
            self.not_checked |= dict.fromkeys(phrases)


def _structure(folder: Path) -> Iterable[Failure]:
    try:
        data = read_regular(folder / manifests.NAME, manifests.LARGEST)
        manifest = decode_json(data, manifests.NAME)
        if manifest["format"] != manifests.FORMAT:
            yield Failure(
                manifests.NAME,
                f"expected format {manifests.FORMAT}, got {manifest['format']}",
            )
            return
        sealed = manifests.seal(manifest)
        same = manifests.text_of(sealed) == data
        state = manifest["state"]
        recorded, parts = manifest.get("files", {}), manifest.get("parts", {})
        tables = manifest.get("tables", {})
    except (UserError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        reason = str(error) if isinstance(error, UserError) else type(error).__name__
        yield Failure(manifests.NAME, f"is damaged ({reason})")
        return
    if not same:
        yield Failure(manifests.NAME, "was edited: its hash or canonical form does not match")
        return
    if state != "finished":
        yield Failure(manifests.NAME, "the artifact was not finished")
        return
    try:
        # The types of everything that is read from here on.
        manifests.read_manifest(folder)
    except UserError as error:
        yield Failure(manifests.NAME, f"is damaged ({error})")
        return
    if (folder / STATE).exists():
        # No hash covers it: a training deletes it as its last act, and a kill may come before that.
        yield Failure(STATE, "is no file of a finished artifact, and no hash covers it: delete it")
    files, current_parts = inventory(folder)
    special = sorted(name for name, sha256 in files.items() if sha256 == NOT_PLAIN)
    for name in special:
        yield Failure(name, "expected a plain file, got a link or a special file")
    if special:
        return  # reading a pipe would wait forever
    wrong = [Failure(manifests.NAME, what) for what in wrong_fields(manifest)]
    if wrong:
        yield from wrong
        return
    yield from _differences(recorded, files)
    yield from _differences(parts, current_parts)
    changed = {name for name in {*recorded, *files} if files.get(name) != recorded.get(name)}
    damaged = {name.split("/")[0] for name in changed}
    artifact = Artifact(folder, manifest)
    for name, table in tables.items():
        if name in damaged:
            continue
        try:
            same = manifests.content_sha256(artifact.tables(name)) == table["content_sha256"]
        except (UserError, OSError, ValueError, KeyError, TypeError) as error:
            reason = str(error) if isinstance(error, UserError) else type(error).__name__
            yield Failure(name, f"cannot be read ({reason})")
            continue
        if not same:
            yield Failure(name, "its rows differ from their hash in the manifest")


def _differences(
    recorded: Mapping[str, object], current: Mapping[str, object]
) -> Iterable[Failure]:
    for name in sorted({*recorded, *current}):
        if name not in current:
            yield Failure(name, "is missing")
        elif name not in recorded:
            yield Failure(name, "is not part of the artifact")
        elif recorded[name] != current[name]:
            yield Failure(name, "its bytes differ from their hash in the manifest")
