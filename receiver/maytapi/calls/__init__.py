"""One function an endpoint: what to send, and how to read the answer (protocol, section b).

Nothing is sent here: `client.MaytapiClient` has a method for each of these, and makes the calls. A
name is Maytapi's path in snake case.
"""
