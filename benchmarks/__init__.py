"""How much CPU the service costs, on a workload that is the same every time."""
