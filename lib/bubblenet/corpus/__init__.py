"""From files to passages: read pages, decode and clean them, segment them, and give the reason for rejecting a passage."""
