-- Samples that were accepted and then refused, because their series would have been one too many; by hour.
CREATE TABLE refused_samples (
    hour timestamptz NOT NULL,
    metric integer NOT NULL,
    reason text NOT NULL,                 -- series_per_metric, new_series_per_hour
    samples bigint NOT NULL,
    PRIMARY KEY (hour, metric, reason)
);
CREATE INDEX series_catalogue_by_age ON series_catalogue (first_seen);
