"""The settings: the environment and `.env`, read once."""

from __future__ import annotations

import os
import re
import secrets
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from receiver.errors import BadSetting

ENV_FILE = Path(".env")

_URL_SAFE = re.compile(r"[A-Za-z0-9._~-]+\Z")
_PRINTABLE = re.compile(r"[!-~]+\Z")


def _tokens(value: str) -> str:
    if not all(_URL_SAFE.match(token) for token in split(value)):
        raise ValueError("use letters, digits and . _ ~ - only: it is a part of the URL")
    return value


def _keys(value: str) -> str:
    if not all(_PRINTABLE.match(key) for key in split(value)):
        raise ValueError("use printable ASCII characters without spaces only")
    return value


class Settings(BaseSettings):
    """What can be set; each field is the variable RECEIVER_ and its name in capitals."""

    model_config = SettingsConfigDict(
        env_prefix="RECEIVER_",
        env_file=ENV_FILE,
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
    )

    database_url: str = Field("sqlite:///receiver.db", repr=False)
    """Where everything is kept: `sqlite:///FILE` or `postgresql://user:password@host/name`."""
    webhook_token: Annotated[str, NoDecode, AfterValidator(_tokens)] = Field("", repr=False)
    """The secret part of the webhook URL; several, separated by commas, while it is changed."""
    api_key: Annotated[str, NoDecode, AfterValidator(_keys)] = Field("", repr=False)
    """Opens the REST API; several, separated by commas, while it is changed."""
    host: str = "127.0.0.1"
    """The address to listen on."""
    port: int = Field(8000, ge=0, le=65535)
    """The port to listen on; 0 takes a free one."""
    max_body_bytes: int = Field(16 * 1024 * 1024, ge=1024, le=1024**3)
    """The largest notification; over it the answer is 413."""


def load() -> Settings:
    """Read the settings.

    Raises:
        BadSetting: one is wrong; the message names the variable and not its value.
    """
    try:
        return Settings()
    except ValidationError as error:
        problems = [
            f"RECEIVER_{str(problem['loc'][0]).upper()}: {problem['msg']}"
            for problem in error.errors(include_input=False, include_url=False)
        ]
        raise BadSetting("; ".join(problems)) from None


def make_secrets(settings: Settings) -> tuple[Settings, bool]:
    """Make the secrets that are not set, and add them to `.env`; tell whether any was made.

    Raises:
        BadSetting: the file can't be written.
    """
    missing = [name for name in ("webhook_token", "api_key") if not split(getattr(settings, name))]
    if not missing:
        return settings, False
    made = {name: secrets.token_urlsafe(32) for name in missing}
    lines = "".join(f"RECEIVER_{name.upper()}={value}\n" for name, value in made.items())
    try:
        _append(ENV_FILE, lines)
    except OSError as error:
        raise BadSetting(
            f"{ENV_FILE.absolute()} can't be written ({error.strerror}): make this folder writable "
            "or set RECEIVER_WEBHOOK_TOKEN and RECEIVER_API_KEY"
        ) from error
    return settings.model_copy(update=made), True


def split(value: str) -> list[str]:
    """Return the parts of a comma-separated setting."""
    return [part.strip() for part in value.split(",") if part.strip()]


def _append(path: Path, lines: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "a") as file:
        os.fchmod(descriptor, 0o600)
        at_start = file.tell() == 0
        file.write(lines if at_start or _ends_a_line(path) else f"\n{lines}")
        file.flush()
        os.fsync(descriptor)


def _ends_a_line(path: Path) -> bool:
    return path.read_bytes().endswith(b"\n")
