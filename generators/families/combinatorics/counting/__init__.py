"""The family `counting`."""
