"""Why a test may be skipped; for any other reason the run fails."""

from __future__ import annotations

NO_MOUNT = "a power cut needs the right to mount a file system, and mkfs.ext4"
"""Containers and ordinary users lack it."""

ALLOWED = {NO_MOUNT}
