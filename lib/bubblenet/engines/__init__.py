"""Language-model engines: one protocol (protocol.py), and the kinds that follow it (kinds.py)."""
