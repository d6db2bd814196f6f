"""Third calculations, one module per author's share of the templates: `ORACLES` by template name."""
