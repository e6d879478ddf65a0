"""Word n-grams of texts, for near-duplicate detection and decontamination."""
