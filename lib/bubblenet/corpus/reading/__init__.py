"""From files to pages: every format, every damage, every charset; nothing raised for bad content."""
