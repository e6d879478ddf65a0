"""Judging pairs: gates on generated instructions, ratings, likelihood signals, and the functions that measure them."""
