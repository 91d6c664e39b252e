-- What the vehicle measured, and the queue in front of the network.

-- One row of merged measurements; (source, ts_ms) makes it written once.
CREATE TABLE telemetry (
    id         INTEGER PRIMARY KEY,
    source     TEXT    NOT NULL,
    ts_ms      INTEGER NOT NULL,
    row_values TEXT    NOT NULL CHECK (json_valid(row_values)),
    UNIQUE (source, ts_ms)
) STRICT;

-- One GNSS fix as the receiver reported it, with the verdict on its quality.
CREATE TABLE fix (
    id            INTEGER PRIMARY KEY,
    ts_us         INTEGER NOT NULL,
    latitude_deg  REAL    NOT NULL,
    longitude_deg REAL    NOT NULL,
    altitude_m    REAL,
    speed_kmh     REAL,
    satellites    INTEGER,
    hdop          REAL,
    receiver_us   INTEGER,
    valid         INTEGER NOT NULL CHECK (valid IN (0, 1)),
    quality       TEXT    NOT NULL
) STRICT;

-- Something that happened once: started, evicted, lost, set aside.
CREATE TABLE event (
    id     INTEGER PRIMARY KEY,
    ts_ms  INTEGER,
    kind   TEXT NOT NULL,
    detail TEXT NOT NULL CHECK (json_valid(detail))
) STRICT;

-- The queue. The id holds class and sequence, so its order is the order of sending.
CREATE TABLE outbox (
    id      INTEGER PRIMARY KEY,
    kind    TEXT    NOT NULL,
    ts_us   INTEGER NOT NULL,
    points  INTEGER NOT NULL,
    size    INTEGER NOT NULL,
    payload BLOB    NOT NULL
) STRICT;

-- Entries that the server will never take, with the reason.
CREATE TABLE outbox_set_aside (
    id      INTEGER PRIMARY KEY,
    kind    TEXT    NOT NULL,
    ts_us   INTEGER NOT NULL,
    points  INTEGER NOT NULL,
    size    INTEGER NOT NULL,
    payload BLOB    NOT NULL,
    reason  TEXT    NOT NULL
) STRICT;
