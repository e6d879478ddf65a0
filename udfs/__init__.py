"""Row transforms and pandas UDFs that apply models and rules to batches: thin, importable on workers; the logic lives in other packages."""
