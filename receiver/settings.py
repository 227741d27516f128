"""The settings: the environment and `.env`, read once."""

from __future__ import annotations

import difflib
import logging
import os
import re
import secrets
from pathlib import Path
from typing import Annotated, NamedTuple, Self

from pydantic import AfterValidator, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    EnvSettingsSource,
    NoDecode,
    SettingsConfigDict,
)

from receiver.errors import BadSetting
from receiver.maytapi import access, drift

logger = logging.getLogger(__name__)

ENV_FILE = Path(".env")

GUARDS = ("webhook_token", "api_key")
"""What keeps strangers out."""

SHORT_SECRET = 12
"""Characters below which one can be found by trying."""

_URL_SAFE = re.compile(r"[A-Za-z0-9._~-]+\Z")
_ORIGIN = re.compile(r"(https?://[^/?#@\s]+|\*)\Z")
_PRINTABLE = re.compile(r"[!-~]+\Z")


def _tokens(value: str) -> str:
    _some(value)
    if not all(_URL_SAFE.match(token) for token in split(value)):
        raise ValueError("use letters, digits and . _ ~ - only: it is a part of the URL")
    return value


def _keys(value: str) -> str:
    _some(value)
    if not all(_PRINTABLE.match(key) for key in split(value)):
        raise ValueError("use printable ASCII characters without spaces only")
    return value


def _origins(value: str) -> str:
    if not all(_ORIGIN.match(origin) for origin in split(value)):
        raise ValueError("write each as https://host or https://host:port, without a path")
    return value


def _some(value: str) -> None:
    # Taken for not set, it would be made anew at each start, and each time be another.
    if value and not split(value):
        raise ValueError("there is nothing in it: leave it out, and one will be made")


def _base_url(value: str) -> str:
    if value and not access.is_base_url(value):
        raise ValueError("write it like https://host/path, without a password and a query")
    return value


def _address(value: str) -> str:
    if value and not drift.is_address(value):
        raise ValueError("write it like https://my.host, without /webhook/ and the token")
    return value


def _secret(value: str) -> str:
    if value and not _PRINTABLE.match(value):
        raise ValueError("use printable ASCII characters without spaces only")
    return value


