-- How many different users there were: an hour's HyperLogLog as Valkey writes it, kept beyond Valkey's own memory.

CREATE TABLE distinct_users (
    hour timestamptz PRIMARY KEY,
    sketch bytea NOT NULL
);
