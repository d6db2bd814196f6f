"""`clean-bench grade`."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import click

from clean_bench.cli.common import emit, json_option
from clean_bench.errors import UserError


@click.command("grade")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), required=True, help="JSONL file to write.")
@json_option
def command(file: Path, out: Path, as_json: bool) -> None:
    """Grade a file of responses.

    FILE is JSONL with `gold` (or `answer`) and `response` in each row. OUT gets the same rows with
    `correct`, `verdict` (equal, different, no answer, timeout, crash) and `extracted`. An empty gold
    is an error, an empty response is 'no answer'.
    """
    from clean_bench.answers.grade import grade

    rows = _rows(file)
    verdicts = grade([(row["gold"], row["response"]) for row in rows])
    graded = [
        {**row, "correct": verdict.correct, "verdict": verdict.kind, "extracted": verdict.extracted}
        for row, verdict in zip(rows, verdicts, strict=True)
    ]
    temporary = out.with_name(f".partial-{out.name}")
    temporary.write_text("".join(json.dumps(row) + "\n" for row in graded))
    temporary.replace(out)
    counts = dict(sorted(Counter(verdict.kind for verdict in verdicts).items()))
    emit(
        as_json,
        {"out": str(out), "rows": len(rows), "verdicts": counts},
        f"{out}: {len(rows)} rows ({', '.join(f'{n} {kind}' for kind, n in counts.items())})",
    )


def _rows(file: Path) -> list[dict[str, Any]]:
    """The rows, each with a text `gold` and a text `response`.

    Raises:
        UserError: naming file and line.
    """
    found = []
    for number, line in enumerate(file.read_bytes().splitlines(), 1):
        if not line.strip():
            continue
        where = f"{file}:{number}"
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise UserError(f"{where}: not JSON ({error})") from None
        if not isinstance(row, dict):
            raise UserError(f"{where}: an object is wanted, with gold and response")
        gold, response = row.get("gold", row.get("answer")), row.get("response")
        if not isinstance(gold, str) or not gold.strip():
            raise UserError(f"{where}: the row has no gold answer (a text under 'gold')")
        if not isinstance(response, str):
            raise UserError(f"{where}: the row has no response (a text under 'response')")
        found.append({**row, "gold": gold, "response": response})
    if not found:
        raise UserError(f"{file}: holds no rows")
    return found
