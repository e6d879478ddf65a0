"""Where Arrow or pandas batches meet a model or a rule: thin, importable on workers; rules and batching live in the other packages."""
