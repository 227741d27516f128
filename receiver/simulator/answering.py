"""Which endpoint a call means, who may make it, and what goes wrong with it on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from receiver.simulator import accounts, chats, controls, faults, groups, phones, sessions
from receiver.simulator.calls import Answer, Call, answer, refuse
from receiver.simulator.faults import Mishap
from receiver.simulator.sessions import Endpoint
from receiver.simulator.simulation import Simulation

DIRECT_PREFIX = "api"
"""`/api/{product_id}/…` is the direct API; without the prefix and the product it is RapidAPI's."""

_NEED_A_PHONE = {**chats.ENDPOINTS, **groups.ENDPOINTS}


def respond(simulation: Simulation, call: Call) -> Answer:
    """Answer a call, or not, as chance and the faults have it."""
    if call.parts[:1] == [controls.PREFIX]:
        return controls.respond(simulation, call, "/".join(call.parts[1:]))
    match faults.mishap(simulation.options.faults, simulation.luck):
        case None:
            return _answer(simulation, call)
        case Mishap.REFUSED:
            return replace(refuse("Connection to Api is failed."), status=500)
        case Mishap.TIMED_OUT:
            if simulation.luck.random() < 0.5:
                _answer_unheard(simulation, call)
            return Answer(status=504, media_type="text/html", body=b"<h1>504 Gateway Time-out</h1>")
        case Mishap.DROPPED:
            return Answer(dropped=True)
        case Mishap.ANSWER_LOST:
            return replace(_answer_unheard(simulation, call), dropped=True)


def _answer_unheard(simulation: Simulation, call: Call) -> Answer:
    done = _answer(simulation, call)
    if done.msg_id:
        simulation.ledger.lose_answer(done.msg_id)
    return done


def _answer(simulation: Simulation, call: Call) -> Answer:
    path, options = call.parts, simulation.options
    if path[:1] == [DIRECT_PREFIX]:
        # What a wrong token is told is not on record.
        if path[1:2] != [options.product_id] or call.token != options.token:
            return refuse("Product id is wrong! Please check your Account information.")
        return _route(simulation, call, path[2:])
    if call.rapidapi_key != options.rapidapi_key:
        # RapidAPI's own gateway speaks in statuses.
        return replace(answer({"message": "You are not subscribed to this API."}), status=403)
    return _route(simulation, call, path)


def _route(simulation: Simulation, call: Call, path: list[str]) -> Answer:
    name, *rest = path or [""]
    if not rest and (endpoint := accounts.ENDPOINTS.get((call.method, name))):
        return endpoint(simulation, call)
    if not name.isdecimal():
        return refuse(f"[{name}] is not a valid phone instance id")
    phone = simulation.world.phone(name)
    if phone is None:
        return refuse("You dont own the phone")
    if asked := _of(sessions.ENDPOINTS, call, rest):
        return asked(simulation, phone, call)
    if phones.is_restarting(simulation, phone):
        return refuse("Lib not loaded", "W05")
    if asked := _of(_NEED_A_PHONE, call, rest):
        return asked(simulation, phone, call)
    return refuse(f"/{'/'.join(rest)} is not found")


def _of(
    endpoints: Mapping[tuple[str, str], Endpoint], call: Call, path: list[str]
) -> Endpoint | None:
    """Find an endpoint by its path; where a name ends in a slash, an id comes after it."""
    exact = endpoints.get((call.method, "/".join(path)))
    if exact or len(path) != 2:
        return exact
    return endpoints.get((call.method, f"{path[0]}/"))
