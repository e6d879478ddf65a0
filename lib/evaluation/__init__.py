"""How good a model is: its answers to held-out seeds, and what they say with which certainty."""
