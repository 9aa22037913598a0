"""Pulling: side by side, bounded in every way, and never anywhere it must not go."""

from __future__ import annotations

import gzip
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from chalicelib.channels.addresses import Guard
from chalicelib.channels.http import Http
from chalicelib.collectors.prometheus import MAX_BODY, PrometheusSource
from chalicelib.domain.exposed import Fetched, ScrapeFailed
from chalicelib.domain.pulls import LATE_AFTER_MS, Job, Pull
from chalicelib.domain.recording import Body, NotRecorded, Recorded
from chalicelib.domain.relabelling import Relabel, RelabelAction
from chalicelib.domain.targets import Scrape, ScrapeState, TargetType
from chalicelib.services.ports.collecting import Source
from chalicelib.services.pull import PullTargets
from tests.collecting.exporter import Exporter, exporter

NOW = 1_760_000_000_000
LOOPBACK = Guard(allow_loopback=True)


class Recorder:
    """Remembers what was recorded, by target; down while `is_down`."""

    def __init__(self) -> None:
        self.snapshots: dict[str, list[Mapping[str, Any]]] = {}
        self.keys: list[str] = []
        self.is_down = False
        self._made: dict[bytes, Sequence[Mapping[str, Any]]] = {}

    def bodies(self, snapshots: Sequence[Mapping[str, Any]]) -> list[Body]:
        """One for all."""
        content = repr(snapshots).encode()
        self._made[content] = snapshots
        return [Body(content, sum(len(each["metrics"]) for each in snapshots))]

    def record(self, bodies: Sequence[Body], token: str, key: str) -> Recorded:
        """Remember."""
        if self.is_down:
            raise NotRecorded("the service did not take the samples: it answered 503")
        assert token == "opened token"
        self.keys.append(key)
        for body in bodies:
            for snapshot in self._made[body.content]:
                self.snapshots.setdefault(snapshot["tags"]["job"], []).append(snapshot)
        return Recorded(sum(each.samples for each in bodies))

    def value(self, job: str, name: str) -> float:
        """The one value of a metric of a target."""
        (found,) = [each["metrics"][name] for each in self.snapshots[job] if name in each["metrics"]]
        return float(found)


class Opener:
    """Boxes are what is in them."""

    def open(self, sealed: Mapping[str, str]) -> dict[str, str]:
        """The secrets."""
        return {name: f"opened {secret}" if name == "token" else secret for name, secret in sealed.items()}


class Road:
    """Remembers what went back."""

    def __init__(self) -> None:
        self.sent: list[list[Scrape]] = []

    def send(self, scrapes: Sequence[Scrape]) -> None:
        """Send."""
        self.sent.append(list(scrapes))


@pytest.fixture
def server() -> Iterator[Exporter]:
    """What is scraped."""
    with exporter() as state:
        yield state


@pytest.fixture
def recorder() -> Recorder:
    """Where it goes."""
    return Recorder()


def puller(recorder: Recorder, road: Road | None = None, source: Source | None = None) -> PullTargets:
    """A puller that may call this machine; its clock is the real one, as what it measures is real."""
    found = source or PrometheusSource(Http(LOOPBACK))
    return PullTargets(
        lambda target_type: found, Opener(), recorder, road or Road(), lambda: time.time_ns() // 1_000_000
    )


def job(url: str, name: str = "job", **fields: Any) -> Job:
    """A job of that address."""
    given: dict[str, Any] = {"timeout": 10, "interval": 60, "labels": {}, "sealed": {}, "sample_limit": 1000, **fields}
    return Job(id=name, name=name, type=TargetType.PROMETHEUS, config={"url": url}, **given)


