-- Channels, what each was told of which alert, and the ledger of every decision with every attempt to deliver it.

CREATE TABLE channels (
    id text PRIMARY KEY,
    name text NOT NULL,
    type text NOT NULL,
    document jsonb NOT NULL,              -- the channel as the API writes it: no secret in it
    sealed jsonb NOT NULL DEFAULT '{}',   -- its secrets, each a box that only the notifier can open
    enabled boolean NOT NULL,
    version integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    disabled_reason text,                 -- why the service itself switched it off
    last_error text,                      -- of the last delivery; null once one succeeded
    last_error_at timestamptz,
    last_sent_at timestamptz
);
CREATE UNIQUE INDEX channels_by_name ON channels (name);

-- What one channel has been told of one episode: the facts of the next decision.
CREATE TABLE tellings (
    alert_id text NOT NULL,
    channel_id text NOT NULL,
    rule_id text NOT NULL,
    state text,                           -- the alert's at the last decision
    told_at timestamptz,                  -- the first time that something was sent
    last_reason text,
    decided_at timestamptz,
    escalates_after integer,              -- seconds; null = not a channel of an escalation
    failed boolean NOT NULL DEFAULT false,-- that it fires could not be delivered, for good
    due_at timestamptz,                   -- when time alone makes another decision possible
    PRIMARY KEY (alert_id, channel_id)
);
CREATE INDEX tellings_due ON tellings (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX tellings_firing ON tellings (alert_id) WHERE state = 'firing';

CREATE TABLE cooldowns (
    rule_id text NOT NULL,
    tags jsonb NOT NULL,
    until timestamptz NOT NULL,
    alert_id text NOT NULL,               -- the episode that began it
    flaps integer NOT NULL DEFAULT 0,
    last_held text NOT NULL DEFAULT '',
    PRIMARY KEY (rule_id, tags)
);

-- The ledger. What is to be sent is queued here in the transaction of the decision, and dispatched from here.
CREATE TABLE notifications (
    id text PRIMARY KEY,
    seq bigint GENERATED ALWAYS AS IDENTITY,
    at timestamptz NOT NULL,              -- of the decision
    alert_id text,                        -- null: a test
    rule_id text NOT NULL DEFAULT '',
    channel_id text NOT NULL,
    channel_name text NOT NULL,
    channel_type text NOT NULL,
    reason text NOT NULL,
    state text NOT NULL CHECK (state IN
        ('not_sent', 'queued', 'dispatched', 'sent', 'uncertain', 'failed', 'dead', 'superseded')),
    mute_id text,                         -- the silence or window it was held back for
    flaps integer NOT NULL DEFAULT 0,
    held_back integer NOT NULL DEFAULT 0, -- how many the rate limit had held back before
    notice jsonb,                         -- what it says; null when nothing goes out
    not_before timestamptz NOT NULL,
    round integer NOT NULL DEFAULT 0,     -- raised each time it is given to the queue anew
    touched_at timestamptz NOT NULL,      -- the last news of it
    sent_at timestamptz,
    provider_id text,
    possible_duplicate boolean NOT NULL DEFAULT false,
    error text
);
CREATE UNIQUE INDEX notifications_by_seq ON notifications (seq);
CREATE INDEX notifications_queued ON notifications (channel_id, rule_id, seq) WHERE state = 'queued';
CREATE INDEX notifications_under_way ON notifications (touched_at) WHERE state = 'dispatched';
CREATE INDEX notifications_dead ON notifications (seq) WHERE state IN ('dead', 'failed');
CREATE INDEX notifications_by_alert ON notifications (alert_id, seq);
CREATE INDEX notifications_by_channel ON notifications (channel_id, seq);
CREATE INDEX notifications_by_time ON notifications (at);

CREATE TABLE attempts (
    notification_id text NOT NULL REFERENCES notifications (id) ON DELETE CASCADE,
    number integer NOT NULL,
    at timestamptz NOT NULL,
    outcome text NOT NULL,
    status integer,                       -- the receiver's, where it has such
    provider_id text,
    error text,
    took_ms double precision NOT NULL,
    PRIMARY KEY (notification_id, number)
);
