"""Read-only views of a warehouse: SQL by plain names, status, the summary of a run, the HTML report."""
