"""The agent as a service of systemd: a user of its own, nothing to write but its spool, bounded memory and tasks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

_TEMPLATE = """\
# Written by `perfmon-agent install`; `systemctl edit perfmon-agent` changes it without being overwritten.
[Unit]
Description=Host agent of the Performance Monitoring Service
Wants=network-online.target
After=network-online.target

[Service]
ExecStart={command}
# Wrong configuration (2) and a refused token (3) do not get better by trying again.
Restart=always
RestartSec=5
RestartPreventExitStatus=2 3
TimeoutStopSec=45

# A user that exists while the service runs; the token stays readable by root alone.
DynamicUser=yes
User=perfmon-agent
LoadCredential=token:{token}
StateDirectory=perfmon-agent
StateDirectoryMode=0700
UMask=0077

# Plugins included.
MemoryHigh=96M
MemoryMax=128M
TasksMax=128
CPUWeight=20

NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
ProtectSystem=strict
# Not `yes`: that would hide how full the file system of /home is.
ProtectHome=read-only
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
RemoveIPC=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target
"""


def unit(command: Sequence[str], token: Path) -> str:
    """The unit file. `token` is read by systemd, as root, and handed to the service as a credential."""
    return _TEMPLATE.format(command=" ".join(map(_quoted, command)), token=str(token).replace("%", "%%"))


def _quoted(word: str) -> str:
    """One word of a command line as systemd reads it."""
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"' if set(word) - _PLAIN else escaped


_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+=:,@%")
