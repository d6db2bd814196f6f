"""The family `areas`."""
