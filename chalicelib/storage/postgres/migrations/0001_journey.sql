-- Tokens, the catalogue of series, the drain's state, head rows, and the tick.

CREATE TABLE tokens (
    id text PRIMARY KEY,
    name text NOT NULL,
    digest text NOT NULL UNIQUE,          -- SHA-256 of the secret, hexadecimal
    scopes text[] NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    last_used_at timestamptz
);

CREATE TABLE metric_types (
    number integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE,
    first_seen timestamptz NOT NULL
);

CREATE TABLE series_catalogue (
    id bigint PRIMARY KEY,                -- 63 bits of a hash of all that follows
    metric integer NOT NULL REFERENCES metric_types (number),
    unit text NOT NULL,
    kind smallint NOT NULL,               -- 0 sampled: one value a time, 1 event: every sample counts
    tags jsonb NOT NULL,
    first_seen timestamptz NOT NULL
);
CREATE INDEX series_catalogue_by_metric ON series_catalogue (metric);

-- One row: how far the stream has been drained, and what was counted on the way.
CREATE TABLE drain (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    entry_id text NOT NULL DEFAULT '0-0', -- the last stream entry that was drained,
    writer bigint NOT NULL DEFAULT 0,     -- and which frame it was: another frame there means that the stream was replaced
    number bigint NOT NULL DEFAULT 0,
    catalogue_epoch bigint NOT NULL DEFAULT 0, -- raised when series are deleted: caches of the catalogue are then void
    frames bigint NOT NULL DEFAULT 0,
    samples bigint NOT NULL DEFAULT 0,
    lost_frames bigint NOT NULL DEFAULT 0,     -- acknowledged, then lost by Valkey
    corrupt_frames bigint NOT NULL DEFAULT 0,
    collisions bigint NOT NULL DEFAULT 0,      -- definitions refused because their id stood for another series
    expired_samples bigint NOT NULL DEFAULT 0, -- waited 24 hours for a definition that never came
    last_loss_at timestamptz,
    drained_at timestamptz
);
INSERT INTO drain DEFAULT VALUES;

-- How many frames of each writer have been drained; see chalicelib/tsdb/frame.py.
CREATE TABLE writers (
    id bigint PRIMARY KEY,
    frames bigint NOT NULL,
    seen_at timestamptz NOT NULL
);

-- Drained samples before compaction: one row a drain and sample hour.
CREATE TABLE heads (
    sequence bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, -- arrival order: of equal times the highest wins
    hour timestamptz NOT NULL,
    arrived_at timestamptz NOT NULL,
    kept_until timestamptz NOT NULL,
    metrics integer[] NOT NULL,           -- the metric types in the payload, in its order
    starts integer[] NOT NULL,            -- where each begins, counted in samples; one more entry for the end
    payload bytea NOT NULL                -- per metric type: ids i64, times i64 (epoch ms), values f64, little-endian
);
ALTER TABLE heads ALTER COLUMN payload SET STORAGE EXTERNAL; -- substring() then reads one metric type's slice
CREATE INDEX heads_by_hour ON heads (hour);

-- Samples whose series nobody has defined yet; a container announces each of its series again every few minutes.
CREATE TABLE waiting_samples (
    sequence bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    series_id bigint NOT NULL,
    arrived_at timestamptz NOT NULL,
    samples integer NOT NULL,
    payload bytea NOT NULL                -- ids i64, times i64 (epoch ms), values f64, little-endian
);
CREATE INDEX waiting_samples_by_series ON waiting_samples (series_id);

-- One row: the last instant of the grid that was evaluated.
CREATE TABLE tick (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    last timestamptz NOT NULL DEFAULT '-infinity'
);
INSERT INTO tick DEFAULT VALUES;
