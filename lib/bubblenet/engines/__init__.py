"""Language-model engines: one protocol, a real implementation and a scripted one for tests."""
