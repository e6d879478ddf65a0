"""Evaluation of answers: likelihood and overlap against a reference, and constraints checked by code."""
