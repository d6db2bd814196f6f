"""Equal values: an exact normal form, certain enclosures, and high precision for the rest."""
