"""A receiver with uvicorn's access log, which prints paths."""

from __future__ import annotations

import logging
from typing import Any

import uvicorn

from receiver.cli import main

configure = uvicorn.Config.__init__


def configure_with_access_log(config: uvicorn.Config, *arguments: Any, **settings: Any) -> None:
    """Configure uvicorn as `uvicorn` on the command line does."""
    configure(config, *arguments, **settings | {"access_log": True})
    logging.getLogger("uvicorn.access").setLevel(logging.INFO)


if __name__ == "__main__":
    uvicorn.Config.__init__ = configure_with_access_log  # type: ignore[method-assign]
    main()
