"""The queue on both databases: one claim at a time, in order of subject, nothing lost, all on record."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import anyio
import httpx
import pytest
from sqlalchemy import func, select
from standardwebhooks import Webhook

from riskscore.alerting.outbox import disable, enable, event_of, queue_test_event
from riskscore.alerts.addresses import AddressGuard
from riskscore.alerts.schedule import RETRY_DELAYS_S
from riskscore.alerts.sender import Sender
from riskscore.alerts.transport import Poster
from riskscore.outcomes import Policy
from riskscore.store import Store, alert_tables
from riskscore.store.deliveries import (
    DeliveryFilter,
    DeliveryRecord,
    attempts_of,
    backlog,
    find_delivery,
    list_attempts,
    list_deliveries,
    replay,
)
from riskscore.store.delivery_queue import Claimed, claim, enqueue, settle
from riskscore.store.endpoints import find_endpoint, update_endpoint
from riskscore.store.retention import Pruned, Retention, prune
from riskscore.worker import Pace, Worker
from tests.store.conftest import Clock
from tests.store.scripted import subscribe

LEASE = timedelta(seconds=60)


def put(store: Store, endpoint_id: str, subject: str, at: datetime, first: int = 1, count: int = 1) -> None:
    """Queue events of a subject."""
    with store.write() as connection:
        enqueue(
            connection,
            [
                event_of("endpoint.test", subject, first + n, at, {"endpoint": {"name": "x"}}, [endpoint_id])
                for n in range(count)
            ],
        )


def take(store: Store, worker: str, at: datetime, limit: int = 100, per_endpoint: int = 100) -> list[Claimed]:
    return store.in_transaction(
        lambda connection: claim(
            connection, worker, at, LEASE, limit=limit, per_endpoint=per_endpoint, busy={}
        )
    )


def listed(store: Store, **wanted: object) -> list[DeliveryRecord]:
    with store.read() as connection:
        return list_deliveries(connection, DeliveryFilter(**wanted), 1_000)[::-1]  # type: ignore[arg-type]


class Receiver:
    """Answers as it is told, in turn; the last answer goes on."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers) or [httpx.Response(204)]
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        stream = httpx.ByteStream(answer.content)
        return httpx.Response(answer.status_code, headers=answer.headers, stream=stream)


def work(store: Store, receiver: Receiver, clock: Clock, policy: Policy | None = None) -> Worker:
    """Run a worker until nothing is due."""
    worker: list[Worker] = []

    async def run() -> None:
        guard = AddressGuard()
        sender = Sender(Poster(guard, transport=httpx.MockTransport(receiver)), guard, clock)
        pace = Pace(policy=policy or Policy(), idle_s=0.05)
        worker.append(Worker(store, sender, pace, clock))
        await worker[0].run(anyio.Event(), once=True)
        await sender.aclose()

    anyio.run(run)
    return worker[0]


def test_of_a_subject_only_the_oldest_is_taken(store: Store, clock: Clock) -> None:
    endpoint_id, _ = subscribe(store, clock.now)
    put(store, endpoint_id, "a", clock.now, count=3)
    put(store, endpoint_id, "b", clock.now)
    first = take(store, "w1", clock.now)
    assert sorted((one.type, one.attempts) for one in first) == [("endpoint.test", 0)] * 2
    assert take(store, "w2", clock.now) == []
    with store.write() as connection:
        settle(connection, "w1", first[0].delivery_key, state="delivered", attempts=1, now=clock.now)
    assert [one.sequence for one in listed(store, state="delivered")] == [1]
    assert len(take(store, "w2", clock.now)) == 1


def test_what_is_not_due_or_not_wanted_now_is_left(store: Store, clock: Clock) -> None:
    endpoint_id, _ = subscribe(store, clock.now)
    put(store, endpoint_id, "a", clock.now + timedelta(hours=1))
    assert take(store, "w", clock.now) == []
    put(store, endpoint_id, "b", clock.now, count=1)
    with store.write() as connection:
        update_endpoint(connection, endpoint_id, not_before=clock.now + timedelta(seconds=1))
    assert take(store, "w", clock.now) == []
    assert len(take(store, "w", clock.now + timedelta(seconds=1))) == 1


