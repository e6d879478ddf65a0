"""Benchmarks: each prints a table of ratios; run by make bench-<name>, never part of the tests."""
