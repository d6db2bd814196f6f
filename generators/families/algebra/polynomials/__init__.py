"""The family `polynomials`."""
