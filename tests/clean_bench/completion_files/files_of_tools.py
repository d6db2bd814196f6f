"""Small files as other tools write them, field by field (versions in the modules of the formats).

Every file holds the same four completions of two problems: "1 + 2" with gold 3, right and wrong, and
"one half of 5" with gold 5/2, right and without an answer.
"""

from __future__ import annotations

import gzip
import json
import struct
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

PROBLEMS = ("What is 1 + 2?", "What is one half of 5?")
GOLDS = ("3", "\\frac{5}{2}")
RESPONSES = (
    ("so \\boxed{3}", "so \\boxed{4}"),
    ("it is \\boxed{2.5}", "I give up here, sorry about it"),
)
GRADES = (("equal", "different"), ("equal", "no answer"))
ACCURACY = 0.5


def write_lines(path: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
    text = "".join(json.dumps(row) + "\n" for row in rows)
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text)
    return path


def write_parquet(path: Path, rows: list[dict[str, Any]]) -> Path:
    pq.write_table(pa.Table.from_pylist(rows), path)
    return path


def lm_eval(folder: Path) -> Path:
    """Two repeats per problem, and two filters, each with rows of its own."""
    rows = []
    for filter_name in ("strict-match", "flexible-extract"):
        for number, (problem, gold, responses) in enumerate(
            zip(PROBLEMS, GOLDS, RESPONSES, strict=True)
        ):
            rows.append(
                {
                    "doc_id": number,
                    "doc": {"question": problem, "answer": f"We compute.\n#### {gold}"},
                    "target": f"We compute.\n#### {gold}",
                    "arguments": {
                        "gen_args_0": {
                            "arg_0": f"Question: {problem}\nAnswer:",
                            "arg_1": {"until": ["</s>"], "do_sample": True, "temperature": 0.6},
                        }
                    },
                    "resps": [list(responses)],
                    "filtered_resps": ["[invalid]"],
                    "filter": filter_name,
                    "metrics": ["exact_match"],
                    "doc_hash": f"doc{number}",
                    "prompt_hash": f"prompt{number}",
                    "target_hash": f"target{number}",
                    "exact_match": 0.0,
                }
            )
    model = folder / "org__model"
    model.mkdir()
    return write_lines(model / "samples_gsm8k_2026-01-02T03-04-05.678901.jsonl", rows)


def lighteval(folder: Path) -> Path:
    rows = [
        {
            "doc": {
                "query": problem,
                "choices": [f"The solution ends with $\\boxed{{{gold}}}$."],
                "gold_index": 0,
                "id": str(number),
                "task_name": "lighteval|math_500|0",
                "num_samples": 2,
            },
            "metric": {"extractive_match": 1.0},
            "model_response": {
                "input": f"<|user|>{problem}",
                "input_tokens": [1, 2, 3],
                "text": list(responses),
                "output_tokens": [[4, 5], [6]],
            },
        }
        for number, (problem, gold, responses) in enumerate(
            zip(PROBLEMS, GOLDS, RESPONSES, strict=True)
        )
    ]
    return write_parquet(
        folder / "details_lighteval|math_500|0_2026-01-02T03-04-05.678901.parquet", rows
    )


def lighteval_old(folder: Path) -> Path:
    rows = [
        {
            "example": problem,
            "full_prompt": problem,
            "gold": str([gold]),
            "predictions": str(list(responses)),
            "instruction": "",
            "metrics": {"em": 1.0},
        }
        for problem, gold, responses in zip(PROBLEMS, GOLDS, RESPONSES, strict=True)
    ]
    return write_parquet(
        folder / "details_custom|math_500|0|0_2024-01-02T03-04-05.678901.parquet", rows
    )


def _inspect_samples() -> list[dict[str, Any]]:
    return [
        {
            "id": f"p{number}",
            "epoch": epoch + 1,
            "input": problem,
            "target": [gold],
            "messages": [{"role": "user", "content": problem}],
            "output": {
                "model": "org/model",
                "choices": [
                    {
                        "message": {
                            "role": "assistant",
                            "content": [
                                {"type": "reasoning", "reasoning": "hm, 77?"},
                                {"type": "text", "text": responses[epoch]},
                            ],
                        },
                        "stop_reason": "stop" if number else "max_tokens",
                    }
                ],
            },
            "scores": {"math": {"value": "C"}},
            "metadata": {"level": 3},
            "events": [{"event": "model"}],
        }
        for epoch in range(2)
        for number, (problem, gold, responses) in enumerate(
            zip(PROBLEMS, GOLDS, RESPONSES, strict=True)
        )
    ]


def _inspect_head() -> dict[str, Any]:
    return {
        "version": 2,
        "status": "success",
        "eval": {
            "task": "math",
            "model": "org/model",
            "created": "2026-01-02T03:04:05+00:00",
            "model_generate_config": {"temperature": 0.6},
        },
        "plan": {"name": "plan", "steps": [], "config": {}},
    }


