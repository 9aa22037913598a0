"""Flags before environment before file before defaults; every mistake is one sentence with the way out."""

from __future__ import annotations

from pathlib import Path

import pytest
from perfmon_agent import configuration
from perfmon_agent.configuration import Configuration, is_private
from perfmon_agent.mistakes import ConfigurationError
from perfmon_agent.options import PROBE_NAMES
from perfmon_agent.parsing import PluginOptions
from perfmon_agent.placing import default_spool
from perfmon_agent.probes import PROBES

NOWHERE = Path("/does/not/exist")


def of_file(tmp_path: Path, text: str, *arguments: str, **environment: str) -> Configuration:
    """What a file makes of a configuration."""
    file = tmp_path / "agent.toml"
    file.write_text(text)
    return configuration.read(["check", "--config", str(file), *arguments], environment)


def test_a_flag_wins_over_a_variable_over_the_file_over_the_default(tmp_path: Path) -> None:
    text = "interval = 20\nbuffer = 2000\nhost = 'file'"
    given = of_file(tmp_path, text, "--interval", "40", PERFMON_INTERVAL="30", PERFMON_BUFFER="3000")
    assert (given.interval, given.buffer, given.host) == (40, 3000, "file")
    assert given.url == "http://127.0.0.1:8000/api"


def test_a_file_can_set_everything(tmp_path: Path) -> None:
    given = of_file(
        tmp_path,
        """
        url = "https://x/api"
        disabled = ["disks"]
        [tags]
        region = "eu"
        [spool]
        directory = "/var/spool/x"
        bytes = 0
        [cpu]
        per_core = false
        [processes]
        top = 3
        watch = ["nginx", "postgres"]
        [plugins.backup]
        command = ["/bin/echo", "a 1"]
        interval = 300
        """,
        "--host",
        "web-1",
    )
    assert given.all_tags == {"host": "web-1", "region": "eu"}
    assert given.spool_directory == Path("/var/spool/x")
    assert given.spool_bytes == 0
    assert given.cpu_per_core is False
    assert given.processes_watch == ("nginx", "postgres")
    assert given.plugins == (PluginOptions("backup", ("/bin/echo", "a 1"), 300, 10),)


def test_lists_tags_and_switches_are_text_in_variables() -> None:
    environment = {
        "PERFMON_TAGS": "region=eu, role=web",
        "PERFMON_DISABLED": "cpu, disks",
        "PERFMON_CPU_PER_CORE": "no",
    }
    given = configuration.read(["check"], environment, NOWHERE)
    assert given.tags == {"region": "eu", "role": "web"}
    assert given.disabled == ("cpu", "disks")
    assert given.cpu_per_core is False


def test_a_variable_that_is_nearly_one_of_ours_is_warned_of_and_those_of_others_are_not() -> None:
    environment = {"PERFMON_INTERVALL": "5", "PERFMON_TAG": "a=b", "PERFMON_TIMEOUT": "5", "PERFMON_URL": "http://x"}
    given = configuration.read(["check"], environment, NOWHERE)
    assert given.warnings == (
        "PERFMON_INTERVALL is not known; did you mean PERFMON_INTERVAL?",
        "PERFMON_TAG is not known; did you mean PERFMON_TAGS?",
    )


