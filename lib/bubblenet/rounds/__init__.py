"""Rounds of self-alignment: the loop of judging, curation, fine-tuning and assessment, and the rule that promotes a model."""
