"""From files to passages: read pages, decode and clean them, cut them into segments, and say why each one is kept or not."""
