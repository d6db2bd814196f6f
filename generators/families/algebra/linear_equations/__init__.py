"""The family `linear-equations`."""
