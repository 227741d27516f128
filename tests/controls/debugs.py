"""A receiver whose own loggers say all they have to say."""

from __future__ import annotations

import logging

from receiver.cli import main

if __name__ == "__main__":
    logging.getLogger("receiver").setLevel(logging.DEBUG)
    main()
