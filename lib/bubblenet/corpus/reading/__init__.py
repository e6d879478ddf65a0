"""From files to pages: formats, damage and charsets; bad content never raises."""
