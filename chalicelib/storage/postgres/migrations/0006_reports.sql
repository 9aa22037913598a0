-- The history of health checks, schedules of reports, and the reports that were built.

CREATE TABLE health_history (
    minute timestamptz PRIMARY KEY,
    status text NOT NULL,
    checks jsonb NOT NULL                 -- [[name, status, value or null], …]
);

CREATE TABLE report_schedules (
    id text PRIMARY KEY,
    document jsonb NOT NULL,              -- the schedule as the API writes it
    enabled boolean NOT NULL,
    next_due timestamptz NOT NULL,        -- claimed by moving it on
    version integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
CREATE INDEX report_schedules_by_time ON report_schedules (next_due) WHERE enabled;

-- A report that was built on a schedule; a schedule has at most one for each range.
CREATE TABLE reports (
    id text PRIMARY KEY,
    schedule_id text,                     -- the schedule may be gone
    period text NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,         -- exclusive
    created_at timestamptz NOT NULL,
    title text NOT NULL,                  -- the verdict, as it stood in the mail's subject
    document jsonb NOT NULL,
    sent_at timestamptz,                  -- handed to the notification road
    UNIQUE (schedule_id, starts_at, ends_at)
);
CREATE INDEX reports_by_time ON reports (created_at DESC, id);
