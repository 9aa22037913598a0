-- Rules, alerts and their history, silences, hosts, the feed of events, and the audit trail.

CREATE TABLE rules (
    id text PRIMARY KEY,
    name text NOT NULL,
    enabled boolean NOT NULL,
    document jsonb NOT NULL,              -- the rule as the API writes it
    version integer NOT NULL DEFAULT 1,   -- raised by every edit
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    last_error text,                      -- why it could not be judged; null once it could again
    last_error_at timestamptz
);

-- One row an episode. The rule may be gone by the time somebody looks: nothing refers to it.
CREATE TABLE alerts (
    id text PRIMARY KEY,
    rule_id text NOT NULL,
    rule_name text NOT NULL,
    metric_types text[] NOT NULL,         -- all that the rule reads
    metric_type text NOT NULL GENERATED ALWAYS AS (metric_types[1]) STORED,
    unit text NOT NULL DEFAULT '',
    severity text NOT NULL,
    state text NOT NULL CHECK (state IN ('pending', 'firing', 'resolved')),
    tags jsonb NOT NULL,                  -- the group's
    value double precision,               -- the value last judged, null = there was none
    threshold double precision,
    message text NOT NULL,
    pending_since timestamptz NOT NULL,
    fired_at timestamptz,
    recovering_since timestamptz,
    silent_since timestamptz,
    acknowledged_at timestamptz,
    acknowledged_by text,
    acknowledgement_comment text,
    acknowledgement_expires_at timestamptz,
    resolved_at timestamptz,
    resolved_reason text,
    resolved_by text,
    version integer NOT NULL DEFAULT 1    -- raised by every change that somebody may have looked at
);
CREATE UNIQUE INDEX alerts_live ON alerts (rule_id, tags) WHERE state <> 'resolved';
CREATE INDEX alerts_by_time ON alerts (pending_since DESC, id);
CREATE INDEX alerts_by_rule ON alerts (rule_id, pending_since DESC);
CREATE INDEX alerts_by_end ON alerts (resolved_at) WHERE state = 'resolved';

-- What every episode went through, with what was seen at each step: readable long after the samples are gone.
CREATE TABLE transitions (
    sequence bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    alert_id text NOT NULL REFERENCES alerts (id) ON DELETE CASCADE,
    at timestamptz NOT NULL,
    source text,
    target text NOT NULL,
    reason text,
    actor text,                           -- who did it, null = the service itself
    evidence jsonb NOT NULL
);
CREATE INDEX transitions_by_alert ON transitions (alert_id, sequence);

-- Silences, and maintenance windows, which recur.
CREATE TABLE silences (
    id text PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('silence', 'maintenance_window')),
    document jsonb NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz,                  -- null: a window without end
    created_at timestamptz NOT NULL
);
CREATE INDEX silences_by_end ON silences (ends_at);

CREATE TABLE hosts (
    name text PRIMARY KEY,
    first_seen timestamptz NOT NULL,
    last_seen timestamptz NOT NULL,
    forgotten_at timestamptz,             -- until it is seen again it is not listed, and its silence is no news
    agent jsonb NOT NULL DEFAULT '{}'     -- what its agent said of itself: version, os, cores, memory, interval
);

-- What clients follow. A row may be read only when no earlier transaction is still open (see storage/postgres/events.py).
CREATE TABLE events (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    writer xid8 NOT NULL DEFAULT pg_current_xact_id(),
    type text NOT NULL,
    at timestamptz NOT NULL,
    data jsonb NOT NULL
);
CREATE INDEX events_by_time ON events (at);

CREATE TABLE audit (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    actor text NOT NULL,
    action text NOT NULL,                 -- created, changed, deleted, …
    resource text NOT NULL,               -- rule, silence, channel, …
    resource_id text NOT NULL,
    before jsonb,
    after jsonb
);
CREATE INDEX audit_by_resource ON audit (resource, resource_id, id);
CREATE INDEX audit_by_time ON audit (at);

-- One row: what the evaluation remembers and counts.
CREATE TABLE evaluation (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    last timestamptz NOT NULL DEFAULT '-infinity',      -- the last instant that was judged
    healthy_since timestamptz NOT NULL DEFAULT '-infinity', -- since when data comes in: before it settles, no data is unknown
    rules_version bigint NOT NULL DEFAULT 0,            -- raised by every change of rules and silences
    pending_dropped bigint NOT NULL DEFAULT 0,
    took_ms double precision
);
INSERT INTO evaluation DEFAULT VALUES;

-- The newest head row that ever became part of a block: who keeps samples in memory sees by it that he missed some.
ALTER TABLE compaction ADD COLUMN newest_head bigint NOT NULL DEFAULT 0;
