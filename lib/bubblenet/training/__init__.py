"""Fine-tuning: planned from settings and an export, run in several processes, recorded as a model."""
