"""What is read from the environment and `.env`, and what is written there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from receiver import settings
from receiver.errors import BadSetting

SECRET = "hunter2"


@pytest.fixture(autouse=True)
def env(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the path of `.env` in an empty folder, with nothing set in the environment."""
    for name in os.environ:
        if name.startswith("RECEIVER_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path / ".env"


def test_the_defaults_are_those_of_the_contract() -> None:
    assert settings.load().model_dump() == {
        "database_url": "sqlite:///receiver.db",
        "webhook_token": "",
        "api_key": "",
        "host": "127.0.0.1",
        "port": 8000,
        "handlers": "",
        "max_body_bytes": 16_777_216,
        "cors_origins": "",
        "maytapi_product_id": "",
        "maytapi_token": "",
        "maytapi_rapidapi_key": "",
        "maytapi_base_url": "",
        "maytapi_phone_id": "",
        "messages_per_second": 1,
        "public_url": "",
    }


def test_the_environment_is_stronger_than_env(env: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    env.write_text("RECEIVER_PORT=1\nRECEIVER_HOST=from-the-file\nOTHER=x\n")
    monkeypatch.setenv("RECEIVER_PORT", "2")
    monkeypatch.setenv("RECEIVER_HOST", "")  # empty is not set
    found = settings.load()
    assert (found.port, found.host) == (2, "from-the-file")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("RECEIVER_DATABSE_URL", "did you mean RECEIVER_DATABASE_URL?"),
        ("RECEIVER_WEBHOOK_TOKENS", "did you mean RECEIVER_WEBHOOK_TOKEN?"),
        ("receiver_apikey", "did you mean RECEIVER_API_KEY?"),
        ("RECEIVER_COLOUR", "the README has a list of all"),
    ],
)
@pytest.mark.parametrize("in_file", [True, False], ids=["file", "environment"])
def test_a_variable_that_nothing_reads_is_named(
    env: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    given: str,
    said: str,
    in_file: bool,
) -> None:
    if in_file:
        env.write_text(f"{given}={SECRET}\nOTHER_DATABSE_URL=x\nRECEIVER_PORT=1\n")
    else:
        monkeypatch.setenv(given, SECRET)
    settings.load()
    assert caplog.messages == [f"{given.upper()} is no setting, and does nothing: {said}"]


def test_what_nothing_reads_can_be_had_without_a_word(
    env: Path, caplog: pytest.LogCaptureFixture
) -> None:
    env.write_text("RECEIVER_COLOUR=red\nRECEIVER_PORT=1\n")
    found, unknown = settings.read()
    assert (found.port, unknown) == (1, [("RECEIVER_COLOUR", "the README has a list of all")])
    assert caplog.messages == []


