"""Parse the text of an answer: normalized LaTeX, tokens, expression trees, typed answers."""
