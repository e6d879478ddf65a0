"""Tests: unit (no Spark), spark (real Delta tables), benchmarks (run by make bench-<name>)."""
