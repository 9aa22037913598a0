"""Plugins print figures; whatever else they do harms nobody but themselves."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from perfmon_agent.parsing import PluginOptions
from perfmon_agent.plugin_lines import MOST_READINGS, parse
from perfmon_agent.plugins import Plugins
from perfmon_agent.reading import Reading
from perfmon_agent.running import MOST_BYTES, CannotRun, Program

Script = Callable[[str], tuple[str, ...]]


@pytest.fixture
def script(tmp_path: Path) -> Script:
    """Makes executables."""

    def make(text: str) -> tuple[str, ...]:
        path = tmp_path / f"plugin-{len(list(tmp_path.iterdir()))}"
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
        return (str(path),)

    return make


def wait_for(readings: Plugins, wanted: str) -> list[Reading]:
    """Everything read until a metric of this name came."""
    found: list[Reading] = []
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        found += readings.read(time.monotonic())
        if any(each.name == wanted for each in found):
            return found
        time.sleep(0.01)
    raise AssertionError(f"{wanted} did not come: {found}")


def test_a_line_is_a_name_a_value_a_unit_and_tags() -> None:
    readings, bad = parse(
        "# a comment\n\n"
        "queue_length 7 count queue=print\n"
        'backup.age 3.5e3 s job="every night" kind=full\n'
        "temperature -4\n"
        "share 0.5 - a=b\n"
        "direct 1 a=b=c\n"
    )
    assert bad == []
    assert readings == [
        Reading("queue_length", 7, "count", {"queue": "print"}),
        Reading("backup.age", 3500, "s", {"job": "every night", "kind": "full"}),
        Reading("temperature", -4, ""),
        Reading("share", 0.5, "", {"a": "b"}),
        Reading("direct", 1, "", {"a": "b=c"}),
    ]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("alone", "name value unit"),
        ("1st 5", "the name must be"),
        ("a b", "'b' is not a number"),
        ("a nan", "must be finite"),
        ("a inf", "must be finite"),
        ("a 1 s oops", "'oops' must be tag=value"),
        ("a 1 s t=", "'t=' must be tag=value"),
        ("a 1 " + "u" * 33, "the unit is longer"),
        ("a 1 s " + " ".join(f"t{number}=x" for number in range(11)), "more than 10 tags"),
        ('a 1 s t="open', "No closing quotation"),
        ("n" * 129 + " 1", "the name must be"),
    ],
)
def test_a_bad_line_is_told_and_the_others_count(line: str, why: str) -> None:
    readings, bad = parse(f"before 1\n{line}\nafter 2")
    assert [each.name for each in readings] == ["before", "after"]
    (told,) = bad
    assert told.startswith("line 2 ")
    assert why in told


@pytest.mark.parametrize(("own", "taken"), [(9, True), (10, False)])
def test_a_line_has_no_more_tags_than_a_series_may_have_with_the_agents(own: int, taken: bool) -> None:
    agents = ["host", *(f"a{number}" for number in range(10))]
    readings, bad = parse("figure 1 s " + " ".join(f"t{number}=x" for number in range(own)), agents)
    assert bool(readings) is taken
    assert [line.partition(": ")[2] for line in bad] == (
        []
        if taken
        else ["with the agent's 11 tags (host and `tags`) there are 21, more than the 20 that a series may have"]
    )


def test_a_tag_that_the_agent_has_too_counts_once() -> None:
    agents = ["host", *(f"t{number}" for number in range(10))]
    readings, bad = parse("figure 1 s " + " ".join(f"t{number}=x" for number in range(10)), agents)
    assert (len(readings), bad) == (1, [])


def test_a_plugins_lines_are_bounded_by_the_agents_tags(script: Script, caplog: pytest.LogCaptureFixture) -> None:
    ten = " ".join(f"t{number}=x" for number in range(10))
    plugins = Plugins(
        [PluginOptions("p", script(f"echo many 1 s {ten}; echo few 1"), 60, 60)], [f"a{number}" for number in range(11)]
    )
    try:
        assert "many" not in {each.name for each in wait_for(plugins, "few")}
    finally:
        plugins.close()
    assert "with the agent's 11 tags" in caplog.text


def test_a_run_may_not_print_without_end() -> None:
    readings, bad = parse("a 1\n" * (MOST_READINGS + 3))
    assert (len(readings), len(bad)) == (MOST_READINGS, 3)


def test_a_slow_plugin_delays_no_other_and_no_reading(script: Script) -> None:
    slow = PluginOptions("slow", script("exec sleep 60"), 60, 60)
    quick = PluginOptions("quick", script("echo answers 42 count"), 60, 60)
    plugins = Plugins([slow, quick])
    found = wait_for(plugins, "answers")
    plugins.close()
    assert [(each.value, each.unit) for each in found if each.name == "answers"] == [(42, "count")]
    assert not [each for each in found if each.name == "agent_plugin_duration" and each.tags["plugin"] == "slow"]


def test_the_first_reading_leaves_what_a_quick_plugin_printed_to_the_next(
    script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugins = Plugins([PluginOptions("quick", script("echo figure 1"), 60, 5)])
    begin = threading.Thread.start

    def begin_and_let_it_run(thread: threading.Thread) -> None:
        begin(thread)
        if thread.name == "quick":
            plugins.wait_for_all()

    monkeypatch.setattr(threading.Thread, "start", begin_and_let_it_run)
    first = [each.name for each in plugins.read(0)]
    second = [each.name for each in plugins.read(0)]
    plugins.close()
    assert "figure" not in first
    assert "figure" in second


def test_what_a_run_printed_is_told_once_and_bad_lines_are_counted(
    script: Script, caplog: pytest.LogCaptureFixture
) -> None:
    plugins = Plugins([PluginOptions("p", script("echo good 1; echo bad; echo worse"), 60, 60)])
    found = [*wait_for(plugins, "good"), *plugins.read(0.0), *plugins.read(0.0)]
    plugins.close()
    assert [each.name for each in found].count("good") == 1
    assert found[-1] == Reading("agent_plugin_bad_lines_total", 2, "count", {"plugin": "p"})
    assert caplog.text.count("plugin p prints 2 bad lines, the first: line 2 'bad'") == 1


def test_a_plugin_runs_again_after_its_interval_and_tells_its_failure_once(
    script: Script, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    count = tmp_path / "count"
    text = f"echo x >> {count}; echo runs $(wc -l < {count}); echo broken pipe >&2; exit 3"
    plugins = Plugins([PluginOptions("p", script(text), 1, 60)])
    wait_for(plugins, "runs")
    found = wait_for(plugins, "runs")
    plugins.close()
    assert next(each.value for each in found if each.name == "runs") == 2
    failures = [each.value for each in found if each.name == "agent_plugin_failures_total"]
    assert failures[-1] == 2
    assert caplog.text.count("plugin p ended with exit code 3: broken pipe") == 1


def test_a_plugin_that_takes_too_long_is_ended_with_all_it_started(script: Script, tmp_path: Path) -> None:
    child = tmp_path / "child"
    program = Program(script(f"echo early 1; sleep 600 & echo $! > {child}; wait"))
    with pytest.raises(CannotRun, match="took longer than 1 s and was ended") as caught:
        program.run(timeout=1)
    assert caught.value.output == "early 1\n"
    deadline = time.monotonic() + 30
    status = Path(f"/proc/{child.read_text().strip()}/stat")
    while status.exists() and ") Z " not in status.read_text():  # whoever adopts it may take a moment
        assert time.monotonic() < deadline


def test_a_plugin_gets_no_secret_of_the_agent(script: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PERFMON_TOKEN", "pm_secret")
    output = Program(script("env")).run(timeout=60)
    assert "PATH=" in output
    assert "pm_secret" not in output


def test_endless_output_costs_bounded_memory(script: Script) -> None:
    output = Program(script(f"head -c {8 * MOST_BYTES} /dev/zero; head -c {MOST_BYTES} /dev/zero >&2")).run(timeout=60)
    assert len(output) == MOST_BYTES


def test_what_everybody_could_have_written_is_not_run(script: Script) -> None:
    command = script("echo a 1")
    Path(command[0]).chmod(0o757)
    with pytest.raises(CannotRun, match=r"writable by everybody \(chmod o-w\)"):
        Program(command).run(timeout=60)


@pytest.mark.parametrize("command", ["/does/not/exist", "no-such-program-anywhere"])
def test_a_plugin_that_is_not_there_is_said(command: str) -> None:
    with pytest.raises(CannotRun, match="is not there or not executable"):
        Program([command]).run(timeout=60)
