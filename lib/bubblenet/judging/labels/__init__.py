"""Pairs of the embedded model that a reader labelled: the labels, the rubric (RUBRIC.md), and what joins them with their passages."""
