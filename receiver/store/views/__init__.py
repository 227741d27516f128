"""What is stored, in the shapes of the REST API.

Times become RFC 3339 in UTC. Lists are paged by key: a cursor names the last row given, so that a
page costs the same at any depth, and rows that come in between are neither skipped nor repeated.
"""
