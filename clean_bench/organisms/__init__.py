"""Organisms: small language models with known problems planted at known doses."""
