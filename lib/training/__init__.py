"""What models are trained on, and how: seed pairs."""
