"""The vendor: what Maytapi's bytes say. No I/O, no clock, no database."""
