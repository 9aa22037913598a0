"""Fresh snapshots first, then the spool; nothing lost that fits, nothing counted twice."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from perfmon_agent.buffer import Buffer
from perfmon_agent.request import Request
from perfmon_agent.sender import Outcome, Refused
from perfmon_agent.spool import Spool

from tests.agent.given import FOREVER, Api, Clock, delivery, snapshot

MEGABYTE = 1 << 20


def test_an_outage_of_hours_is_replayed_whole_and_once(tmp_path: Path) -> None:
    api, buffer, clock = Api(), Buffer(100), Clock()
    spool = Spool(tmp_path, MEGABYTE)
    sending = delivery(api, buffer, spool, clock)
    for number in range(500):
        api.away = 100 <= number < 400
        api.loses_answers = number == 99
        clock.now += 10
        buffer.add([snapshot(number)])
        sending.round(clock() + 5)

    assert sorted(api.samples) == list(range(500))
    assert (sending.waiting, sending.dropped) == (0, 0)
    sending.release()


def test_a_request_whose_answer_was_lost_is_sent_again_under_its_key(tmp_path: Path) -> None:
    api, buffer, clock = Api(), Buffer(100), Clock()
    api.loses_answers = True
    first = delivery(api, buffer, Spool(tmp_path, MEGABYTE), clock)
    buffer.add([snapshot(1)])
    first.round(FOREVER)
    first.release()

    api.loses_answers = False
    second = delivery(api, buffer, Spool(tmp_path, MEGABYTE), clock)
    second.round(FOREVER)
    second.release()
    assert api.attempts == 2
    assert len(api.taken) == 1
    assert api.samples == [1]


def test_fresh_snapshots_do_not_wait_for_the_replay(tmp_path: Path) -> None:
    api, buffer, clock = Api(), Buffer(100), Clock()
    spool = Spool(tmp_path, MEGABYTE)
    for number in range(5):
        spool.keep(Request(f"key-{number}", (b'{"timestamp":%d,"metrics":{}}' % number,), 1))
    sending = delivery(api, buffer, spool, clock)

    def slowly(request: Request) -> Outcome:
        clock.now += 2
        return api.send(request)

    sending._send = slowly
    for number in (100, 101, 102):
        buffer.add([snapshot(number)])
        sending.round(clock() + 5)
    assert api.samples == [100, 0, 1, 101, 2, 3, 102, 4]
    sending.release()


def test_the_api_is_left_alone_for_as_long_as_it_asks_and_what_comes_is_safe_on_disk(tmp_path: Path) -> None:
    api, buffer, clock = Api(), Buffer(100), Clock()
    api.away, api.asks_for = True, 40
    spool = Spool(tmp_path, MEGABYTE)
    sending = delivery(api, buffer, spool, clock)
    for number in range(4):
        buffer.add([snapshot(number)])
        sending.round(clock() + 5)
        clock.now += 10
    assert api.attempts == 1
    assert (buffer.samples, spool.samples) == (0, 4)
    pause = sending.pause()
    assert pause is not None
    assert 0 < pause <= 1  # 40 s, and a jitter of at most one second the first time
    sending.release()


def test_without_a_spool_samples_wait_in_memory() -> None:
    api, buffer, clock = Api(), Buffer(100), Clock()
    api.away = True
    sending = delivery(api, buffer, None, clock)
    for number in range(3):
        buffer.add([snapshot(number)])
        sending.round(FOREVER)
        clock.now += 100
    assert sending.waiting == 3
    api.away = False
    sending.round(FOREVER)
    assert api.samples == [0, 1, 2]


def test_a_spool_that_cannot_be_written_is_told_once_and_memory_takes_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    api, buffer, clock = Api(), Buffer(100), Clock()
    api.away = True
    spool = Spool(tmp_path, MEGABYTE)
    sending = delivery(api, buffer, spool, clock)

    def fails(*_: object) -> None:
        raise OSError("Read-only file system")

    with monkeypatch.context() as patch:
        patch.setattr(spool, "add", fails)
        patch.setattr(spool, "keep", fails)
        for number in range(3):
            buffer.add([snapshot(number)])
            sending.round(FOREVER)
            clock.now += 100
    assert caplog.text.count("the spool cannot be written") == 1
    api.away = False
    sending.round(FOREVER)
    assert api.samples == [0, 1, 2]
    sending.release()


def test_a_refused_token_loses_nothing(tmp_path: Path) -> None:
    buffer, clock = Buffer(100), Clock()
    sending = delivery(Api(), buffer, Spool(tmp_path, MEGABYTE), clock)

    def refuses(request: Request) -> Outcome:
        raise Refused("no")

    sending._send = refuses
    buffer.add([snapshot(1)])
    with pytest.raises(Refused):
        sending.round(FOREVER)
    buffer.add([snapshot(2)])
    sending.release()

    api = Api()
    after = delivery(api, Buffer(100), Spool(tmp_path, MEGABYTE), clock)
    after.round(FOREVER)
    after.release()
    assert api.samples == [1, 2]


def test_at_the_end_everything_is_safe_on_disk_before_anything_is_tried(tmp_path: Path) -> None:
    api, buffer, clock = Api(), Buffer(100), Clock()
    spool = Spool(tmp_path, MEGABYTE)
    sending = delivery(api, buffer, spool, clock)
    on_disk: list[int] = []

    def looks(request: Request) -> Outcome:
        on_disk.append(spool.samples)
        return api.send(request)

    sending._send = looks
    buffer.add([snapshot(1), snapshot(2)])
    sending.close(FOREVER)
    assert on_disk == [2]
    assert api.samples == [1, 2]


def test_a_request_that_is_too_large_is_halved_under_keys_that_stay_the_same(caplog: pytest.LogCaptureFixture) -> None:
    buffer, clock = Buffer(100), Clock()
    api = Api()
    sending = delivery(api, buffer, None, clock)
    keys: list[str] = []
    fails = iter([False, True, False, False, False, False, False])

    def narrow(request: Request) -> Outcome:
        if len(request.parts) > 1 or b'"big"' in request.body:
            return Outcome(done=False, too_large=True)
        keys.append(request.key)
        return Outcome(done=False) if next(fails) else api.send(request)

    sending._send = narrow
    buffer.add([snapshot(1), snapshot(2), snapshot(3, disk="big"), snapshot(4)])
    with caplog.at_level(logging.ERROR):
        for _ in range(3):
            sending.round(FOREVER)
            clock.now += 100
    assert api.samples == [1, 2, 4]
    assert keys[0] == keys[2]
    assert (sending.refused, sending.waiting) == (1, 0)
    assert "too large" in caplog.text


def test_a_full_buffer_drops_the_oldest_and_counts_them() -> None:
    buffer = Buffer(max_samples=10)
    for number in range(15):
        buffer.add([snapshot(number)])
    taken = buffer.take(4)
    assert [each["timestamp"] for each in taken] == [5, 6, 7, 8]
    buffer.give_back(taken)
    assert [each["timestamp"] for each in buffer.take(100)] == list(range(5, 15))
    assert (buffer.samples, buffer.dropped) == (0, 5)


def test_when_nothing_waits_any_more_nothing_is_tried_until_something_comes(tmp_path: Path) -> None:
    api, buffer, clock = Api(), Buffer(100), Clock()
    api.away = True
    sending = delivery(api, buffer, Spool(tmp_path, 10), clock)  # so small that nothing fits
    buffer.add([snapshot(1)])
    sending.round(FOREVER)
    clock.now += 100
    assert (sending.waiting, sending.dropped) == (0, 1)
    assert sending.pause() is None
    sending.release()
