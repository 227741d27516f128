"""Handlers that ship with us; they use nothing of the receiver but its public names."""
