"""The `bubblenet` command: submits jobs and inspects a warehouse."""
