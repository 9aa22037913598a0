"""How the service is brought to life: on one machine (local) and on AWS (aws)."""
