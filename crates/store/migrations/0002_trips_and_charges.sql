-- What the car did: one row per trip and per charge, written again at every step.
--
-- The record is a JSON object that holds everything, also what a restart needs to go on; the
-- columns beside it are there to be asked for. `ended_us` and `end_cause` are empty while it runs.

CREATE TABLE trip (
    id           TEXT    NOT NULL PRIMARY KEY,
    started_us   INTEGER NOT NULL,
    ended_us     INTEGER,
    end_cause    TEXT,
    distance_km  REAL,
    record       TEXT    NOT NULL CHECK (json_valid(record)),
    CHECK ((ended_us IS NULL) = (end_cause IS NULL))
) STRICT;

CREATE INDEX trip_by_start ON trip (started_us);

CREATE TABLE charge (
    id           TEXT    NOT NULL PRIMARY KEY,
    started_us   INTEGER NOT NULL,
    ended_us     INTEGER,
    end_cause    TEXT,
    charge_ah    REAL,
    is_inferred  INTEGER NOT NULL CHECK (is_inferred IN (0, 1)),
    record       TEXT    NOT NULL CHECK (json_valid(record)),
    CHECK ((ended_us IS NULL) = (end_cause IS NULL))
) STRICT;

CREATE INDEX charge_by_start ON charge (started_us);