def test_the_token_comes_from_a_file_the_environment_or_systemd(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("pm_file\n")
    named = configuration.read(["--token-file", str(tmp_path / "token")], {"PERFMON_TOKEN": "pm_variable"}, NOWHERE)
    variable = configuration.read([], {"PERFMON_TOKEN": "pm_variable"}, NOWHERE)
    credential = configuration.read([], {"CREDENTIALS_DIRECTORY": str(tmp_path)}, NOWHERE)
    assert [each.token for each in (named, variable, credential)] == ["pm_file", "pm_variable", "pm_file"]


@pytest.mark.parametrize(
    ("arguments", "environment", "message"),
    [
        ([], {}, "There is no token"),
        ([], {"PERFMON_TOKEN": "pm_one pm_two"}, "PERFMON_TOKEN must hold the token and nothing else"),
        ([], {"PERFMON_TOKEN": "pm_ü"}, "PERFMON_TOKEN must hold the token and nothing else"),
        (["--token-file", "/does/not/exist"], {}, "cannot be read"),
        (["--interval", "0"], {"PERFMON_TOKEN": "x"}, "--interval: 0 must be a whole number from 1 to 3600"),
        ([], {"PERFMON_BUFFER": "many"}, "PERFMON_BUFFER: 'many' must be a whole number"),
        (["--url", "ftp://x"], {}, "url: 'ftp://x' must begin with http"),
        (["--intervall", "5"], {}, "There is no flag --intervall; did you mean '--interval'?"),
        (["--host", "h" * 257], {}, "host: must be 1 to 256"),
        (["--tags", "region"], {}, "--tags: 'region' must be written key=value"),
        (["--disabled", "discs"], {}, "there is no probe 'discs'; did you mean 'disks'?"),
        (["--cpu-per-core", "maybe"], {}, "--cpu-per-core: 'maybe' must be true or false"),
        (["--config", "/does/not/exist"], {}, "The configuration cannot be read"),
    ],
    ids=lambda each: "" if isinstance(each, dict) else str(each)[:30],
)
def test_a_wrong_configuration_is_one_sentence(arguments: list[str], environment: dict[str, str], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message.replace("?", r"\?")):
        configuration.read(arguments, environment, NOWHERE)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("intervall = 5", "there is no option 'intervall'; did you mean 'interval'?"),
        ("[spool]\nbites = 5", "there is no option 'spool.bites'; did you mean 'spool.bytes'?"),
        ("top = 5", "there is no option 'top'; did you mean 'processes.top'?"),
        ("xyz = 5", "there is no option 'xyz'; there are buffer, "),
        ("interval = '5'", "interval: '5' must be a whole number from 1 to 3600"),
        ("interval = true\nbuffer = 1", "buffer: 1 must be a whole number"),
        ("disabled = 'cpu'", "disabled: 'cpu' must be a list of texts"),
        ("[tags]\na = 5", "must be up to 10 tags"),
        ("= 5", "is not TOML"),
        ("plugins = 5", r"write a section \[plugins.NAME\]"),
        ("[plugins]\na = 5", r"write a section \[plugins.a\]"),
        ("[plugins.a]\ninterval = 5", "plugins.a: needs its command"),
        ("[plugins.a]\ncommand = ['x']\ntimeot = 5", "there is no option 'timeot'; did you mean 'timeout'?"),
    ],
    ids=lambda each: str(each)[:20].replace("\n", " "),
)
def test_a_mistake_in_the_file_is_named_with_its_place(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message.replace("?", r"\?")):
        of_file(tmp_path, text)


def test_the_spool_is_where_the_system_keeps_such_things() -> None:
    linux = {"system": "linux", "is_root": False}
    assert default_spool({"STATE_DIRECTORY": "/var/lib/perfmon-agent:/x"}) == Path("/var/lib/perfmon-agent/spool")
    assert default_spool({}, system="linux", is_root=True) == Path("/var/lib/perfmon-agent/spool")
    assert default_spool({"HOME": "/home/a"}, **linux) == Path("/home/a/.local/state/perfmon-agent/spool")  # type: ignore[arg-type]
    assert default_spool({"PROGRAMDATA": "D:/Data"}, system="win32") == Path("D:/Data/perfmon-agent/spool")
    mac = default_spool({"HOME": "/Users/a"}, system="darwin", is_root=False)
    assert mac == Path("/Users/a/Library/Application Support/perfmon-agent/spool")


def test_every_probe_can_be_disabled_by_its_name() -> None:
    assert set(PROBE_NAMES) == set(PROBES)


@pytest.mark.parametrize(
    ("url", "private"),
    [
        ("https://x/api", True),
        ("http://127.0.0.1:8000/api", True),
        ("http://[::1]/api", True),
        ("http://x/api", False),
        ("http://127.0.0.1.x/api", False),
    ],
)
def test_a_token_that_everybody_could_read_on_the_way_is_noticed(url: str, private: bool) -> None:
    assert is_private(url) is private
