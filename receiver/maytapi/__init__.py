"""The vendor: what Maytapi's bytes say, and the client of its API; only that does I/O."""
