-- Rollups: what is left of samples once they are gone, per series at five minutes and at one hour.

-- Which series a rollup row speaks of, in its order; rows whose fleet has not changed share one.
CREATE TABLE series_lists (
    id bigint PRIMARY KEY,                -- a hash of what follows
    series bigint[] NOT NULL
);

-- One row a metric type, hour and resolution. The arrays run series by series, within a series bucket by bucket:
-- twelve of five minutes, or one of an hour. A bucket without samples counts 0 and its other figures mean nothing.
CREATE TABLE rollups (
    metric integer NOT NULL,
    hour timestamptz NOT NULL,
    seconds integer NOT NULL CHECK (seconds IN (300, 3600)),
    list bigint NOT NULL,
    kept_until date NOT NULL,
    counts integer[] NOT NULL,
    sums double precision[] NOT NULL,
    mins double precision[] NOT NULL,
    maxs double precision[] NOT NULL,
    lasts double precision[] NOT NULL,
    sketch_sizes integer[],               -- of event series, how many of the bins that follow each bucket has
    sketch_bins integer[],                -- see chalicelib/tsdb/sketch.py
    sketch_counts integer[],
    PRIMARY KEY (metric, seconds, hour)
);
CREATE INDEX rollups_by_end ON rollups (kept_until);
CREATE INDEX rollups_by_list ON rollups (list);
CREATE INDEX rollups_by_hour ON rollups USING brin (hour);

-- Until when the samples of an hour are all there, so that its rollups can be made anew; afterwards late ones are added.
CREATE TABLE rolled_hours (
    hour timestamptz PRIMARY KEY,
    complete_until date NOT NULL
);

CREATE VIEW series AS
SELECT s.id, m.name AS metric_type, s.unit, CASE s.kind WHEN 0 THEN 'sampled' ELSE 'event' END AS kind, s.tags, s.first_seen
FROM series_catalogue s JOIN metric_types m ON m.number = s.metric;

CREATE FUNCTION unpack_rollups(resolution integer)
RETURNS TABLE ("time" timestamptz, metric integer, series_id bigint, count integer, sum double precision,
               min double precision, max double precision, last double precision)
LANGUAGE sql STABLE ROWS 100000 AS $$
    SELECT r.hour + ((u.place - 1) % (3600 / resolution)) * make_interval(secs => resolution), r.metric,
           l.series[(u.place - 1) / (3600 / resolution) + 1], u.count, u.sum, u.min, u.max, u.last
    FROM rollups r JOIN series_lists l ON l.id = r.list,
         LATERAL unnest(r.counts, r.sums, r.mins, r.maxs, r.lasts) WITH ORDINALITY
             AS u (count, sum, min, max, last, place)
    WHERE r.seconds = resolution AND u.count > 0
$$;

CREATE VIEW rollups_5m AS
SELECT u."time", s.metric_type, s.unit, s.tags, u.series_id, u.count, u.sum, u.min, u.max, u.last, u.sum / u.count AS avg
FROM unpack_rollups(300) u JOIN series s ON s.id = u.series_id;

CREATE VIEW rollups_1h AS
SELECT u."time", s.metric_type, s.unit, s.tags, u.series_id, u.count, u.sum, u.min, u.max, u.last, u.sum / u.count AS avg
FROM unpack_rollups(3600) u JOIN series s ON s.id = u.series_id;
