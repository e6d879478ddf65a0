"""The stage kernel: pinned sources in, one append a unit, counted, resumable; and its half on the workers (batches, journal)."""
