"""What pages and sites say about the use of their text: found at ingest as it is written, read by versioned rules, weighed in SQL."""
