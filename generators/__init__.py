"""Fresh problems: one family a file, and the accounting of how fresh they are."""
