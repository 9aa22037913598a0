"""What is known of node_exporter's metrics: which labels they carry, and which of the agent's metrics say the same."""

from __future__ import annotations

# Prometheus' name for a host; here every host's tag is `host`.
HOST_LABEL, HOST_TAG = "instance", "host"

# The longest prefix that fits says what tells a metric's series on one host apart.
_LABELS: dict[str, tuple[str, ...]] = {
    "node_cpu_": ("cpu",),
    "node_cpu_seconds_total": ("cpu", "mode"),
    "node_disk_": ("device",),
    "node_edac_": ("controller",),
    "node_filesystem_": ("device", "mountpoint"),
    "node_hwmon_": ("chip", "sensor"),
    "node_md_": ("device",),
    "node_md_disks": ("device", "state"),
    "node_network_": ("device",),
    "node_bonding_": ("master",),
    "node_power_supply_": ("power_supply",),
    "node_systemd_unit_": ("name", "state"),
    "node_thermal_zone_": ("zone", "type"),
    "node_zfs_zpool_": ("zpool", "state"),
    "node_": (),
    "up": ("job",),
}


def labels_of(metric: str) -> tuple[str, ...] | None:
    """The labels beside the host's that tell a metric's series apart; None when the metric is not known."""
    fitting = [prefix for prefix in _LABELS if metric.startswith(prefix) and (prefix != "up" or metric == "up")]
    return _LABELS[max(fitting, key=len)] if fitting else None


# mode of node_cpu_seconds_total -> (agent's metric, scale, shift): the share of time = metric x scale + shift
CPU_MODES: dict[str, tuple[str, float, float]] = {
    "idle": ("cpu_usage", -0.01, 1.0),
    "iowait": ("cpu_iowait", 0.01, 0.0),
    "steal": ("cpu_steal", 0.01, 0.0),
}

# What is divided by -> (what is divided, agent's metric, its tags beside host, a note): the quotient = 1 - metric / 100
SHARES_LEFT: dict[str, list[tuple[frozenset[str], str, tuple[str, ...], str]]] = {
    "node_memory_MemTotal_bytes": [
        (frozenset({"node_memory_MemAvailable_bytes"}), "memory_usage", (), ""),
        (
            frozenset({"node_memory_MemFree_bytes", "node_memory_Cached_bytes", "node_memory_Buffers_bytes"}),
            "memory_usage",
            (),
            "free + cached + buffers is read as available memory, which is nearly the same",
        ),
        (
            frozenset({"node_memory_MemFree_bytes", "node_memory_Cached_bytes"}),
            "memory_usage",
            (),
            "free + cached is read as available memory, which is a little more",
        ),
    ],
    "node_memory_SwapTotal_bytes": [(frozenset({"node_memory_SwapFree_bytes"}), "swap_usage", (), "")],
    "node_filesystem_size_bytes": [
        (frozenset({"node_filesystem_avail_bytes"}), "disk_usage", ("mount",), ""),
        (
            frozenset({"node_filesystem_free_bytes"}),
            "disk_usage",
            ("mount",),
            "disk_usage counts blocks reserved for root as used, node_filesystem_free_bytes as free",
        ),
    ],
}

# Load, divided by the number of cores -> over how many seconds system_load is averaged.
LOAD_WINDOWS = {"node_load1": 60, "node_load5": 300, "node_load15": 900}

# Labels of node_exporter's file systems and what becomes of a matcher on them.
TAG_OF_LABEL = {HOST_LABEL: HOST_TAG, "mountpoint": "mount", HOST_TAG: HOST_TAG}
PSEUDO_FILE_SYSTEM_LABELS = frozenset({"fstype", "device"})
ALWAYS_TRUE_GUARDS = frozenset({"node_filesystem_readonly"})
