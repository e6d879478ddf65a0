"""Word n-grams of texts: near duplicates, and items of evaluation sets."""