def inspect_json(folder: Path) -> Path:
    path = folder / "2026-01-02T03-04-05-00-00_math_abc.json"
    path.write_text(json.dumps({**_inspect_head(), "samples": _inspect_samples()}, indent=2))
    return path


def inspect_eval(folder: Path) -> Path:
    path = folder / "2026-01-02T03-04-05-00-00_math_abc.eval"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("_journal/start.json", json.dumps(_inspect_head()))
        for sample in _inspect_samples():
            name = f"samples/{sample['id']}_epoch_{sample['epoch']}.json"
            archive.writestr(name, json.dumps(sample))
        archive.writestr("header.json", json.dumps(_inspect_head()))
    return path


def inspect_zstd(folder: Path) -> Path:
    """An archive with zstd, as inspect_ai writes it today. `zipfile` cannot, so it is put together."""
    members = {"_journal/start.json": json.dumps(_inspect_head())}
    for sample in _inspect_samples():
        members[f"samples/{sample['id']}_epoch_{sample['epoch']}.json"] = json.dumps(sample)
    members["header.json"] = json.dumps(_inspect_head())
    path = folder / "2026-01-02T03-04-05-00-00_math_abc.eval"
    path.write_bytes(zstd_archive({name: text.encode() for name, text in members.items()}))
    return path


def zstd_archive(members: Mapping[str, bytes]) -> bytes:
    """A zip archive of method 93 (APPNOTE 6.3.10, sections 4.3.7, 4.3.12 and 4.3.16)."""
    files, directory = b"", b""
    for name, content in members.items():
        data = pa.compress(content, codec="zstd", asbytes=True)
        common = struct.pack(
            "<HHHHHIIIHH",
            63,
            0,
            93,
            0,
            33,
            zlib.crc32(content),
            len(data),
            len(content),
            len(name),
            0,
        )
        tail = struct.pack("<HHHII", 0, 0, 0, 0, len(files))
        directory += b"PK\x01\x02\x3f\x00" + common + tail + name.encode()
        files += b"PK\x03\x04" + common + name.encode() + data
    end = (len(members), len(members), len(directory), len(files), 0)
    return files + directory + b"PK\x05\x06\x00\x00\x00\x00" + struct.pack("<HHIIH", *end)


def trl(folder: Path) -> Path:
    """Conversations, with the column `solution` that a reward function logged."""
    rows = [
        {
            "step": 100,
            "prompt": [{"role": "user", "content": problem}],
            "completion": [{"role": "assistant", "content": response}],
            "accuracy_reward": 1.0,
            "solution": f"$\\boxed{{{gold}}}$",
            "advantage": 0.5,
        }
        for problem, gold, responses in zip(PROBLEMS, GOLDS, RESPONSES, strict=True)
        for response in responses
    ]
    return write_parquet(folder / "completions_00100.parquet", rows)


def verl(folder: Path) -> Path:
    rows = [
        {
            "input": f"user\n{problem}\nassistant\n",
            "output": response,
            "gts": gold,
            "score": 1.0,
            "step": 7,
            "acc": True,
        }
        for problem, gold, responses in zip(PROBLEMS, GOLDS, RESPONSES, strict=True)
        for response in responses
    ]
    return write_lines(folder / "7.jsonl", rows)


def openai_batch(folder: Path) -> Path:
    """No gold answers and no problems: join by `custom_id`."""
    rows = [
        {
            "id": f"batch_req_{number}",
            "custom_id": f"p{number}",
            "response": {
                "status_code": 200,
                "request_id": "r",
                "body": {
                    "id": "c",
                    "object": "chat.completion",
                    "model": "gpt-x",
                    "choices": [
                        {
                            "index": index,
                            "message": {"role": "assistant", "content": response},
                            "finish_reason": "stop",
                        }
                        for index, response in enumerate(responses)
                    ],
                },
            },
            "error": None,
        }
        for number, responses in enumerate(RESPONSES)
    ]
    return write_lines(folder / "batch_output.jsonl", rows)


def problems_of_batch(folder: Path) -> Path:
    rows = [
        {"id": f"p{number}", "problem": problem, "answer": gold}
        for number, (problem, gold) in enumerate(zip(PROBLEMS, GOLDS, strict=True))
    ]
    return write_lines(folder / "problems.jsonl", rows)


def columns(folder: Path, suffix: str = ".jsonl.gz") -> Path:
    rows = [
        {"question": problem, "label": gold, "completion": response}
        for problem, gold, responses in zip(PROBLEMS, GOLDS, RESPONSES, strict=True)
        for response in responses
    ]
    return write_lines(folder / f"mine{suffix}", rows)


FORMATS = {
    "lm-eval": lm_eval,
    "lighteval": lighteval,
    "lighteval old": lighteval_old,
    "inspect-ai": inspect_json,
    "inspect-ai archive": inspect_eval,
    "inspect-ai zstd": inspect_zstd,
    "trl": trl,
    "verl": verl,
    "columns": columns,
}
"""The formats with gold answers in their files."""
