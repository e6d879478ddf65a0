"""The method as functions of DataFrames: selection of passages and pairs, deduplication, decontamination, and curation."""
