"""Language-model engines: one protocol, implementations in process and over HTTP, and a scripted one for tests."""
