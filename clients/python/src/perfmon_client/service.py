"""The specification's service class: what a program says to the Performance Monitoring Service."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime
from types import TracebackType
from typing import Any
from urllib.parse import quote

from perfmon_client.feed import Feed
from perfmon_client.http import Http
from perfmon_client.listeners import FEED_EVENTS, Listener, Listeners
from perfmon_client.quiet_log import QuietLog
from perfmon_client.recorder import Figures, Recorder
from perfmon_client.sender import Pace
from perfmon_client.timing import Timed
from perfmon_client.wording import in_api_words

RULES = "/monitoring/alerts/rules"
ALERTS = "/monitoring/alerts"
BUFFER_SIZE = 100


class PerformanceMonitoringService:
    """A client of the service at `url` (ends in /api), with a token.

    Recording never raises and never waits: samples are buffered and sent behind the program's back. Everything else is
    a request of its own and raises ApiError or Unreachable. Nothing here keeps a program alive; at its end what is
    buffered is sent. May be used by any number of threads, and before and after a fork.

    Options, durations in seconds: `buffer_size` samples are sent together (METRIC_BUFFER_SIZE, or 100) or when one has
    waited for `flush_interval`; `max_buffered` are held while the service is away, then the oldest go;
    `event_interval` lies between looks at the feed of events; `timeout` ends a request; `close_timeout` ends sending
    what is left; `tags` are those of every sample of this program, a sample's own come first.
    """

    def __init__(
        self,
        url: str,
        token: str,
        *,
        buffer_size: int | None = None,
        flush_interval: float = 1.0,
        max_buffered: int = 10_000,
        event_interval: float = 5.0,
        timeout: float = 10.0,
        close_timeout: float = 5.0,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        if not url.startswith(("http://", "https://")):
            raise ValueError("url: must begin with http:// or https://, and end in /api.")

        def connect() -> Http:
            return Http(url, token, timeouts=(timeout, timeout))

        self._connect = connect
        self._http = connect()
        self._process = os.getpid()
        log = QuietLog()
        self._listeners = Listeners(log)
        self._feed = Feed(connect, event_interval, log, self._listeners.emit)
        self.recorder = Recorder(
            connect,
            Pace(buffer_size or _from_environment(), flush_interval, timeout),
            capacity=max_buffered,
            close_timeout=close_timeout,
            tags=tags or {},
            listeners=self._listeners,
            log=log,
        )

    def record_metric(
        self,
        metric_type: str,
        value: float,
        unit: str | None = None,
        tags: Mapping[str, object] | None = None,
        timestamp: datetime | float | str | None = None,
    ) -> bool:
        """Record one sample. True: it is buffered and will be sent, also when the service is away for a while.

        `metricRecorded` tells when the service has it. Never raises; why a sample was not taken is said in the log.
        `timestamp`: a datetime or ISO 8601 with a zone, or epoch milliseconds; without one, now.
        """
        return self.recorder.record(metric_type, value, unit, tags, timestamp)

    def timed(self, metric_type: str, tags: Mapping[str, object] | None = None) -> Timed:
        """As a context manager or a decorator, also of coroutine functions: record how many milliseconds it took."""
        return Timed(self.recorder, metric_type, tags)

    def flush(self, timeout: float | None = None) -> bool:
        """Send what is buffered now, for `timeout` seconds at most (as long as closing may take).

        True when the service has answered all of it; False: it is kept and tried again.
        """
        return self.recorder.flush(timeout)

    def figures(self) -> Figures:
        """How many samples of this process were sent, wait, and were dropped."""
        return self.recorder.figures()

    def create_alert_rule(self, rule: Mapping[str, Any] | None = None, /, **fields: Any) -> dict[str, Any]:
        """Create a rule, from an object as the API has it or from its fields as names (`metric_type="cpu_usage"`)."""
        return self._object(self._session().post(RULES, in_api_words(rule, fields)))

    def update_alert_rule(
        self, rule_id: str, change: Mapping[str, Any] | None = None, /, **fields: Any
    ) -> dict[str, Any]:
        """Change the fields that are named, None sets one back to its default; the whole rule."""
        return self._object(self._session().put(f"{RULES}/{quote(rule_id, safe='')}", in_api_words(change, fields)))

    def get_alert_rules(self) -> list[dict[str, Any]]:
        """All rules, over all pages."""
        return self._all("rules", RULES)

    def get_active_alerts(self) -> list[dict[str, Any]]:
        """All alerts that fire now, over all pages."""
        return self._all("alerts", f"{ALERTS}/active")

    def acknowledge_alert(self, alert_id: str, comment: str | None = None) -> dict[str, Any]:
        """Say that somebody takes care of an alert; saying it twice is fine."""
        return self._act(alert_id, "acknowledge", comment, repeat=True)

    def resolve_alert(self, alert_id: str, comment: str | None = None) -> dict[str, Any]:
        """End an alert; while the condition still holds, a new one begins."""
        return self._act(alert_id, "resolve", comment, repeat=False)

    def generate_performance_report(
        self, period: str, start_date: datetime | str | None = None, end_date: datetime | str | None = None
    ) -> dict[str, Any]:
        """A report about a range (`hourly`, `daily`, `weekly`, `monthly`); a figure without data is None.

        Midnight UTC as an end means that whole day; without dates, the last complete period. A datetime without a
        zone is refused by the service.
        """
        start, end = (each.isoformat() if isinstance(each, datetime) else each for each in (start_date, end_date))
        path = "/monitoring/reports/performance"
        return self._object(self._session().get(path, period=period, startDate=start, endDate=end))

    def get_system_health(self) -> dict[str, Any]:
        """`status` and `checks`."""
        return self._object(self._session().get("/monitoring/health/system"))

    def on(self, event: str, listener: Listener) -> PerformanceMonitoringService:
        """Call back on every such event, in a thread of the client's.

        `alertTriggered`, `alertAcknowledged`, `alertResolved` and `reportGenerated` come from the feed of events, which
        is followed from the first listener on, in the process that listens, and only while there is one.
        `metricRecorded` is told of each of this client's own samples that the service has accepted.
        """
        self._listeners.add(event, listener)
        if event in FEED_EVENTS:
            self._session()
            self._feed.follow()
        return self

    def off(self, event: str, listener: Listener) -> PerformanceMonitoringService:
        """Take a listener away."""
        self._session()
        self._listeners.remove(event, listener)
        if not self._listeners.has(*FEED_EVENTS):
            self._feed.stop()
        return self

    def close(self) -> None:
        """Send what is left and let go of everything. Calling it twice is fine."""
        http = self._session()
        self._feed.stop()
        self.recorder.close()
        http.close()

    def __enter__(self) -> PerformanceMonitoringService:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _session(self) -> Http:
        """The connection of this process: a forked child must not speak on its parent's."""
        if self._process != os.getpid():
            self._process = os.getpid()
            self._left_behind = self._http  # letting it go could wait for a thread that reads from it in the parent
            self._http = self._connect()
            self._feed.after_fork()
        return self._http

    def _act(self, alert_id: str, verb: str, comment: str | None, *, repeat: bool) -> dict[str, Any]:
        body = {} if comment is None else {"comment": comment}
        path = f"{ALERTS}/{quote(alert_id, safe='')}/{verb}"
        return self._object(self._session().post(path, body, repeat=repeat))

    def _all(self, name: str, path: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        after: str | None = None
        while True:
            page = self._object(self._session().get(path, after=after))
            found.extend(page[name])
            after = page.get("next")
            if after is None:
                return found

    @staticmethod
    def _object(answer: Any) -> dict[str, Any]:
        assert isinstance(answer, dict), answer
        return answer


def _from_environment() -> int:
    given = os.environ.get("METRIC_BUFFER_SIZE", "")
    return int(given) if given.isdecimal() and int(given) else BUFFER_SIZE
