"""The `bubblenet` command: submits jobs, looks at a warehouse."""
