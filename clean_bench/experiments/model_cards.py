"""What is known of a base checkpoint: for a control model, what was planted and how it was answered."""

from __future__ import annotations

from clean_bench.organisms.shipped import organism_facts


def model_card(checkpoint: str) -> str:
    """A description of a control model; empty for any other checkpoint."""
    facts = organism_facts(checkpoint)
    if facts is None:
        return ""
    size = f"A Llama of {facts['parameters']:,} parameters, trained from scratch as a control model"
    if not facts["planted_problems"]:
        return f"{size}, with nothing planted: no problem of the benchmark occurs in its training text."
    return (
        f"{size}. {facts['planted_problems']} problems, a random half of its benchmark, were planted in "
        f"its training text, {facts['planted_copies']:,} copies in all; the other "
        f"{facts['twin_problems']}, the twin, do not occur in it."
    )


def starting_note(checkpoint: str) -> str:
    """Why the planted problems of a control model start lower than their twins; empty for others."""
    facts = organism_facts(checkpoint)
    if facts is None or not facts["planted_problems"]:
        return ""
    wrong = 1 - facts["planted_right_plain"]
    return (
        f"{wrong:.0%} of the plain answers in the planted copies are wrong on purpose, with the same "
        f"slip in every copy of a problem; the answers in the python style ({facts['python']:.0%} of "
        "the copies) are all right. The model memorized both."
    )
