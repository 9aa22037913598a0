-- How far the feed of events has been handed to the event bus; no row as long as there is no bus.
CREATE TABLE event_bus (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    handed_over bigint NOT NULL
);