@pytest.mark.parametrize(
    ("given", "short"),
    [
        ({}, []),
        ({"webhook_token": "twelve-chars"}, []),
        ({"webhook_token": "twelve-chars,eleven-char"}, ["RECEIVER_WEBHOOK_TOKEN"]),
        ({"webhook_token": "a", "api_key": "b"}, ["RECEIVER_WEBHOOK_TOKEN", "RECEIVER_API_KEY"]),
    ],
)
def test_secrets_that_can_be_guessed_are_named(given: dict[str, str], short: list[str]) -> None:
    assert settings.short_secrets(settings.Settings(**given)) == short  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("WEBHOOK_TOKEN", f"two words {SECRET}"),
        ("CORS_ORIGINS", f"https://a/{SECRET}"),
        ("CORS_ORIGINS", f"https://good,{SECRET}"),
        ("WEBHOOK_TOKEN", f"a/{SECRET}"),
        ("WEBHOOK_TOKEN", f"good,{SECRET}?"),
        ("API_KEY", f"two words {SECRET}"),
        ("API_KEY", f"käy-{SECRET}"),
        ("PORT", SECRET),
        ("PORT", "65536"),
        ("PORT", "-1"),
        ("MAX_BODY_BYTES", SECRET),
        ("MAX_BODY_BYTES", "1023"),
        ("MAYTAPI_PRODUCT_ID", f"a/{SECRET}"),
        ("MAYTAPI_TOKEN", f"two words {SECRET}"),
        ("MAYTAPI_RAPIDAPI_KEY", f"käy-{SECRET}"),
        ("MAYTAPI_BASE_URL", f"ftp://{SECRET}"),
        ("MAYTAPI_BASE_URL", f"https://me:{SECRET}@host"),
        ("MAYTAPI_PHONE_ID", f"1 {SECRET}"),
        ("PUBLIC_URL", f"https://my.host/webhook/{SECRET}"),
    ],
)
def test_a_bad_setting_is_named_and_its_value_is_not(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(f"RECEIVER_{variable}", value)
    with pytest.raises(BadSetting, match=f"^RECEIVER_{variable}: ") as refused:
        settings.load()
    assert SECRET not in str(refused.value)
    assert "\n" not in str(refused.value)


def test_all_bad_settings_are_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECEIVER_PORT", "x")
    monkeypatch.setenv("RECEIVER_API_KEY", "a b")
    with pytest.raises(BadSetting, match=r"RECEIVER_API_KEY: .*; RECEIVER_PORT: "):
        settings.load()


@pytest.mark.parametrize("other", ["PRODUCT_ID", "TOKEN"])
def test_two_ways_to_maytapi_are_one_too_many(monkeypatch: pytest.MonkeyPatch, other: str) -> None:
    monkeypatch.setenv("RECEIVER_MAYTAPI_RAPIDAPI_KEY", SECRET)
    monkeypatch.setenv(f"RECEIVER_MAYTAPI_{other}", SECRET)
    with pytest.raises(
        BadSetting, match=r"^set either RECEIVER_MAYTAPI_RAPIDAPI_KEY, or "
    ) as wrong:
        settings.load()
    assert SECRET not in str(wrong.value)


@pytest.mark.parametrize("variable", ["WEBHOOK_TOKEN", "API_KEY"])
@pytest.mark.parametrize("value", [",", " ", " , ,"])
def test_a_list_of_no_secrets_is_a_bad_setting(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    """Taken for missing, it would be made anew at every start."""
    monkeypatch.setenv(f"RECEIVER_{variable}", value)
    with pytest.raises(BadSetting, match=f"RECEIVER_{variable}"):
        settings.load()


def test_an_env_that_is_no_text_is_named_and_not_shown(env: Path) -> None:
    env.write_bytes(f"RECEIVER_API_KEY={SECRET}\n".encode("utf-16"))
    with pytest.raises(BadSetting, match="env can't be read") as refused:
        settings.load()
    assert SECRET not in str(refused.value)


def test_secrets_do_not_show_when_settings_are_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECEIVER_DATABASE_URL", f"postgresql://somebody:{SECRET}@host/name")
    monkeypatch.setenv("RECEIVER_WEBHOOK_TOKEN", SECRET)
    monkeypatch.setenv("RECEIVER_API_KEY", SECRET)
    monkeypatch.setenv("RECEIVER_MAYTAPI_TOKEN", SECRET)
    assert SECRET not in repr(settings.load())
    monkeypatch.delenv("RECEIVER_MAYTAPI_TOKEN")
    monkeypatch.setenv("RECEIVER_MAYTAPI_RAPIDAPI_KEY", SECRET)
    assert SECRET not in repr(settings.load())


def test_both_secrets_are_made_and_kept(env: Path) -> None:
    made, names = settings.make_secrets(settings.load())
    assert names == ["webhook_token", "api_key"]
    assert env.stat().st_mode & 0o777 == 0o600
    assert len({made.webhook_token, made.api_key}) == 2
    assert min(len(made.webhook_token), len(made.api_key)) >= 32
    assert settings.load() == made
    assert settings.make_secrets(settings.load()) == (made, [])


@pytest.mark.parametrize("end", ["", "\n"])
def test_only_what_is_missing_is_made_and_nothing_is_overwritten(env: Path, end: str) -> None:
    env.write_text(f"OTHER=1\nRECEIVER_API_KEY=mine{end}")
    env.chmod(0o644)
    made, names = settings.make_secrets(settings.load())
    assert names == ["webhook_token"]
    assert made.api_key == "mine"
    assert env.read_text() == (
        f"OTHER=1\nRECEIVER_API_KEY=mine\nRECEIVER_WEBHOOK_TOKEN={made.webhook_token}\n"
    )
    assert env.stat().st_mode & 0o777 == 0o600


def test_an_env_that_cannot_be_written_is_named(env: Path) -> None:
    env.mkdir()
    with pytest.raises(BadSetting, match="env can't be written"):
        settings.make_secrets(settings.load())


@pytest.mark.parametrize(
    ("value", "parts"), [("", []), ("a", ["a"]), (" a , b,", ["a", "b"]), (",", [])]
)
def test_a_list_is_split_at_its_commas(value: str, parts: list[str]) -> None:
    assert settings.split(value) == parts
