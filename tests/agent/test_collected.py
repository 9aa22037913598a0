"""The service's own collector reads from the page of `serve` exactly what the agent has read."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from perfmon_agent.exposition import CONTENT_TYPE, page
from perfmon_agent.reading import Reading, tag

from chalicelib.collectors.exposition import exposed

TEXT = st.text(st.characters(), max_size=300)


@given(value=st.floats(allow_nan=False, allow_infinity=False), mount=TEXT, host=TEXT)
def test_any_value_and_any_text_come_through(value: float, mount: str, host: str) -> None:
    reading = Reading("disk_usage", value, "percent", {"mount": tag(mount)})
    (sample,) = exposed(page([reading], {"host": tag(host)}), CONTENT_TYPE)
    assert (sample.name, sample.value) == ("disk_usage", value)
    assert sample.tags == {"mount": tag(mount), "host": tag(host)}


def test_counters_keep_their_names() -> None:
    (sample,) = exposed(page([Reading("agent_send_errors_total", 3, "count")], {}), CONTENT_TYPE)
    assert (sample.name, sample.value, sample.tags) == ("agent_send_errors_total", 3.0, {})
