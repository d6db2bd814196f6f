"""Reading the text of an answer: its spelling, its tokens, its expressions and its structure."""
