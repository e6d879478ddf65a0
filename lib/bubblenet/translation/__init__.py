"""Translators behind one protocol, what is kept from them, and how far what they write can be trusted."""
