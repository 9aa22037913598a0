-- Compacted samples: packed blocks by metric type and hour, in partitions that retention drops whole.

CREATE TABLE blocks (
    kept_until date NOT NULL,             -- the partition: all in it may go when this day has begun
    hour timestamptz NOT NULL,
    metric integer NOT NULL,
    sequence bigint NOT NULL,             -- of the newest head in it: of equal times the block with the highest wins
    is_full boolean NOT NULL,             -- from a compaction of the whole hour; others hold what came in since
    first_series bigint NOT NULL,         -- the lowest and the highest series id in it
    last_series bigint NOT NULL,
    samples integer NOT NULL,
    payload bytea NOT NULL                -- chalicelib/tsdb/blocks.py
) PARTITION BY RANGE (kept_until);
ALTER TABLE blocks ALTER COLUMN payload SET STORAGE EXTERNAL; -- packed already
CREATE INDEX blocks_by_metric ON blocks (metric, hour);

-- What compaction needs to know of an hour without reading its blocks.
CREATE TABLE hours (
    hour timestamptz PRIMARY KEY,
    full_samples bigint NOT NULL DEFAULT 0,
    small_samples bigint NOT NULL DEFAULT 0,
    kept_until date NOT NULL              -- of the newest block of the hour
);

-- One row, locked by whoever compacts.
CREATE TABLE compaction (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    compacted_at timestamptz
);
INSERT INTO compaction DEFAULT VALUES;
