"""What waits on disk survives everything, is bounded, and is the same request each time."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from perfmon_agent.lock import InUse
from perfmon_agent.request import encode, request_of
from perfmon_agent.spool import SEGMENT_SAMPLES, Spool

from tests.agent.given import snapshot, times

MEGABYTE = 1 << 20


def add(spool: Spool, *numbers: int) -> None:
    """Add one snapshot after the other."""
    for number in numbers:
        spool.add(encode([snapshot(number)]), 1)


def emptied(spool: Spool) -> list[int]:
    """The times of all that waits, oldest first; the spool is empty then."""
    found: list[int] = []
    while request := spool.oldest():
        found += times(request)
        spool.done()
    return found


def test_what_was_added_comes_back_in_its_order_and_leaves_nothing(tmp_path: Path) -> None:
    spool = Spool(tmp_path, MEGABYTE)
    add(spool, 1, 2, 3)
    spool.keep(request_of([snapshot(4)]))
    add(spool, 5)
    assert spool.samples == 5

    assert emptied(spool) == [1, 2, 3, 4, 5]
    assert (spool.samples, spool.bytes, spool.dropped) == (0, 0, 0)
    assert [path.name for path in tmp_path.iterdir()] == ["lock"]
    spool.close()


def test_a_request_has_its_key_and_its_bytes_after_a_restart_too(tmp_path: Path) -> None:
    tried = request_of([snapshot(1), snapshot(2)])
    first = Spool(tmp_path, MEGABYTE)
    first.keep(tried)
    add(first, 3)
    first.close()

    second = Spool(tmp_path, MEGABYTE)
    assert second.oldest() == tried
    second.done()
    untried = second.oldest()
    second.close()

    third = Spool(tmp_path, MEGABYTE)
    assert untried is not None
    assert third.oldest() == untried
    third.close()


def test_a_request_that_was_given_out_never_grows(tmp_path: Path) -> None:
    spool = Spool(tmp_path, MEGABYTE)
    add(spool, 1)
    given = spool.oldest()
    add(spool, 2)
    assert spool.oldest() == given
    assert emptied(spool) == [1, 2]
    spool.close()


def test_many_readings_travel_together_and_not_too_many(tmp_path: Path) -> None:
    spool = Spool(tmp_path, 64 * MEGABYTE)
    for number in range(12):
        spool.add(encode([snapshot(number)]), 1000)
    assert len(list(tmp_path.glob("*.spool"))) == 3
    first = spool.oldest()
    assert first is not None
    assert first.samples == SEGMENT_SAMPLES
    spool.close()


def test_a_full_spool_drops_the_oldest_and_counts_them(tmp_path: Path) -> None:
    spool = Spool(tmp_path, 4000)
    add(spool, *range(200))
    kept = spool.samples
    assert spool.bytes <= 4000
    assert spool.bytes == sum(path.stat().st_size for path in tmp_path.glob("*.spool"))
    assert spool.dropped == 200 - kept
    assert emptied(spool) == list(range(200 - kept, 200))
    spool.close()


def test_a_smaller_cap_after_a_restart_is_kept_at_once(tmp_path: Path) -> None:
    before = Spool(tmp_path, MEGABYTE)
    for number in range(50):
        before.keep(request_of([snapshot(number)]))
    before.close()
    after = Spool(tmp_path, 2000)
    assert sum(path.stat().st_size for path in tmp_path.glob("*.spool")) <= 2000
    assert after.dropped == 50 - after.samples > 0
    assert emptied(after)[-1] == 49
    after.close()


def test_what_is_larger_than_the_cap_is_counted_and_hurts_nothing(tmp_path: Path) -> None:
    spool = Spool(tmp_path, 300)
    add(spool, 1)
    spool.keep(request_of([snapshot(number, disk="x" * number) for number in range(200)]))
    assert (spool.samples, spool.dropped) == (1, 200)
    spool.close()


@pytest.mark.parametrize("cut", [1, 11, 12, 40, 10_000])
def test_a_tail_that_a_crash_tore_off_costs_only_itself(tmp_path: Path, cut: int) -> None:
    spool = Spool(tmp_path, MEGABYTE)
    add(spool, 1, 2, 3)
    spool.close()
    (path,) = tmp_path.glob("*.spool")
    with path.open("r+b") as file:
        file.truncate(max(0, path.stat().st_size - cut))

    after = Spool(tmp_path, MEGABYTE)
    found = emptied(after)
    after.close()
    assert found == ([] if cut == 10_000 else [1, 2])


def test_bits_that_turned_on_the_disk_are_not_sent_and_are_counted(tmp_path: Path) -> None:
    spool = Spool(tmp_path, MEGABYTE)
    add(spool, 1, 2)
    spool.close()
    (path,) = tmp_path.glob("*.spool")
    content = bytearray(path.read_bytes())
    content[-5] ^= 1
    path.write_bytes(content)

    after = Spool(tmp_path, MEGABYTE)
    assert emptied(after) == [1]
    assert (after.dropped, after.samples, after.bytes) == (1, 0, 0)
    after.close()


def test_files_that_are_not_the_spools_are_left_alone_and_unfinished_ones_removed(tmp_path: Path) -> None:
    (tmp_path / "000000000007.part").write_bytes(b"half")
    (tmp_path / "000000000008.spool").write_bytes(b"something else")
    (tmp_path / "notes.spool").write_text("mine")
    spool = Spool(tmp_path, MEGABYTE)
    assert spool.oldest() is None
    spool.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lock", "notes.spool"]


def test_a_disk_that_is_full_is_said_and_what_was_there_stays_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = Spool(tmp_path, MEGABYTE)
    add(spool, 1)

    def no_space(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", no_space)
        with pytest.raises(OSError, match="No space left"):
            add(spool, 2)
        with pytest.raises(OSError, match="No space left"):
            spool.keep(request_of([snapshot(3)]))
    assert not list(tmp_path.glob("*.part"))
    add(spool, 4)
    found = emptied(spool)
    # What could not be made durable may be there nevertheless; its caller still has it and sends it under another key.
    assert [number for number in found if number != 2] == [1, 4]
    spool.close()


def test_two_agents_cannot_share_a_folder(tmp_path: Path) -> None:
    first = Spool(tmp_path, MEGABYTE)
    with pytest.raises(InUse):
        Spool(tmp_path, MEGABYTE)
    first.close()
    Spool(tmp_path, MEGABYTE).close()


WRITER = """
import sys
from pathlib import Path
from perfmon_agent.request import encode
from perfmon_agent.spool import Spool
spool = Spool(Path(sys.argv[1]), 1 << 20)
number = 0
while True:
    number += 1
    spool.add(encode([{"tags": {}, "timestamp": number, "metrics": {"a": 1}}]), 1)
    print(number, flush=True)
"""


def test_what_was_added_before_a_kill_9_is_there(tmp_path: Path, project: Path) -> None:
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path)],
        env={"PYTHONPATH": str(project / "agent" / "src")},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert writer.stdout is not None
    said = [int(writer.stdout.readline()) for _ in range(30)]
    writer.send_signal(signal.SIGKILL)
    said += [int(line) for line in writer.stdout.read().split()]
    writer.wait()
    writer.stdout.close()

    spool = Spool(tmp_path, MEGABYTE)
    found = emptied(spool)
    spool.close()
    assert found[: len(said)] == said
    assert len(found) - len(said) <= 1
