"""Every option of the agent: its name in the file, in the environment and as a flag, its kind, bounds and default.

docs/agent.md lists the same, and a test compares them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["text", "whole", "flag", "names", "pairs"]
PROBE_NAMES = ("cpu", "system", "memory", "disks", "network", "processes", "containers")
MOST_SAMPLES = 100_000_000


@dataclass(frozen=True)
class Option:
    """`key` is its path in the file: `spool.bytes` is `bytes` in the section `[spool]`."""

    key: str
    kind: Kind
    default: Any
    about: str
    least: int = 0
    most: int = 0

    @property
    def flag(self) -> str:
        """`--spool-bytes`."""
        return "--" + self.key.replace(".", "-").replace("_", "-")

    @property
    def variable(self) -> str:
        """`PERFMON_SPOOL_BYTES`."""
        return "PERFMON_" + self.key.replace(".", "_").upper()

    @property
    def field(self) -> str:
        """Its name in Configuration: `spool_bytes`."""
        return self.key.replace(".", "_")


OPTIONS = (
    Option("url", "text", "http://127.0.0.1:8000/api", "where the API is"),
    Option("token_file", "text", "", "a file that holds the token, readable by the agent alone"),
    Option("host", "text", "", "the tag `host`; empty = this host's name"),
    Option("tags", "pairs", {}, "tags of every figure, up to ten"),
    Option("interval", "whole", 10, "seconds between readings, which are stamped on multiples of it", 1, 3600),
    Option("buffer", "whole", 100_000, "samples kept in memory; the oldest go first", 100, MOST_SAMPLES),
    Option("spool.directory", "text", "", "where samples wait on disk while the API is away; empty = by the system"),
    Option("spool.bytes", "whole", 64 << 20, "most bytes of the spool; the oldest go first; 0 = no spool", 0, 1 << 40),
    Option("disabled", "names", (), "probes to leave out"),
    Option("cpu.per_core", "flag", True, "`cpu_core_usage` for every core as well"),
    Option("processes.top", "whole", 5, "names with the most CPU time, and with the most memory", 0, 50),
    Option("processes.names", "whole", 100, "most names told of since the start; later ones are `other`", 1, 10_000),
    Option("processes.watch", "names", (), "names whose `process_up` is told"),
    Option("serve.address", "text", "127.0.0.1:9105", "where `perfmon-agent serve` answers"),
)
# In the file only: [plugins.NAME] has `command`, and these of its own.
PLUGIN_OPTIONS = (
    Option("command", "names", (), "the program and its arguments"),
    Option("interval", "whole", 60, "seconds between the beginnings of two runs", 1, 86_400),
    Option("timeout", "whole", 10, "seconds until a run is ended", 1, 3600),
)
