"""Questions to a model and what its answers are worth: likelihood and overlap with a reference, constraints that code checks."""
