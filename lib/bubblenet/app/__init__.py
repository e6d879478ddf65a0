"""What every application shares: building the session, opening the warehouse, parsing arguments, printing results."""
