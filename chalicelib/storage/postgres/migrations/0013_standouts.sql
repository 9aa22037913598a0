-- What else changed on the host or service when an alert fired; '' where there was nowhere to look.
CREATE TABLE alert_standouts (
    alert_id text PRIMARY KEY REFERENCES alerts (id) ON DELETE CASCADE,
    at timestamptz NOT NULL,
    sentence text NOT NULL,
    standouts jsonb NOT NULL
);
CREATE INDEX alert_standouts_by_time ON alert_standouts (at);
