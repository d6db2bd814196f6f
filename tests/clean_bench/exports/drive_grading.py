"""Grade with the code of an exported set, in a process of its own.

    python drive_grading.py FILE < CASES.json > GRADES.json

FILE is the `utils.py` of an lm-eval task or the `scoring.py` of a verifiers environment. CASES is a list
of pairs of a gold answer and a response. Prints the grades, 1 or 0, the file of clean_bench, if it was
imported, and whether torch was.
"""

from __future__ import annotations

import importlib.util
import json
import sys


def main(path: str) -> None:
    spec = importlib.util.spec_from_file_location("exported", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    grades = [grade(module, gold, response) for gold, response in json.load(sys.stdin)]
    clean_bench = getattr(sys.modules.get("clean_bench"), "__file__", None)
    print(json.dumps({"grades": grades, "from": clean_bench, "torch": "torch" in sys.modules}))


def grade(module, gold: str, response: str) -> float:
    if hasattr(module, "process_results"):
        return module.process_results({"answer": gold}, [response])["exact_match"]
    return float(module.correct(gold, response))


if __name__ == "__main__":
    main(*sys.argv[1:])
