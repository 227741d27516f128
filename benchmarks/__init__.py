"""Measures the receiver against a bare ASGI app and against what one would write by hand.

`python -m benchmarks`, from the root of the repository; `--help` names the options.
"""
