"""What every application does first and last: build the session, open the warehouse, parse the arguments, print what happened."""