def pull(*jobs: Job) -> Pull:
    """A message of now."""
    return Pull(at=time.time_ns() // 1_000_000, token="token", jobs=jobs)


def test_what_is_exposed_is_recorded_with_the_targets_own_tags(server: Exporter, recorder: Recorder) -> None:
    server.pages["/metrics"] = b'disk_free{mount="/",job="theirs",empty=""} 7\nnothing NaN\nload 0.5 1700000000000\n'
    address = server.url.removeprefix("http://")

    (scrape,) = puller(recorder).run(pull(job(f"{server.url}/metrics", "node", labels={"env": "prod"})))

    # the tags are Prometheus' own, and what a sample says of itself makes way for them
    own = {"job": "node", "instance": address, "env": "prod"}
    assert (scrape.state, scrape.error, scrape.samples) == (ScrapeState.UP, None, 3)
    assert {"mount": "/", "exported_job": "theirs", **own} in [each["tags"] for each in recorder.snapshots["node"]]
    (dated,) = [each for each in recorder.snapshots["node"] if "load" in each["metrics"]]
    assert dated == {"tags": own, "timestamp": 1_700_000_000_000, "metrics": {"load": 0.5}}

    # beside them what every scrape says of itself; what is no number is left out
    assert recorder.value("node", "up") == 1
    assert recorder.value("node", "scrape_samples_scraped") == 3
    assert 0 <= recorder.value("node", "scrape_duration_seconds") < 10
    assert not [each for each in recorder.snapshots["node"] if "nothing" in each["metrics"]]


def test_no_tag_of_a_sample_is_lost_to_one_of_the_target(server: Exporter, recorder: Recorder) -> None:
    server.pages["/metrics"] = b'x{job="a",exported_job="b",instance="",exported_exported_job="c"} 1\n'

    puller(recorder).run(pull(job(f"{server.url}/metrics", "node")))

    (tags,) = [each["tags"] for each in recorder.snapshots["node"] if "x" in each["metrics"]]
    assert tags == {
        "job": "node",
        "instance": server.url.removeprefix("http://"),
        "exported_exported_exported_job": "a",
        "exported_job": "b",
        "exported_exported_job": "c",
    }


def test_an_answer_with_its_length_need_not_end_a_line(server: Exporter, recorder: Recorder) -> None:
    server.pages["/metrics"], server.headers = b"bytes_total 12", {"Content-Length": "14"}

    (scrape,) = puller(recorder).run(pull(job(f"{server.url}/metrics")))

    assert (scrape.error, recorder.value("job", "bytes_total")) == (None, 12)


def test_targets_that_hang_keep_nobody_waiting(server: Exporter, recorder: Recorder) -> None:
    server.pages["/metrics"] = b"x 1\n"
    hanging = [job(f"{server.url}/hang", f"hang{number}", timeout=30) for number in range(5)]
    good = {f"good{number}" for number in range(35)}
    jobs = (*hanging, *(job(f"{server.url}/metrics", name, timeout=30) for name in good))
    running = ThreadPoolExecutor(1)
    scrapes = running.submit(puller(recorder).run, pull(*jobs))

    # all others are recorded while these five still hang
    give_up = time.monotonic() + 25
    while recorder.snapshots.keys() != good and time.monotonic() < give_up:
        time.sleep(0.01)
    assert recorder.snapshots.keys() == good

    # what becomes of these is told with the rest
    server.released.set()
    down = {each.target_id: each.error for each in scrapes.result(60) if each.state is ScrapeState.DOWN}
    assert down == {each.id: "no proper answer: the other side hung up" for each in hanging}
    running.shutdown()


def test_a_target_that_does_not_answer_in_its_time_is_down(server: Exporter, recorder: Recorder) -> None:
    (scrape,) = puller(recorder).run(pull(job(f"{server.url}/hang", timeout=1)))

    assert (scrape.state, scrape.error) == (ScrapeState.DOWN, "no proper answer: timed out")
    assert scrape.seconds > 0.9
    assert recorder.value("job", "up") == 0


def test_rules_keep_and_drop(server: Exporter, recorder: Recorder) -> None:
    server.pages["/metrics"] = b'cpu{mode="idle"} 1\ncpu{mode="user"} 2\ngo_threads 3\nup_since 4\n'
    rules = (
        Relabel(RelabelAction.DROP, ("__name__",), "go_.*"),
        Relabel(RelabelAction.KEEP, ("__name__", "mode"), "cpu;user|up_.*;"),
    )

    (scrape,) = puller(recorder).run(pull(job(f"{server.url}/metrics", relabel=rules)))

    names = sorted(name for each in recorder.snapshots["job"] for name in each["metrics"])
    assert names == ["cpu", "scrape_duration_seconds", "scrape_samples_scraped", "up", "up_since"]
    assert scrape.samples == 2


def test_more_samples_than_the_limit_are_none(server: Exporter, recorder: Recorder) -> None:
    server.pages["/metrics"] = b"".join(b"x%d 1\n" % number for number in range(11))
    over, within = (
        job(f"{server.url}/metrics", "over", sample_limit=10),
        job(f"{server.url}/metrics", "within", sample_limit=11),
    )

    scrapes = {each.target_id: each for each in puller(recorder).run(pull(over, within))}

    assert scrapes["over"].state is ScrapeState.DOWN
    assert "sampleLimit" in str(scrapes["over"].error)
    assert (recorder.value("over", "up"), len(recorder.snapshots["over"])) == (0, 1)
    assert scrapes["within"].samples == 11


def test_secrets_are_sent_along(server: Exporter, recorder: Recorder) -> None:
    server.pages["/metrics"] = b"x 1\n"
    sealed = {"bearerToken": "s3cret", "headers": '{"X-Scope": "team-a"}'}

    puller(recorder).run(pull(job(f"{server.url}/metrics", sealed=sealed)))

    ((_, headers),) = server.asked
    assert (headers["authorization"], headers["x-scope"]) == ("Bearer s3cret", "team-a")


@pytest.mark.parametrize(
    ("path", "status", "headers", "body", "error"),
    [
        ("/metrics", 404, {}, b"", "answered 404"),
        ("/metrics", 302, {"Location": "http://169.254.169.254/"}, b"", "answered 302"),
        ("/metrics", 200, {"Content-Type": "text/html"}, b"<html>\n", "line 1"),
        ("/metrics", 200, {"Content-Length": "16"}, b"bytes_total 12", "only 14 bytes"),
        ("/metrics", 200, {}, b"bytes_total 12", "cut off"),
        ("/metrics", 200, {"Content-Encoding": "br"}, b"x", "compressed"),
        ("/metrics", 200, {"Content-Encoding": "gzip"}, b"no gzip", "damaged"),
        ("/metrics", 200, {"Content-Encoding": "gzip"}, gzip.compress(b"x 1\n")[:-9], "cut off"),
        ("/metrics", 200, {"Content-Encoding": "gzip"}, gzip.compress(b" " * 100_000_000, 9), f"more than {MAX_BODY}"),
        ("/endless", 200, {}, b"", f"more than {MAX_BODY}"),
    ],
    ids=["missing", "redirect", "page", "half", "half-unseen", "brotli", "no-gzip", "half-gzip", "bomb", "endless"],
)
def test_answers_that_are_no_exposition_are_refused(
    server: Exporter, recorder: Recorder, path: str, status: int, headers: dict[str, str], body: bytes, error: str
) -> None:
    server.pages["/metrics"], server.status, server.headers = body, status, headers

    (scrape,) = puller(recorder).run(pull(job(f"{server.url}{path}")))

    assert scrape.state is ScrapeState.DOWN
    assert error in str(scrape.error)
    assert recorder.value("job", "up") == 0
    assert len(server.asked) == 1
    assert server.sent < 3 * MAX_BODY  # what the sockets' buffers held, and no more


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "2130706433", "0x7f.1", "017700000001", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "10.0.0.7",
     "169.254.169.254", "[fd00:ec2::254]", "[64:ff9b::a9fe:a9fe]", "metadata.example.com", "mixed.example.com"],
)  # fmt: skip
def test_addresses_inside_are_refused(recorder: Recorder, host: str) -> None:
    names = {"metadata.example.com": ["169.254.169.254"], "mixed.example.com": ["203.0.113.7", "10.0.0.7"]}

    def resolve(name: str, port: int) -> list[tuple[socket.AddressFamily, str]]:
        return [(socket.AF_INET, address) for address in names.get(name, [name])]

    source = PrometheusSource(Http(Guard(), resolve=resolve))

    (scrape,) = puller(recorder, source=source).run(pull(job(f"http://{host}:1/metrics")))

    assert "refused" in str(scrape.error)
    assert scrape.error != "no connection: refused"


