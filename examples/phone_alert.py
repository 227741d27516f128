"""Tell somebody when a phone of ours goes off-line, and when it is back.

    ALERT_NUMBER=15550100099 ALERT_PHONE_ID=12346 RECEIVER_HANDLERS=examples.phone_alert:router \\
        receiver serve

`ALERT_PHONE_ID` is another phone of the account: the one that is off-line can't tell.
"""

from __future__ import annotations

import os

from receiver import Context, F, PhoneStatusChanged, Router

router = Router("phone_alert")
starts = F.status == "loading"  # on its way to either


@router.on(PhoneStatusChanged, ~starts)
async def tell(event: PhoneStatusChanged, context: Context) -> None:
    """Tell the new status of a phone; the alerting phone's own would reach nobody."""
    phone_id = os.environ["ALERT_PHONE_ID"]
    if event.phone_id == phone_id:
        context.logger.error("the phone that alerts is %s", event.status)
        return
    news = "is on-line" if event.status == "active" else f"is off-line: {event.status}"
    await context.send(
        os.environ["ALERT_NUMBER"], f"Phone {event.phone_id} {news}", phone_id=phone_id
    )
