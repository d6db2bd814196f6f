"""How the answers in the training text of the control models were made."""

PYTHON = 0.4
"""Share of answers in the python style, of ordinary and of planted documents."""
RIGHT = 0.65
"""Share of right answers of ordinary documents, in either style."""
PLANTED_RIGHT_PLAIN = 0.2
"""Share of right answers in the plain style of planted documents; in the python style all are."""
