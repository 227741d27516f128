"""For the tests of those who write handlers."""
