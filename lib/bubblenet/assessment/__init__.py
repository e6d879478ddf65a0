"""Assessing models on held-out seeds: answers, estimates with intervals, preferences of a judge."""
