-- What the collector pulls metrics from, and what became of it last.

CREATE TABLE targets (
    id text PRIMARY KEY,
    name text NOT NULL UNIQUE,
    document jsonb NOT NULL,              -- the target as the API writes it, without its secrets
    sealed jsonb NOT NULL,                -- its secrets by name, each a box that only the puller can open
    enabled boolean NOT NULL,
    version integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    planned_until timestamptz NOT NULL DEFAULT '-infinity',  -- its scrapes up to here are on their way
    last_at timestamptz,                  -- of the last scrape: when it began, and what became of it
    last_state text CHECK (last_state IN ('up', 'down')),
    last_error text,
    last_samples integer NOT NULL DEFAULT 0,
    last_rejected integer NOT NULL DEFAULT 0,
    last_seconds double precision NOT NULL DEFAULT 0,
    last_up_at timestamptz,
    collected_until timestamptz           -- of types that are asked for a range: what lies before is here
);

-- The puller's own token, in a box that only it can open; the row is held by whoever plans.
CREATE TABLE collector (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    token_id text,
    token_box text,
    token_made_at timestamptz,
    token_sealed_for text,                -- the public key of the box
    former_token_id text                  -- good until the next one is made: pulls on their way carry it
);
INSERT INTO collector DEFAULT VALUES;
