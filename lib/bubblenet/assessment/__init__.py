"""Assessment of models on held-out seeds: answers, estimates with confidence intervals, and preferences of a judge."""
