"""The family `random-calculation` and its flavor `paper`."""
