"""Stories with amounts: their sentences, printing and parsing."""
