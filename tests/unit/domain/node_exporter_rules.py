"""Forty alerting rules that people commonly have for node_exporter, and what is to become of each."""

from __future__ import annotations

# name -> (PromQL, the rule in short, or "no: " and why not)
COMMON_RULES: dict[str, tuple[str, str]] = {
    "HostOutOfMemory": (
        "node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes * 100 < 10",
        "avg memory_usage in 60 s greater_than 90 by host",
    ),
    "HostOutOfMemoryOldKernel": (
        (
            "(node_memory_MemFree_bytes + node_memory_Cached_bytes + node_memory_Buffers_bytes) / "
            "node_memory_MemTotal_bytes * 100 < 10"
        ),
        "avg memory_usage in 60 s greater_than 90 by host",
    ),
    "HostMemoryUnderMemoryPressure": (
        "rate(node_vmstat_pgmajfault[1m]) > 1000",
        "rate node_vmstat_pgmajfault in 60 s greater_than 1000 by host",
    ),
    "HostUnusualNetworkThroughputIn": (
        "sum by (instance) (rate(node_network_receive_bytes_total[2m])) / 1024 / 1024 > 100",
        "rate node_network_receive_bytes_total in 120 s greater_than 104857600 by host",
    ),
    "HostUnusualNetworkThroughputOut": (
        "sum by (instance) (rate(node_network_transmit_bytes_total[2m])) / 1024 / 1024 > 100",
        "rate node_network_transmit_bytes_total in 120 s greater_than 104857600 by host",
    ),
    "HostUnusualDiskReadRate": (
        "sum by (instance) (rate(node_disk_read_bytes_total[2m])) / 1024 / 1024 > 50",
        "rate node_disk_read_bytes_total in 120 s greater_than 52428800 by host",
    ),
    "HostUnusualDiskWriteRate": (
        "sum by (instance) (rate(node_disk_written_bytes_total[2m])) / 1024 / 1024 > 50",
        "rate node_disk_written_bytes_total in 120 s greater_than 52428800 by host",
    ),
    "HostOutOfDiskSpace": (
        (
            "(node_filesystem_avail_bytes * 100) / node_filesystem_size_bytes < 10 and ON (instance, device, "
            "mountpoint) node_filesystem_readonly == 0"
        ),
        "avg disk_usage in 60 s greater_than 90 by host, mount",
    ),
    "DiskUsedPercent": (
        (
            '100 - (node_filesystem_avail_bytes{fstype!~"tmpfs|overlay",mountpoint="/"} / '
            'node_filesystem_size_bytes{fstype!~"tmpfs|overlay",mountpoint="/"} * 100) > 85'
        ),
        "avg disk_usage mount=/ in 60 s greater_than 85 by host, mount",
    ),
    "HostDiskWillFillIn24Hours": (
        (
            'predict_linear(node_filesystem_avail_bytes{fstype!~"tmpfs"}[1h], 24 * 3600) < 0 and ON (instance, '
            "device, mountpoint) node_filesystem_readonly == 0"
        ),
        "no: the expression predicts; a rule here judges what was measured",
    ),
    "HostOutOfInodes": (
        "node_filesystem_files_free / node_filesystem_files * 100 < 10",
        (
            "no: the expression divides two metrics (node_filesystem_files_free by node_filesystem_files), and "
            "the agent has no metric for it"
        ),
    ),
    "HostFilesystemDeviceError": (
        'node_filesystem_device_error{fstype!~"^(fuse.*|tmpfs|cifs|nfs)"} == 1',
        (
            "last node_filesystem_device_error fstype=!~^(fuse.*|tmpfs|cifs|nfs) in 60 s equal 1 by host, "
            "device, mountpoint"
        ),
    ),
    "HostFilesystemReadOnly": (
        'node_filesystem_readonly{mountpoint!~"/run.*|/sys.*"} == 1',
        "last node_filesystem_readonly mountpoint=!~/run.*|/sys.* in 60 s equal 1 by host, device, mountpoint",
    ),
    "HostUnusualDiskReadLatency": (
        (
            "rate(node_disk_read_time_seconds_total[1m]) / rate(node_disk_reads_completed_total[1m]) > 0.1 and "
            "rate(node_disk_reads_completed_total[1m]) > 0"
        ),
        (
            "no: the expression divides two metrics (rate(node_disk_read_time_seconds_total) by "
            "rate(node_disk_reads_completed_total)), and the agent has no metric for it"
        ),
    ),
    "HostUnusualDiskIo": (
        "rate(node_disk_io_time_seconds_total[5m]) > 0.8",
        "rate node_disk_io_time_seconds_total in 300 s greater_than 0.8 by host, device",
    ),
    "HostHighCpuLoad": (
        '100 - (avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[5m])) * 100) > 80',
        "avg cpu_usage in 300 s greater_than 80 by host",
    ),
    "HostCpuStealNoisyNeighbor": (
        'avg by (instance) (rate(node_cpu_seconds_total{mode="steal"}[5m])) * 100 > 10',
        "avg cpu_steal in 300 s greater_than 10 by host",
    ),
    "HostCpuHighIowait": (
        'avg by (instance) (rate(node_cpu_seconds_total{mode="iowait"}[5m])) * 100 > 10',
        "avg cpu_iowait in 300 s greater_than 10 by host",
    ),
    "HostHighLoad": (
        'node_load5 / count by (instance) (node_cpu_seconds_total{mode="idle"}) > 1.5',
        "avg system_load in 300 s greater_than 1.5 by host",
    ),
    "HostContextSwitching": (
        (
            "rate(node_context_switches_total[5m]) / count without (cpu, mode) "
            '(node_cpu_seconds_total{mode="idle"}) > 10000'
        ),
        (
            "no: the expression divides two metrics (rate(node_context_switches_total) by "
            "count(node_cpu_seconds_total)), and the agent has no metric for it"
        ),
    ),
    "HostSwapIsFillingUp": (
        "(1 - (node_memory_SwapFree_bytes / node_memory_SwapTotal_bytes)) * 100 > 80",
        "avg swap_usage in 60 s greater_than 80 by host",
    ),
    "HostSystemdServiceCrashed": (
        'node_systemd_unit_state{state="failed"} == 1',
        "last node_systemd_unit_state state=failed in 60 s equal 1 by host, name",
    ),
    "HostPhysicalComponentTooHot": (
        "node_hwmon_temp_celsius > 75",
        "last node_hwmon_temp_celsius in 60 s greater_than 75 by host, chip, sensor",
    ),
    "HostRaidArrayGotInactive": (
        'node_md_state{state="inactive"} > 0',
        "last node_md_state state=inactive in 60 s greater_than 0 by host, device",
    ),
    "HostRaidDiskFailure": (
        'node_md_disks{state="failed"} > 0',
        "last node_md_disks state=failed in 60 s greater_than 0 by host, device",
    ),
    "HostOomKillDetected": (
        "increase(node_vmstat_oom_kill[1m]) > 0",
        "increase node_vmstat_oom_kill in 60 s greater_than 0 by host",
    ),
    "HostEdacCorrectableErrorsDetected": (
        "increase(node_edac_correctable_errors_total[1m]) > 0",
        "increase node_edac_correctable_errors_total in 60 s greater_than 0 by host, controller",
    ),
    "HostEdacUncorrectableErrorsDetected": (
        "node_edac_uncorrectable_errors_total > 0",
        "last node_edac_uncorrectable_errors_total in 60 s greater_than 0 by host, controller",
    ),
    "HostNetworkReceiveErrors": (
        "rate(node_network_receive_errs_total[2m]) / rate(node_network_receive_packets_total[2m]) > 0.01",
        (
            "no: the expression divides two metrics (rate(node_network_receive_errs_total) by "
            "rate(node_network_receive_packets_total)), and the agent has no metric for it"
        ),
    ),
    "HostNetworkInterfaceSaturated": (
        (
            '(rate(node_network_receive_bytes_total{device!~"^tap.*"}[1m]) + '
            'rate(node_network_transmit_bytes_total{device!~"^tap.*"}[1m])) / '
            'node_network_speed_bytes{device!~"^tap.*"} > 0.8'
        ),
        (
            "no: the expression divides two metrics (rate(node_network_receive_bytes_total), "
            "rate(node_network_transmit_bytes_total) by node_network_speed_bytes), and the agent has no metric "
            "for it"
        ),
    ),
    "HostNetworkInterfaceDown": (
        'node_network_up{device!~"lo|veth.*|docker.*"} == 0',
        "last node_network_up device=!~lo|veth.*|docker.* in 60 s equal 0 by host, device",
    ),
    "HostNetworkBondDegraded": (
        "(node_bonding_active - node_bonding_slaves) != 0",
        "no: the expression adds or compares several metrics: node_bonding_active, node_bonding_slaves",
    ),
    "HostConntrackLimit": (
        "node_nf_conntrack_entries / node_nf_conntrack_entries_limit > 0.8",
        (
            "no: the expression divides two metrics (node_nf_conntrack_entries by "
            "node_nf_conntrack_entries_limit), and the agent has no metric for it"
        ),
    ),
    "HostClockSkew": (
        "abs(node_timex_offset_seconds) > 0.05",
        "last node_timex_offset_seconds in 60 s outside_range -0.05 to 0.05 by host",
    ),
    "HostClockSkewGrowing": (
        (
            "(node_timex_offset_seconds > 0.05 and deriv(node_timex_offset_seconds[5m]) >= 0) or "
            "(node_timex_offset_seconds < -0.05 and deriv(node_timex_offset_seconds[5m]) <= 0)"
        ),
        "no: the expression mixes or with and",
    ),
    "HostClockNotSynchronising": (
        "min_over_time(node_timex_sync_status[1m]) == 0 and node_timex_maxerror_seconds >= 16",
        (
            "min node_timex_sync_status in 60 s equal 0 and last node_timex_maxerror_seconds in 60 s "
            "greater_than_or_equal 16 by host"
        ),
    ),
    "HostRequiresReboot": (
        "node_reboot_required > 0",
        "last node_reboot_required in 60 s greater_than 0 by host",
    ),
    "HostRebooted": (
        "time() - node_boot_time_seconds < 600",
        "last uptime in 60 s less_than 600 by host",
    ),
    "InstanceDown": (
        'up{job="node"} == 0',
        "last up job=node in 60 s equal 0 by host",
    ),
    "ExporterAbsent": (
        'absent(up{job="node"})',
        "count up job=node in 300 s less_than 1 noData alert",
    ),
}
