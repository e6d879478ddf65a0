"""The stage kernel: pinned sources in, one append per unit, counted and resumable; and its worker side (batches, journal)."""
