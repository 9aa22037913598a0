"""What SQL says of head rows; rows without `places` are of the version before and hold 24 bytes a sample."""

from __future__ import annotations

# Where each metric type begins in the payload, and where the last one ends.
PLACES = "coalesce(places, ARRAY(SELECT 24 * start FROM unnest(starts) WITH ORDINALITY AS s (start, n) ORDER BY n))"
# The slice of the metric type at `place`, from 1: only this much of the payload is read.
SLICE = (
    "substring(payload FROM 1 + coalesce(places[place], 24 * starts[place])"
    " FOR coalesce(places[place + 1] - places[place], 24 * (starts[place + 1] - starts[place])))"
)
