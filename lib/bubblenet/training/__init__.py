"""Fine-tuning: planned from settings and an export, run in several processes, registered as a model."""
