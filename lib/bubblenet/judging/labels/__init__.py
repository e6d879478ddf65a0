"""Pairs of the embedded model labelled by a reader: labels, rubric (RUBRIC.md), and the code that joins them to their passages."""
