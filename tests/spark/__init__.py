"""Tests with real Spark and Delta: the kernel, the pipeline, crashes, a cluster, the command."""
