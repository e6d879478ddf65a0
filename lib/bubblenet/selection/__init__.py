"""Subsets of pairs that are good and unlike each other: vectors, similarity, greedy maximisation of one block. Pure functions of arrays."""
