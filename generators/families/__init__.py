"""The families of fresh problems, one a file."""
