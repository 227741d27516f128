"""The endpoints of a phone's session: how it is, its pictures, restarts, its own settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from receiver.simulator import phones, pictures
from receiver.simulator.calls import Answer, Call, picture, refuse, succeed
from receiver.simulator.options import Era
from receiver.simulator.simulation import Simulation
from receiver.simulator.world import Phone, PhoneState

Endpoint = Callable[[Simulation, Phone, Call], Answer]

_SESSION = {
    "WABrowserId": "simulated",
    "debugCursor": "1",
    "remember-me": "true",
    "whatsapp-mutex": "simulated",
}
_SCANNED = frozenset({PhoneState.QR_CODE, PhoneState.IDLE})


def status(simulation: Simulation, phone: Phone, _call: Call) -> Answer:
    """Tell how the session is; while it starts, `state` is missing."""
    logged_in = phone.state is PhoneState.ACTIVE
    told: dict[str, Any] = {
        "loggedIn": logged_in,
        "isQr": phone.state in _SCANNED,
        "loading": phone.state is PhoneState.LOADING,
        "connRetry": phone.state is PhoneState.PHONE_ERROR,
        "message": "",
    }
    if simulation.options.era is Era.SEED:
        return succeed(status=told)
    told |= {"message": None, "version": "2.x", "update": None, "multidevice": True}
    if not logged_in:
        return succeed(status=told)
    told |= {"state": {"state": "CONNECTED", "canSend": True}, "number": phone.number}
    return succeed(status=told, number=phone.number)


def screen(_simulation: Simulation, phone: Phone, _call: Call) -> Answer:
    """Show the screen: the QR code when nobody is logged in, JSON when there is none."""
    if phone.state in _SCANNED:
        return picture(pictures.qr_code(_invitation(phone)))
    if phone.state is not PhoneState.ACTIVE:
        return refuse("Lib not loaded", "W05")
    return picture(pictures.screen([said.from_me for said in phone.history]))


def qr_code(_simulation: Simulation, phone: Phone, _call: Call) -> Answer:
    """Show the QR code, if there is one to scan."""
    if phone.state in _SCANNED:
        return picture(pictures.qr_code(_invitation(phone)))
    return refuse("Phone is already logged in.")


def restart(simulation: Simulation, phone: Phone, _call: Call) -> Answer:
    """Refresh the session."""
    phones.restart(simulation, phone)
    return succeed()


def redeploy(simulation: Simulation, phone: Phone, _call: Call) -> Answer:
    """Start the session anew: the usual cure."""
    phones.restart(simulation, phone)
    return succeed(message=f"Phone {phone.id} is restarted.")


def log_out(simulation: Simulation, phone: Phone, _call: Call) -> Answer:
    """Unlink the phone."""
    phones.log_out(simulation, phone)
    return succeed()


def delete(simulation: Simulation, phone: Phone, _call: Call) -> Answer:
    """Forget the session, as `factoryreset` does by now; it says more of what it did."""
    phones.log_out(simulation, phone)
    return succeed(type="deleted", pid=simulation.world.product_id, phone_id=phone.id)


def backup(_simulation: Simulation, phone: Phone, _call: Call) -> Answer:
    """Hand out what a session is restored from."""
    return succeed(data=_SESSION) if phone.state is PhoneState.ACTIVE else refuse("not logged in")


def restore(simulation: Simulation, phone: Phone, call: Call) -> Answer:
    """Log in again with what `backup` gave."""
    if not call.fields.keys() >= _SESSION.keys():
        return refuse("Session data is required.")
    phones.scan(simulation, phone, phone.number)
    return succeed()


def show_config(_simulation: Simulation, phone: Phone, _call: Call) -> Answer:
    """Tell the phone's own webhook and ack preference."""
    return succeed(status={"webhook": phone.webhook, "ack_delivery": bool(phone.ack_delivery)})


def configure(simulation: Simulation, phone: Phone, call: Call) -> Answer:
    """Give a phone a webhook and an ack preference of its own."""
    if "webhook" in call.fields:
        phone.webhook = str(call.fields["webhook"] or "")
    if "ack_delivery" in call.fields:
        phone.ack_delivery = bool(call.fields["ack_delivery"])
    return show_config(simulation, phone, call)


def queue(_simulation: Simulation, phone: Phone, _call: Call) -> Answer:
    """Tell how much waits to be sent."""
    return succeed(stats={"sending": len(phone.queue)})


def purge_queue(_simulation: Simulation, phone: Phone, _call: Call) -> Answer:
    """Forget what waits to be sent; nobody is told of it."""
    phone.queue.clear()
    return succeed()


ENDPOINTS: Mapping[tuple[str, str], Endpoint] = {
    ("GET", "status"): status,
    ("GET", "screen"): screen,
    ("GET", "qrCode"): qr_code,
    # POST in the listing, GET in the later document.
    ("POST", "restart"): restart,
    ("GET", "restart"): restart,
    ("GET", "redeploy"): redeploy,
    ("POST", "logout"): log_out,
    ("GET", "logout"): log_out,
    ("GET", "clear"): log_out,
    ("GET", "factoryreset"): log_out,
    ("GET", "delete"): delete,
    ("POST", "backup"): backup,
    ("GET", "backup"): backup,
    ("POST", "restore"): restore,
    ("GET", "config"): show_config,
    ("POST", "config"): configure,
    ("GET", "queue"): queue,
    ("GET", "purgeQueue"): purge_queue,
}
"""Those that answer also while the phone is restarting."""


def _invitation(phone: Phone) -> str:
    return f"2@simulated,{phone.id},this code links nothing"
