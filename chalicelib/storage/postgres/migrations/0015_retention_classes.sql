-- Metric types may be kept differently long: each row of rollups says until when its samples are all there.

ALTER TABLE rollups ADD COLUMN complete_until date; -- rows of before say it in rolled_hours, for all metric types of an hour
ALTER TABLE metric_types ADD COLUMN queried_on date; -- the last day on which somebody asked for it; NULL = nobody did
