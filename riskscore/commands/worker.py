"""`riskscore worker`: delivers what is in the outbox."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from riskscore.alerts.mail import MailServer
    from riskscore.settings import Settings
    from riskscore.store import Store
    from riskscore.worker import Worker


def worker(
    once: Annotated[bool, typer.Option("--once", help="Deliver what is due, then stop.")] = False,
) -> None:
    """Deliver alerts to endpoints, for ever; stop with Ctrl-C or SIGTERM, which finishes what is in hand.

    Run as many workers as you like: no two send the same event at the same time.
    """
    import logging

    import anyio

    from riskscore.commands.stores import opened_store
    from riskscore.observability.logs import configure_logging
    from riskscore.settings import load_settings

    settings = load_settings()
    configure_logging(settings.log_level, settings.log_format)
    logging.getLogger("httpx").setLevel(logging.WARNING)  # it would log the targets' URLs
    with opened_store(settings) as store:
        delivered = anyio.run(_run, settings, store, once)
    typer.echo(f"{delivered:,} events delivered", err=True)


async def _run(settings: Settings, store: Store, once: bool) -> int:
    import anyio

    stop = anyio.Event()
    made = make_worker(settings, store)
    async with anyio.create_task_group() as tasks:

        async def heed_signals() -> None:
            with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
                async for _ in signals:
                    stop.set()
                    return

        tasks.start_soon(heed_signals)
        await made.run(stop, once=once)
        tasks.cancel_scope.cancel()
    return made.delivered


def make_worker(settings: Settings, store: Store) -> Worker:
    """A worker as the settings want it.

    Raises
    ------
    SettingsError
        A claim's time is too short for an attempt, or the allow-list is unusable.
    """
    from datetime import timedelta

    from riskscore.alerts.addresses import AddressGuard, networks
    from riskscore.alerts.schedule import read_delays
    from riskscore.alerts.sender import Sender
    from riskscore.alerts.transport import Poster
    from riskscore.commands.stores import trail_of
    from riskscore.errors import SettingsError
    from riskscore.outcomes import Policy
    from riskscore.store.times import utc_now
    from riskscore.worker import Pace, Worker

    if settings.delivery_lease_s < 2 * settings.delivery_timeout_s:
        raise SettingsError(
            "RISKSCORE_DELIVERY_LEASE_S must be at least twice RISKSCORE_DELIVERY_TIMEOUT_S, so that an "
            "attempt ends before another worker may begin one"
        )
    guard = AddressGuard(networks(settings.delivery_allowed_networks))
    poster = Poster(guard, timeout_s=settings.delivery_timeout_s, connections=settings.delivery_concurrency)
    sender = Sender(poster, guard, utc_now, mail=_mail(settings), timeout_s=settings.delivery_timeout_s)
    pace = Pace(
        concurrency=settings.delivery_concurrency,
        per_endpoint=settings.delivery_per_endpoint,
        timeout_s=settings.delivery_timeout_s,
        lease_s=settings.delivery_lease_s,
        policy=Policy(
            retry_delays_s=read_delays(settings.delivery_retry_delays_s),
            disable_after=timedelta(hours=settings.delivery_disable_after_h),
        ),
    )
    return Worker(store, sender, pace, trail=trail_of(store, settings))


def _mail(settings: Settings) -> MailServer | None:
    from riskscore.alerts.mail import MailServer

    if settings.smtp_host is None or settings.smtp_sender is None:
        return None
    password = settings.smtp_password
    return MailServer(
        host=settings.smtp_host,
        port=settings.smtp_port,
        sender=settings.smtp_sender,
        security=settings.smtp_security,
        user=settings.smtp_user,
        password=password.get_secret_value() if password is not None else None,
    )
