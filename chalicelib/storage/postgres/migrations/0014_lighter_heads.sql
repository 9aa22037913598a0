-- Heads say a shared time once and others in four bytes: PostgreSQL's work at a drain goes with the bytes.

ALTER TABLE heads ADD COLUMN places integer[]; -- where each metric type begins in the payload, in bytes; one more: the end
COMMENT ON COLUMN heads.starts IS 'of rows without places: where each metric type begins, in samples of 24 bytes';
COMMENT ON COLUMN heads.payload IS 'per metric type a slice: chalicelib/tsdb/head.py';