def _id(value: str) -> str:
    if value and not _URL_SAFE.match(value):
        raise ValueError("an id has letters, digits and . _ ~ - only; Maytapi's console shows it")
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

    database_url: str = Field(default="sqlite:///receiver.db", repr=False)
    """Where everything is kept: `sqlite:///FILE` or `postgresql://user:password@host/name`."""
    webhook_token: Annotated[str, NoDecode, AfterValidator(_tokens)] = Field(default="", repr=False)
    """The secret part of the webhook URL; several, separated by commas, while it is changed."""
    api_key: Annotated[str, NoDecode, AfterValidator(_keys)] = Field(default="", repr=False)
    """Opens the REST API; several, separated by commas, while it is changed."""
    host: str = "127.0.0.1"
    """The address to listen on."""
    port: int = Field(default=8000, ge=0, le=65535)
    """The port to listen on; 0 takes a free one."""
    handlers: str = ""
    """The routers to load: `package.module:router` or `@entry-point`, separated by commas."""
    max_body_bytes: int = Field(default=16 * 1024 * 1024, ge=1024, le=1024**3)
    """The largest notification; over it the answer is 413."""
    cors_origins: Annotated[str, NoDecode, AfterValidator(_origins)] = ""
    """Web pages that may use the REST API, as `https://host`; several, separated by commas."""
    maytapi_product_id: Annotated[str, AfterValidator(_id)] = ""
    """The account at Maytapi, which notifications name as well."""
    maytapi_token: Annotated[str, AfterValidator(_secret)] = Field(default="", repr=False)
    """Opens Maytapi's own API."""
    maytapi_rapidapi_key: Annotated[str, AfterValidator(_secret)] = Field(default="", repr=False)
    """Opens Maytapi's API through RapidAPI, in place of product id and token."""
    maytapi_base_url: Annotated[str, AfterValidator(_base_url)] = ""
    """Where the API is, for a simulator; empty is Maytapi's or RapidAPI's."""
    maytapi_phone_id: Annotated[str, AfterValidator(_id)] = ""
    """The phone that sends when none is named."""
    messages_per_second: float = Field(default=1, ge=0.01, le=100)
    """How fast each phone sends what is queued."""
    public_url: Annotated[str, AfterValidator(_address)] = ""
    """Where Maytapi reaches the receiver, as `https://my.host`; then its webhook is watched, and
    the commands about it need no address."""

    @property
    def default_phone(self) -> str | None:
        """The phone that sends when none is named, if there is one."""
        return self.maytapi_phone_id or None

    @property
    def names_account(self) -> bool:
        """Whether an account at Maytapi is set up, or half of one."""
        return bool(self.maytapi_product_id or self.maytapi_token or self.maytapi_rapidapi_key)

    def address(self, port: int) -> str:
        """Return the URL at which this machine reaches us on a port."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{port}"

    @model_validator(mode="after")
    def _one_flavour(self) -> Self:
        if self.maytapi_rapidapi_key and (self.maytapi_token or self.maytapi_product_id):
            raise ValueError(
                "set either RECEIVER_MAYTAPI_RAPIDAPI_KEY, or RECEIVER_MAYTAPI_PRODUCT_ID and "
                "RECEIVER_MAYTAPI_TOKEN"
            )
        return self


class Unknown(NamedTuple):
    """A variable that looks like a setting and is none."""

    name: str
    advice: str
    """Which one may be meant."""


def load() -> Settings:
    """Read the settings, and say which variables look like one and are none.

    Raises:
        BadSetting: one is wrong; the message names the variable and not its value.
    """
    settings, unknown = read()
    for name, advice in unknown:
        logger.warning("%s is no setting, and does nothing: %s", name, advice)
    return settings


def read() -> tuple[Settings, list[Unknown]]:
    """Read the settings, and return with them what looks like one and is none.

    Raises:
        BadSetting: one is wrong; the message names the variable and not its value.
    """
    try:
        return Settings(), [Unknown(name, _meant(name)) for name in _unknown()]
    except ValidationError as error:
        problems = error.errors(include_input=False, include_url=False)
        raise BadSetting("; ".join(map(_sentence, problems))) from None
    except (OSError, UnicodeDecodeError):
        raise BadSetting(
            f"{ENV_FILE.absolute()} can't be read: it must be text in UTF-8 that this user may read"
        ) from None


def make_secrets(settings: Settings) -> tuple[Settings, list[str]]:
    """Make the secrets that are not set, and add them to `.env`; tell the names of those made.

    Raises:
        BadSetting: the file can't be written.
    """
    missing = [name for name in GUARDS if not split(getattr(settings, name))]
    if not missing:
        return settings, []
    made = {name: secrets.token_urlsafe(32) for name in missing}
    lines = "".join(f"{_variable(name)}={value}\n" for name, value in made.items())
    try:
        _append(ENV_FILE, lines)
    except OSError as error:
        raise BadSetting(
            f"{ENV_FILE.absolute()} can't be written ({error.strerror}): make this folder writable "
            "or set RECEIVER_WEBHOOK_TOKEN and RECEIVER_API_KEY"
        ) from error
    return settings.model_copy(update=made), missing


def warn_of_short_secrets(settings: Settings) -> None:
    """Say which secrets strangers could guess; they are used all the same."""
    for variable in short_secrets(settings):
        logger.warning(
            "%s has less than %d characters, and can be guessed: take a longer one, or leave it "
            "out, and one will be made", variable, SHORT_SECRET,
        )  # fmt: skip


def short_secrets(settings: Settings) -> list[str]:
    """Return the variables that hold a secret which strangers could guess."""
    return [
        _variable(name)
        for name in GUARDS
        if any(len(secret) < SHORT_SECRET for secret in split(getattr(settings, name)))
    ]


def split(value: str) -> list[str]:
    """Return the parts of a comma-separated setting."""
    return [part.strip() for part in value.split(",") if part.strip()]


def _unknown() -> list[str]:
    """Return the variables with our prefix that nothing reads."""
    sources = (EnvSettingsSource(Settings), DotEnvSettingsSource(Settings))
    given = {name.upper() for source in sources for name in source.env_vars}
    known = map(_variable, Settings.model_fields)
    return sorted(name for name in given.difference(known) if name.startswith(_variable("")))


def _meant(name: str) -> str:
    field = name.removeprefix(_variable("")).lower()
    near = difflib.get_close_matches(field, Settings.model_fields, n=1)
    return f"did you mean {_variable(near[0])}?" if near else "the README has a list of all"


def _sentence(problem: ErrorDetails) -> str:
    message = problem["msg"].removeprefix("Value error, ")
    # What is wrong between several settings names them itself.
    return f"{_variable(problem['loc'][0])}: {message}" if problem["loc"] else message


def _variable(field: int | str) -> str:
    return f"RECEIVER_{field}".upper()


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
