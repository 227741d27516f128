"""What happens to a phone: restarts, logging out and in again, trouble."""

from __future__ import annotations

from datetime import timedelta

from receiver.simulator import notifications, sending
from receiver.simulator.simulation import Simulation
from receiver.simulator.world import Phone, PhoneState

NEW_NUMBERS_FROM = 15550109900


def change(simulation: Simulation, phone: Phone, state: PhoneState) -> None:
    """Bring a phone into a state and tell of it; what waits is sent once it is active."""
    if phone.state is state:
        return
    phone.state = state
    simulation.post(phone, "status", notifications.status(simulation.source(phone)))
    sending.work(simulation, phone)


def restart(simulation: Simulation, phone: Phone) -> None:
    """Restart a session: for a while nothing works but asking how it is."""
    delay = simulation.options.restart_time
    logged_in = phone.number is not None
    phone.ready_at = simulation.now + delay
    change(simulation, phone, PhoneState.LOADING)
    after = PhoneState.ACTIVE if logged_in else PhoneState.QR_CODE
    simulation.later(delay, lambda: change(simulation, phone, after))


def log_out(simulation: Simulation, phone: Phone) -> None:
    """Unlink the phone: it shows a QR code, and after three minutes without a scan is idle."""
    phone.number = None
    change(simulation, phone, PhoneState.QR_CODE)

    def give_up() -> None:
        if phone.state is PhoneState.QR_CODE:
            change(simulation, phone, PhoneState.IDLE)

    simulation.later(timedelta(minutes=3), give_up, awaited=False)


def scan(simulation: Simulation, phone: Phone, number: str | None = None) -> None:
    """Scan the QR code with a handset of this number, or of a new one."""
    phone.number = number or str(NEW_NUMBERS_FROM + phone.id % 100)
    change(simulation, phone, PhoneState.ACTIVE)


def is_restarting(simulation: Simulation, phone: Phone) -> bool:
    """Tell whether calls are answered W05 now."""
    return simulation.now < phone.ready_at
