"""Translators behind one protocol, round trips through them, and calibrated estimates of whether the meaning survived."""
