"""Rounds of self-alignment: the loop over judge, curate, fine-tune, assess, and the rule that promotes a model."""
