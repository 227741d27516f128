"""Programs that each handle a number of events once, and say how long it took.

`python -m benchmarks.workers.NAME URL EVENTS HANDLERS` prints seconds and calls as JSON. What is to
be handled is put in place before the clock starts; it stops when all of it is settled.
"""
