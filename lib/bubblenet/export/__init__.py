"""Training examples: mixed from seeds and curated pairs, written as equal shards with a manifest."""
