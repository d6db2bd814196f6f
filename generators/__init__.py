"""Fresh problems: families, sampling, decontamination and the freshness account."""