def test_a_network_is_allowed_by_name_and_metadata_never_is() -> None:
    from ipaddress import ip_network

    guard = Guard(networks=(ip_network("10.1.0.0/16"), ip_network("0.0.0.0/0"), ip_network("::/0")))

    guard.check("10.1.2.3")
    guard.check("127.0.0.1")
    for never in ("169.254.169.254", "fd00:ec2::254", "::ffff:169.254.169.254", "0.0.0.0", "224.0.0.1"):
        with pytest.raises(Exception, match=r"never called|no single host"):
            guard.check(never)


def test_one_targets_accident_is_not_anothers(server: Exporter, recorder: Recorder) -> None:
    server.pages["/metrics"] = b"x 1\n"

    class Accident:
        def instance(self, given: Job) -> str:
            """Somewhere."""
            return given.name

        def fetch(self, given: Job, secrets: Mapping[str, str]) -> Fetched:
            """Nothing good."""
            if given.name == "broken":
                raise RuntimeError("a bug, with a s3cret in its words")
            if given.name == "down":
                raise ScrapeFailed("no connection: refused")
            return PrometheusSource(Http(LOOPBACK)).fetch(given, secrets)

    road = Road()
    url = f"{server.url}/metrics"

    puller(recorder, road, Accident()).run(pull(job(url, "broken"), job(url, "down"), job(url, "good")))

    ((broken, down, good),) = road.sent
    assert broken.error == "an internal error; see the log"
    assert down.error == "no connection: refused"
    assert (good.state, good.error) == (ScrapeState.UP, None)


def test_samples_that_the_service_does_not_take_are_told(server: Exporter, recorder: Recorder) -> None:
    server.pages["/metrics"] = b"x 1\n"
    recorder.is_down = True

    (scrape,) = puller(recorder).run(pull(job(f"{server.url}/metrics")))

    # the target is well; it is the service that is not
    assert scrape.state is ScrapeState.UP
    assert scrape.error == "the service did not take the samples: it answered 503"
    assert scrape.samples == 0


def test_a_message_that_comes_too_late_does_nothing(recorder: Recorder) -> None:
    road = Road()
    late = Pull(
        at=time.time_ns() // 1_000_000 - LATE_AFTER_MS - 1000, token="token", jobs=(job("http://127.0.0.1:1/"),)
    )

    assert puller(recorder, road).run(late) == []
    assert road.sent == []
