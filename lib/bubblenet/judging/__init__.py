"""Judging pairs: gates on what a model wrote, ratings, likelihood signals, and the functions that measure them."""
