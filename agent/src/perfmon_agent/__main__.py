"""`python -m perfmon_agent`."""

import sys

from perfmon_agent.cli import main

sys.exit(main())
