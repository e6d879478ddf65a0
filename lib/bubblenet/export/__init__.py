"""Training examples: mixed from seeds and curated pairs, written as equal Parquet shards with a manifest."""
