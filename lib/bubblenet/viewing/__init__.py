"""Looking at a warehouse: SQL by plain names, status, the last lines of a run, the HTML report."""
