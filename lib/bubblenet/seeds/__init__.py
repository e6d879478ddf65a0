"""Seed pairs: files of human or project-written instructions and responses, and the table they become."""
