"""Check that stored token ids are those of the stored text, where the checkpoint's tokenizer is at hand.

It is at hand in the folder of a training run, in the run that a measurement is part of, and for the
control models that ship with the package. No weights are read: their recorded hashes must be equal.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from clean_bench.artifacts import Artifact, Failure
from clean_bench.errors import UserError
from clean_bench.organisms.shipped import organism_folder, organism_names
from clean_bench.probing.tests import forced_start
from clean_bench.prompts import TEMPLATES
from clean_bench.samples import has_tokens

TABLES = {"scores": "samples", "probe": "samples", "training": "rollouts", "labels": "samples"}
_FILE = "tokenizer.json"
_LARGEST = 200 << 20
_COLUMNS = (
    "set", "problem_id", "template", "finish", "prompt", "prompt_ids", "response", "token_ids"
)  # fmt: skip
_MOST = 20
_MOST_SPECIAL = 4
"""Special tokens that a tokenizer may put around a prompt, such as one for the beginning of a text."""


def check_tokens(artifact: Artifact) -> Iterator[Failure]:
    """Rows whose token ids are no tokens, or are of another text than the response or the prompt."""
    tokenizer = tokenizer_at_hand(artifact)
    if tokenizer is None:
        return
    forced_by = _forced_by(artifact)
    stops = _stops(artifact.config)
    failures = row = 0
    prompts = _Prompts(tokenizer)
    for table in artifact.tables(TABLES[artifact.kind], _COLUMNS):
        rows = table.to_pylist()
        texts = _decoded(tokenizer, [entry["token_ids"] for entry in rows])
        for entry, decoded in zip(rows, texts, strict=True):
            forced = forced_by(entry["template"])
            response, what = entry["response"].removeprefix(forced), ""
            if entry["token_ids"] and not _fits(response, decoded, stops):
                got = "no text: an id is none of the tokenizer" if not decoded else repr(decoded[0])
                what = f"its token ids decode to {got[:80]}, not to the response"
            elif not prompts.fits(entry, forced):
                what = "its prompt ids are not the tokens of its prompt"
            if what:
                where = f"{TABLES[artifact.kind]} row {row} ({entry['set']}/{entry['problem_id']})"
                yield Failure(where, what)
                failures += 1
                if failures == _MOST:
                    return
            row += 1


def _forced_by(artifact: Artifact) -> Callable[[str], str]:
    """The text with which the responses under a template begin, and which has no token ids of its own.

    In a probe it belongs to the test whose completions they are, else to the configuration.
    """
    if artifact.kind == "probe":
        return cache(forced_start)
    forced = str(artifact.config.get("force_start") or "")
    return lambda template: forced


class _Prompts:
    """The tokens of prompts, each encoded once: most rows share their prompt with others."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        added = tokenizer.get_added_tokens_decoder()
        self._special = {index for index, token in added.items() if token.special}
        self._encoded: dict[str, list[int]] = {}

    def fits(self, entry: Mapping[str, Any], forced: str) -> bool:
        """Whether stored ids are those of the prompt, with special tokens around it or without.

        A prompt that left no room for an answer may have none.
        """
        ids, text = list(entry["prompt_ids"]), entry["prompt"] + forced
        if not ids:
            return bool(entry["finish"] == "overlong" or not text)
        if text not in self._encoded:
            self._encoded[text] = self._tokenizer.encode(text, add_special_tokens=False).ids
        expected = self._encoded[text]
        more = len(ids) - len(expected)
        return any(
            ids[before : before + len(expected)] == expected
            and self._special.issuperset((*ids[:before], *ids[before + len(expected) :]))
            for before in (range(more + 1) if more <= _MOST_SPECIAL else ())
        )


def tokenizer_at_hand(artifact: Artifact) -> Any:
    """The tokenizer of the checkpoint that wrote the samples; None where it is not at hand."""
    if artifact.kind not in TABLES or not has_tokens(artifact.config):
        return None
    folder = _checkpoint(artifact)
    path = folder / _FILE if folder is not None else None
    if path is None or path.is_symlink() or not path.is_file() or path.stat().st_size > _LARGEST:
        return None
    try:
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(path))
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return tokenizer
    except Exception:  # the library raises plain exceptions for a damaged file
        return None


def _checkpoint(artifact: Artifact) -> Path | None:
    if artifact.kind == "training":
        return artifact.folder / "checkpoint"
    weights = artifact.config["weights_sha256"]
    for name in organism_names():
        folder = organism_folder(name)
        if Artifact.load(folder).metadata.get("weights_sha256") == weights:
            return folder / "checkpoint"
    for outer in list(artifact.folder.parents)[:3]:
        for path in sorted(outer.glob("arms/*/manifest.json")):
            try:
                arm = Artifact.load(path.parent, "training")
            except (UserError, OSError, json.JSONDecodeError):
                continue
            known = (arm.metadata.get("weights_sha256"), arm.config.get("base_weights_sha256"))
            if weights in known:
                return arm.folder / "checkpoint"
    return None


def _stops(config: Mapping[str, Any]) -> tuple[str, ...]:
    """Every text after which a completion may have been cut."""
    templates = [template.stop for template in TEMPLATES.values()]
    own = [entry.get("stop") or () for entry in (config.get("definitions") or {}).values()]
    return tuple({*(config.get("stop") or ()), *(s for stop in (*templates, *own) for s in stop)})


def _decoded(tokenizer: Any, ids: Sequence[Sequence[int]]) -> list[tuple[str, ...]]:
    """The texts of each list of ids, with and without its last one (an end token); none where an id is
    none of the tokenizer."""
    size = tokenizer.get_vocab_size(with_added_tokens=True)
    known = [list(of_row) if all(0 <= i < size for i in of_row) else [] for of_row in ids]
    whole = tokenizer.decode_batch(known, skip_special_tokens=True)
    cut = tokenizer.decode_batch([of_row[:-1] for of_row in known], skip_special_tokens=True)
    return [
        (first, second) if of_row else ()
        for of_row, first, second in zip(known, whole, cut, strict=True)
    ]


def _fits(response: str, decoded: Sequence[str], stops: Sequence[str]) -> bool:
    """Whether a response is a decoded text, or the beginning of one up to a stop text."""
    return any(
        response == text or (text.startswith(response) and response.endswith(tuple(stops)))
        for text in map(_storable, decoded)
    )


def _storable(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")
