"""The host agent: reads this machine's figures and sends them as snapshots."""

__version__ = "0.1.0"
