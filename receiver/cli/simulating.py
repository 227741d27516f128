"""The command that plays Maytapi, or loads a receiver with its notifications."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from receiver.cli.showing import progress
from receiver.simulator.faults import Faults
from receiver.simulator.options import Era, Options

if TYPE_CHECKING:
    from receiver.simulator.load import Report
    from receiver.simulator.running import Simulator

app = typer.Typer()

SLOW_CALLS = "slow-calls"
SHARES = sorted(
    field.name.replace("_", "-")
    for field in fields(Faults)
    if field.name.replace("_", "-") != SLOW_CALLS
)

LASTING = timedelta(seconds=30)
CONNECTIONS = 32

_LOAD = "Load"
_DURATION = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h)?\Z")
_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600}


def duration(text: str) -> timedelta:
    """Read a duration such as `30s`, `500ms` or `2m`; a bare number is seconds."""
    found = _DURATION.match(text)
    if not found:
        raise typer.BadParameter(f"{text!r} is no duration such as 30s, 500ms or 2m")
    return timedelta(seconds=float(found[1]) * _UNITS[found[2] or "s"])


def faults(wanted: list[str]) -> Faults:
    """Read faults such as `repeated=0.1`; `all` stands for every one that has a share."""
    chosen = Faults()
    for fault in wanted:
        name, _, value = fault.partition("=")
        if name == SLOW_CALLS:
            chosen = replace(chosen, slow_calls=duration(value))
        elif name == "all":
            chosen = replace(Faults.all(_share(value)), slow_calls=chosen.slow_calls)
        elif name in SHARES:
            given = {name.replace("-", "_"): _share(value)}
            chosen = replace(chosen, **given)  # type: ignore[arg-type]  # none is slow_calls
        else:
            raise typer.BadParameter(f"there is no fault {name!r}; see --help")
    return chosen


Wrong = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME=SHARE",
        help=f"What goes wrong, and how often (0 to 1): all, {', '.join(SHARES)};"
        f" or {SLOW_CALLS}=DURATION. May be repeated.",
    ),
]
Rate = Annotated[
    float,
    typer.Option(
        min=0, rich_help_panel=_LOAD, show_default=False, help="Only post, so many a second."
    ),
]
Lasting = Annotated[
    timedelta | None,
    typer.Option(
        "--for",
        parser=duration,
        metavar="DURATION",
        rich_help_panel=_LOAD,
        help=f"For so long; else for {LASTING.seconds}s.",
    ),
]
Connections = Annotated[
    int | None,
    typer.Option(
        min=1, rich_help_panel=_LOAD, help=f"On so many connections; else on {CONNECTIONS}."
    ),
]


@app.command()
def simulate(
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8001,
    to: Annotated[str, typer.Option(help="The webhook URL to post to, acks switched on.")] = "",
    seed: Annotated[int, typer.Option(help="The same seed, the same people and chatter.")] = 0,
    era: Annotated[
        Era, typer.Option(help="Maytapi's old form (seed) or that of today.")
    ] = Era.MODERN,
    phones: Annotated[int, typer.Option(min=1, max=10, help="Of the account.")] = 2,
    people: Annotated[int, typer.Option(min=1, max=9000, help="Who can be written to.")] = 12,
    groups: Annotated[int, typer.Option(min=0, help="That they are in.")] = 3,
    chatter: Annotated[float, typer.Option(min=0, help="What happens of itself a second.")] = 0.2,
    pace: Annotated[float, typer.Option(min=0, help="1: as slow as life. 0: all at once.")] = 1.0,
    fault: Wrong = None,
    anywhere: Annotated[
        bool, typer.Option("--anywhere", help="Post to other machines as well.")
    ] = False,
    rate: Rate = 0.0,
    lasting: Lasting = None,
    connections: Connections = None,
) -> None:
    """Play Maytapi for a receiver on this machine: its API, its phones, and people who answer.

    With --rate it posts notifications to --to at that rate, reports what was said to them, and
    exits with 1 if any was not answered 200. Only to this machine, unless --anywhere is given.
    """
    options = Options(
        seed=seed,
        era=era,
        phones=phones,
        people=people,
        groups=groups,
        webhook=to,
        pace=pace,
        anywhere=anywhere,
        faults=faults(fault or []),
    )
    _check(options)
    if rate:
        _load(options, rate, LASTING if lasting is None else lasting, connections or CONNECTIONS)
    elif lasting is not None or connections is not None:
        raise typer.BadParameter("--for and --connections are for load: add --rate")
    else:
        _play(options, port, chatter)


@app.command()
def demo(
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 0,
    seed: Annotated[int, typer.Option(help="The same seed, the same people.")] = 0,
) -> None:
    """Show it all in a minute: a receiver, a simulated Maytapi, and a handler that answers."""
    from receiver import demo

    demo.demo(port=port, seed=seed)


def _share(value: str) -> float:
    try:
        share = float(value)
    except ValueError:
        share = -1
    if not 0 <= share <= 1:
        raise typer.BadParameter(f"{value!r} is no share from 0 to 1, as in all=0.1")
    return share


def _check(options: Options) -> None:
    from receiver.simulator.posting import is_here

    if not options.webhook:
        return
    if not options.webhook.startswith(("http://", "https://")):
        raise typer.BadParameter("--to is no URL: `receiver webhook url` prints the receiver's")
    if not options.anywhere and not is_here(options.webhook):
        raise typer.BadParameter("--to leads to another machine: add --anywhere if you mean it")


def _play(options: Options, port: int, chatter: float) -> None:
    from receiver.simulator.chatter import chat
    from receiver.simulator.running import Simulator, address, listen

    with listen(port) as listener:
        simulator = Simulator(options, address(listener))

        def ready() -> None:
            print(_welcome(simulator), flush=True)
            if chatter:
                simulator.face.do(lambda it: chat(it, every=timedelta(seconds=1 / chatter)))

        simulator.run(listener, ready=ready)


def _welcome(simulator: Simulator) -> str:
    lines = [
        f"ready {simulator.url}",
        "this is a Maytapi to develop against; a receiver speaks to it with",
        *(f"  {name}={value}" for name, value in simulator.settings.items()),
        "or, as RapidAPI has it, with",
        f"  RECEIVER_MAYTAPI_BASE_URL={simulator.url}",
        f"  RECEIVER_MAYTAPI_RAPIDAPI_KEY={simulator.options.rapidapi_key}",
        "people who answer (no other number is on WhatsApp):",
        *(f"  {person.number}  {person.name}" for person in simulator.people[:12]),
        f"let one of them write: curl -d text=hello {simulator.url}/simulator/say",
    ]
    if not simulator.options.webhook:
        lines.append("nobody is told of anything yet: give --to URL, or set the webhook and acks")
    return "\n".join(lines)


def _load(options: Options, rate: float, lasting: timedelta, connections: int) -> None:
    import asyncio

    from receiver.simulator import load

    if not options.webhook:
        raise typer.BadParameter("--rate needs --to, the webhook URL to post to")
    source = load.bodies(options, start=datetime.now(UTC), every=timedelta(seconds=1 / rate))
    total = int(rate * lasting.total_seconds())
    with progress("posting") as told:
        report = asyncio.run(
            load.drive(
                options.webhook,
                source,
                rate=rate,
                duration=lasting,
                connections=connections,
                progress=lambda so_far: told(so_far.sent, total),
            )
        )
    print(_told(report))
    if report.refused:
        raise typer.Exit(1)


def _told(report: Report) -> str:
    answers = ", ".join(f"{count} {word}" for word, count in report.answers.most_common())
    shares = (("p50", 0.5), ("p95", 0.95), ("p99", 0.99), ("max", 1.0))
    latencies = ", ".join(f"{name} {_ms(report.percentile(share))}" for name, share in shares)
    return (
        f"sent       {report.sent} in {report.seconds:.1f} s, {report.per_second:.0f} a second\n"
        f"answers    {answers}\n"
        f"latencies  {latencies if report.latencies else 'none'}"
    )


def _ms(latency: timedelta) -> str:
    return f"{latency / timedelta(milliseconds=1):.1f} ms"