def test_a_dead_workers_claim_passes_on_and_its_late_word_does_not_count(store: Store, clock: Clock) -> None:
    endpoint_id, _ = subscribe(store, clock.now)
    put(store, endpoint_id, "a", clock.now)
    (lost,) = take(store, "dead", clock.now)
    later = clock.now + LEASE + timedelta(seconds=1)
    (taken,) = take(store, "alive", later)
    assert taken.delivery_key == lost.delivery_key
    with store.write() as connection:
        settle(connection, "dead", lost.delivery_key, state="delivered", attempts=1, now=later)
    assert listed(store)[0].state == "pending"
    with store.write() as connection:
        settle(connection, "alive", lost.delivery_key, state="delivered", attempts=1, now=later)
    assert listed(store)[0].state == "delivered"


def test_workers_at_once_never_take_the_same(store: Store, clock: Clock) -> None:
    endpoint_id, _ = subscribe(store, clock.now)
    for subject in range(60):
        put(store, endpoint_id, f"s{subject}", clock.now)
    taken: list[int] = []
    barrier = threading.Barrier(4)

    def grab(name: str) -> None:
        barrier.wait()
        while found := take(store, name, clock.now, limit=5):
            taken.extend(one.delivery_key for one in found)

    threads = [threading.Thread(target=grab, args=(f"w{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # A worker whose rows were all locked by others may have seen none; what is left is still there.
    taken += [one.delivery_key for one in take(store, "last", clock.now)]
    assert len(taken) == len(set(taken)) == 60


def test_one_slow_endpoint_leaves_room_for_the_others(store: Store, clock: Clock) -> None:
    slow, _ = subscribe(store, clock.now)
    other, _ = subscribe(store, clock.now)
    for subject in range(30):
        put(store, slow, f"s{subject}", clock.now)
    put(store, other, "t", clock.now)
    found = take(store, "w", clock.now, limit=10, per_endpoint=4)
    by_endpoint = [one.endpoint.endpoint_id for one in found]
    assert (by_endpoint.count(slow), by_endpoint.count(other)) == (4, 1)


def test_a_delivery_is_signed_and_on_record(store: Store, clock: Clock) -> None:
    endpoint_id, _ = subscribe(store, clock.now)
    put(store, endpoint_id, "a", clock.now, count=3)
    receiver = Receiver(httpx.Response(200, content=b"thanks " * 1_000))
    assert work(store, receiver, clock).delivered == 3
    with store.read() as connection:
        endpoint = find_endpoint(connection, endpoint_id)
        assert endpoint is not None
        attempts = attempts_of(connection, [one.delivery_key for one in listed(store)])
    assert [(one.succeeded, one.status, one.error) for one in attempts] == [(True, 200, None)] * 3
    assert attempts[0].answer == (b"thanks " * 1_000)[:2_048]
    assert attempts[0].duration_ms >= 0
    assert endpoint.secret is not None
    assert endpoint.secret not in repr(endpoint)
    for request, sequence in zip(receiver.requests, (1, 2, 3), strict=True):
        Webhook(endpoint.secret).sign("x", clock.now, "")
        headers = dict(request.headers)
        expected = Webhook(endpoint.secret).sign(headers["webhook-id"], clock.now, request.content.decode())
        assert headers["webhook-signature"] == expected
        assert f'"sequence":{sequence},' in request.content.decode()


def test_a_failure_is_tried_again_by_the_schedule_and_then_a_dead_letter(store: Store, clock: Clock) -> None:
    endpoint_id, _ = subscribe(store, clock.now)
    put(store, endpoint_id, "a", clock.now, count=2)
    receiver = Receiver(httpx.Response(500, content=b"no"))
    policy = Policy(disable_after=timedelta(days=99))
    for wait_s in RETRY_DELAYS_S:
        work(store, receiver, clock, policy)
        first, second = listed(store)
        assert timedelta(seconds=wait_s) <= first.due_at - clock.now <= timedelta(seconds=1.2 * wait_s)
        assert (first.state, second.attempts) == ("pending", 0)  # the second waits for the first
        clock.now = first.due_at
    work(store, Receiver(httpx.Response(500), httpx.Response(200)), clock, policy)
    first, second = listed(store)
    assert (first.state, first.attempts, second.state) == ("dead", 10, "delivered")
    with store.read() as connection:
        assert len(list_attempts(connection, DeliveryFilter(state="dead"), 100, succeeded=False)) == 10
        assert backlog(connection) == {endpoint_id: (0, None, 1)}
        failed = list_attempts(connection, DeliveryFilter(), 1, succeeded=False)
        assert failed[0].error == "the receiver answered 500"


def test_retry_after_holds_the_whole_endpoint(store: Store, clock: Clock) -> None:
    endpoint_id, _ = subscribe(store, clock.now)
    put(store, endpoint_id, "a", clock.now)
    work(store, Receiver(httpx.Response(429, headers={"retry-after": "120"})), clock)
    put(store, endpoint_id, "b", clock.now)
    receiver = Receiver()
    clock.now += timedelta(seconds=119)
    work(store, receiver, clock)
    assert receiver.requests == []
    clock.now += timedelta(seconds=30)
    work(store, receiver, clock)
    assert len(receiver.requests) == 2


@pytest.mark.parametrize(
    "answer", [httpx.Response(307, headers={"location": "http://127.0.0.1/"}), httpx.ReadError("x")]
)
def test_redirects_and_broken_connections_are_failures(
    store: Store, clock: Clock, answer: httpx.Response | Exception
) -> None:
    endpoint_id, _ = subscribe(store, clock.now)
    put(store, endpoint_id, "a", clock.now)
    receiver = Receiver(answer)
    work(store, receiver, clock)
    assert len(receiver.requests) == 1
    (delivery,) = listed(store)
    with store.read() as connection:
        (attempt,) = attempts_of(connection, [delivery.delivery_key])
    assert not attempt.succeeded
    assert attempt.error


def test_gone_disables_keeps_and_announces_and_recovery_is_announced_too(store: Store, clock: Clock) -> None:
    endpoint_id, _ = subscribe(store, clock.now, announcements=True)
    other, _ = subscribe(store, clock.now, announcements=True)
    put(store, endpoint_id, "a", clock.now, count=2)
    work(store, Receiver(httpx.Response(410), httpx.Response(200)), clock)
    told = [
        (one.type, one.endpoint_id, one.state) for one in listed(store, subject=f"endpoint/{endpoint_id}")
    ]
    assert told == [("endpoint.disabled", other, "delivered")]
    with store.read() as connection:
        endpoint = find_endpoint(connection, endpoint_id)
    assert endpoint is not None
    assert (endpoint.state, endpoint.disabled_reason) == ("disabled", "the receiver answered 410 Gone")
    put(store, endpoint_id, "b", clock.now)  # kept, not sent
    clock.now += timedelta(days=30)
    work(store, Receiver(), clock)
    assert [one.state for one in listed(store, subject="b")] == ["pending"]
    with store.write() as connection:
        assert enable(connection, endpoint_id, clock.now) == 3
    work(store, Receiver(), clock)
    assert {one.state for one in listed(store)} == {"delivered"}
    work(store, Receiver(), clock)
    recovered = [one.endpoint_id for one in listed(store, type="endpoint.recovered")]
    assert sorted(recovered) == sorted([endpoint_id, other])
    with store.read() as connection:
        endpoint = find_endpoint(connection, endpoint_id)
    assert endpoint is not None
    assert (endpoint.state, endpoint.disabled_reason, endpoint.failing_since) == ("active", None, None)


def test_an_endpoint_that_is_down_for_two_days_is_disabled_before_anything_is_dead(
    store: Store, clock: Clock
) -> None:
    endpoint_id, _ = subscribe(store, clock.now)
    put(store, endpoint_id, "a", clock.now)
    for _ in range(9):
        work(store, Receiver(httpx.Response(503)), clock)
        clock.now = listed(store)[0].due_at
    with store.read() as connection:
        endpoint = find_endpoint(connection, endpoint_id)
    assert endpoint is not None
    assert endpoint.state == "disabled"
    assert endpoint.disabled_reason is not None
    assert "nothing has arrived since 2026-01-10 12:00 UTC" in endpoint.disabled_reason
    (delivery,) = listed(store)
    assert delivery.state == "pending"
    with store.write() as connection:
        assert not disable(connection, endpoint_id, "again", clock.now)


def test_replay_sends_the_same_bytes_again_in_order(store: Store, clock: Clock) -> None:
    endpoint_id, _ = subscribe(store, clock.now)
    other, _ = subscribe(store, clock.now)
    put(store, endpoint_id, "a", clock.now, count=3)
    put(store, other, "b", clock.now)
    first = Receiver()
    work(store, first, clock)
    clock.now += timedelta(days=1)
    put(store, endpoint_id, "c", clock.now)
    with store.write() as connection:
        wanted = DeliveryFilter(endpoint_id=endpoint_id, until=clock.now - timedelta(hours=1))
        assert replay(connection, clock.now, wanted) == 3
        assert replay(connection, clock.now, wanted) == 0  # they wait already
    again = Receiver()
    work(store, again, clock)
    repeated = [one.sequence for one in listed(store, endpoint_id=endpoint_id) if one.replay]
    assert repeated == [1, 2, 3]
    sent = [request.content for request in again.requests if b'"subject":"a"' in request.content]
    assert sent == [request.content for request in first.requests if b'"subject":"a"' in request.content]
    by_id = [one.delivery_key for one in listed(store, subject="b")]
    with store.write() as connection:
        assert replay(connection, clock.now, DeliveryFilter(), delivery_keys=by_id) == 1


def test_a_test_event_is_for_one_endpoint(store: Store, clock: Clock) -> None:
    endpoint_id, _ = subscribe(store, clock.now, channel="slack")
    subscribe(store, clock.now)
    with store.write() as connection:
        endpoint = find_endpoint(connection, endpoint_id)
        assert endpoint is not None
        event_id = queue_test_event(connection, endpoint, clock.now)
    receiver = Receiver()
    work(store, receiver, clock)
    (delivery,) = listed(store)
    assert delivery.event_id == event_id
    with store.read() as connection:
        found = find_delivery(connection, delivery.delivery_key)
    assert found is not None
    assert '"endpoint.test"' in found[1]
    (request,) = receiver.requests
    assert b'"blocks"' in request.content
    assert "webhook-signature" not in request.headers


def test_a_worker_that_is_stopped_finishes_what_is_on_its_way_and_gives_the_rest_back(
    store: Store, clock: Clock
) -> None:
    endpoint_id, _ = subscribe(store, clock.now)
    for subject in range(20):
        put(store, endpoint_id, f"s{subject}", clock.now)

    async def run() -> int:
        stop = anyio.Event()
        requests = 0

        async def answer(request: httpx.Request) -> httpx.Response:
            nonlocal requests
            requests += 1
            stop.set()
            await anyio.sleep(0.1)
            return httpx.Response(204, stream=httpx.ByteStream(b""))

        guard = AddressGuard()
        sender = Sender(Poster(guard, transport=httpx.MockTransport(answer)), guard, clock)
        worker = Worker(store, sender, Pace(concurrency=8, per_endpoint=4, idle_s=0.05), clock)
        await worker.run(stop)
        await sender.aclose()
        assert worker.delivered == requests
        return requests

    sent = anyio.run(run)
    assert 1 <= sent < 20
    assert len(listed(store, state="delivered")) == sent
    assert len(take(store, "next", clock.now)) == 20 - sent  # at once, not after the claims have run out


def test_old_deliveries_go_with_their_attempts_and_events_and_what_waits_stays(
    store: Store, clock: Clock
) -> None:
    endpoint_id, _ = subscribe(store, clock.now)
    put(store, endpoint_id, "a", clock.now, count=2)
    work(store, Receiver(httpx.Response(200)), clock)
    put(store, endpoint_id, "b", clock.now)  # never sent
    clock.now += timedelta(days=40)
    put(store, endpoint_id, "a", clock.now, first=3)
    work(store, Receiver(httpx.Response(500)), clock, Policy(retry_delays_s=(86_400.0,)))
    with store.write() as connection:
        assert prune(connection, Retention(delivery_days=30), clock.now, dry_run=True).deliveries == 2
        assert len(list_deliveries(connection, DeliveryFilter(), 100)) == 4
        assert prune(connection, Retention(delivery_days=30), clock.now) == Pruned(deliveries=2)
        left = list_deliveries(connection, DeliveryFilter(), 100)
        assert {one.state for one in left} == {"pending"}
        assert {one.delivery_key for one in list_attempts(connection, DeliveryFilter(), 100)} <= {
            one.delivery_key for one in left
        }
        count = connection.execute(select(func.count()).select_from(alert_tables.events)).scalar_one()
        assert count == 2
