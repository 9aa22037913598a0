"""The whole service on one machine: real PostgreSQL and Valkey, an AWS emulator, the API and its workers."""
