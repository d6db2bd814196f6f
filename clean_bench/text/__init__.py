"""Comparison of mathematical texts: one tokenizer, one normalizer, one hash index.

Shared by contamination search (`overlap`, `generators.decontaminate`), the probe and behaviors.
The lexer of the answer grammar is a different thing and stays in `grading.parse`: it emits the
terminals that a parser expects and rejects a text outside the grammar, while a tokenizer here cuts
any text into words to be compared.
"""


def contains_python(text: str) -> bool:
    """Whether a completion reasons in code: "python" occurs, in any case (arXiv 2506.10947)."""
    return "python" in text.lower()
