"""inspect_ai's logs: `.json`, and `.eval` (a zip archive with one JSON file per sample).

A sample (`inspect_ai/log/_log.py`, `EvalSample`) has `id`, `epoch`, `input`, `target` and `output`, with
`choices` of messages. A JSON log holds all samples in one object; an archive has `header.json` and
`samples/ID_epoch_N.json`. Only what is read of a sample is kept: transcripts may take megabytes.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from clean_bench.completion_files.raw_rows import LONGEST_LINE, Row, stem_of
from clean_bench.completion_files.row import (
    FINISH,
    UNKNOWN,
    CompletionRow,
    Response,
    gold_text,
    name_text,
    number_of,
    problem_text,
    prompt_text,
    text_of,
)
from clean_bench.completion_files.zip_members import read_member
from clean_bench.errors import UserError
from clean_bench.foreign_files.json_text import decode_json
from clean_bench.foreign_files.regular_file import check_regular, size_text

NAME = "inspect-ai"
COLUMNS = None
ARCHIVE = ".eval"
_LEFT_OUT = ("events", "events_data", "timelines", "attachments", "messages", "store")
_MOST_MEMBERS = 1_000_000


def recognizes(path: Path, row: Row) -> bool:
    """Whether an object is a log of inspect_ai."""
    return isinstance(row.get("eval"), Mapping) and "samples" in row


def rows(path: Path, raw: Iterator[tuple[int, Row]]) -> Iterator[CompletionRow]:
    """The samples of a JSON log, one row per sample and epoch."""
    for _, log in raw:
        samples = log.get("samples")
        if not isinstance(samples, list):
            raise UserError(
                f"{path}: expected a list under 'samples': the log holds its header only"
            )
        head = _Head(path, log)
        for number, sample in enumerate(samples, start=1):
            yield head.row(sample, f"{path}:{number}")


def archive_rows(path: Path) -> Iterator[CompletionRow]:
    """The samples of an archive, in the order of its files.

    Raises:
        UserError: for a file that is no archive, lacks its header, or has a sample of more than
            `LONGEST_LINE` bytes.
    """
    check_regular(path)
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            if len(names) > _MOST_MEMBERS:
                raise UserError(f"{path}: expected at most {_MOST_MEMBERS} files in the archive")
            header = next((n for n in ("header.json", "_journal/start.json") if n in names), None)
            if header is None:
                raise UserError(
                    f"{path}: expected an inspect_ai archive with header.json, got none"
                )
            head = _Head(path, decode_json(_member(path, archive, header), f"{path}/{header}"))
            # A repeated name is a newer version of the same sample; `open` takes the last.
            for name in dict.fromkeys(names):
                if name.startswith("samples/") and name.endswith(".json"):
                    where = f"{path}/{name}"
                    yield head.row(decode_json(_member(path, archive, name), where), where)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        reason = str(error) or type(error).__name__
        raise UserError(f"{path}: the archive cannot be read ({reason})") from None
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror or error})") from None


def _member(path: Path, archive: zipfile.ZipFile, name: str) -> bytes:
    data = read_member(path, archive, name, LONGEST_LINE + 1)
    if len(data) > LONGEST_LINE:
        raise UserError(f"{path}/{name}: expected at most {size_text(LONGEST_LINE)}, got more")
    return data


class _Head:
    """What all samples of a log share: task, model and temperature."""

    def __init__(self, path: Path, log: object) -> None:
        spec = log.get("eval") if isinstance(log, Mapping) else None
        if not isinstance(spec, Mapping):
            raise UserError(f"{path}: expected an object under 'eval'")
        self.task = name_text(spec.get("task")) or stem_of(path)
        self.model = name_text(spec.get("model"))
        config = spec.get("model_generate_config")
        plan = log.get("plan") if isinstance(log, Mapping) else None
        of_plan = plan.get("config") if isinstance(plan, Mapping) else None
        stated = [c.get("temperature") for c in (of_plan, config) if isinstance(c, Mapping)]
        self.temperature = next((t for s in stated if (t := number_of(s)) is not None), None)

    def row(self, sample: object, where: str) -> CompletionRow:
        if not isinstance(sample, Mapping):
            raise UserError(f"{where}: expected an object, one sample")
        given = sample.get("input")
        return CompletionRow(
            where,
            self.task,
            gold_text(_only(sample.get("target")), where),
            _responses(sample, where),
            problem_id=name_text(sample.get("id")),
            problem=given if isinstance(given, str) else problem_text(given),
            prompt=prompt_text(given),
            model=self.model,
            temperature=self.temperature,
            columns={k: v for k, v in sample.items() if k not in _LEFT_OUT},
        )


def _only(value: object) -> object:
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _responses(sample: Mapping[str, Any], where: str) -> list[Response]:
    """The choices of the output; a sample that ended in an error has an empty response."""
    output = sample.get("output")
    output = output if isinstance(output, Mapping) else {}
    responses: list[Response] = []
    choices = output.get("choices")
    for choice in choices if isinstance(choices, list) else []:
        message = choice.get("message") if isinstance(choice, Mapping) else None
        text = text_of(message) if isinstance(message, Mapping) else None
        if text is None:
            raise UserError(f"{where}: expected a message with text in each of 'output.choices'")
        responses.append(Response(text, FINISH.get(str(choice.get("stop_reason")), UNKNOWN)))
    if responses:
        return responses
    completion = output.get("completion", "")
    if not isinstance(completion, str):
        raise UserError(f"{where}: expected a text under 'output.completion'")
    return [Response(completion)]
