-- What a hub knows: devices, what they said, and who may see it. Times are ms since 1970 UTC.

CREATE TABLE device (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    name         TEXT    NOT NULL CHECK (name <> ''),
    kind         TEXT    NOT NULL,
    -- The gateway that speaks for it; its names are its gateway's own.
    parent       INTEGER REFERENCES device (id) ON DELETE CASCADE,
    made_ms      INTEGER NOT NULL,
    last_seen_ms INTEGER
) STRICT;
CREATE UNIQUE INDEX device_name ON device (coalesce(parent, 0), name);

-- By what a device logs in. Only hashes: whoever has the file cannot log in with it.
CREATE TABLE credential (
    id      INTEGER PRIMARY KEY,
    device  INTEGER NOT NULL REFERENCES device (id) ON DELETE CASCADE,
    kind    TEXT    NOT NULL CHECK (kind IN ('token', 'basic', 'certificate')),
    lookup  BLOB    NOT NULL UNIQUE,
    secret  BLOB,
    made_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX credential_device ON credential (device);

-- One row of one moment; (device, ts_ms) makes it written once. The id is the order of arrival.
CREATE TABLE message (
    id     INTEGER PRIMARY KEY,
    device INTEGER NOT NULL,
    ts_ms  INTEGER NOT NULL,
    body   TEXT    NOT NULL
) STRICT;
CREATE UNIQUE INDEX message_moment ON message (device, ts_ms);

-- The newest values of a device, {"key":[ts_ms,value]}, of all messages up to progress `latest`.
CREATE TABLE latest (
    device INTEGER PRIMARY KEY,
    body   TEXT NOT NULL
) STRICT;

CREATE TABLE progress (
    name  TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE attribute (
    device INTEGER NOT NULL REFERENCES device (id) ON DELETE CASCADE,
    scope  TEXT    NOT NULL CHECK (scope IN ('client', 'shared')),
    key    TEXT    NOT NULL,
    value  TEXT    NOT NULL CHECK (json_valid(value)),
    ts_ms  INTEGER NOT NULL,
    PRIMARY KEY (device, scope, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE key_name (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;

-- Minutes and hours of numbers.
CREATE TABLE rollup (
    device INTEGER NOT NULL,
    key    INTEGER NOT NULL REFERENCES key_name (id),
    step_s INTEGER NOT NULL CHECK (step_s IN (60, 3600)),
    ts_ms  INTEGER NOT NULL,
    count  INTEGER NOT NULL,
    mean   REAL    NOT NULL,
    least  REAL    NOT NULL,
    most   REAL    NOT NULL,
    PRIMARY KEY (device, key, step_s, ts_ms)
) STRICT, WITHOUT ROWID;

-- Hours of a device of which messages came since they were rolled up.
CREATE TABLE rollup_due (
    hour_ms INTEGER NOT NULL,
    device  INTEGER NOT NULL,
    PRIMARY KEY (hour_ms, device)
) STRICT, WITHOUT ROWID;

CREATE TABLE alarm (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    device          INTEGER NOT NULL REFERENCES device (id) ON DELETE CASCADE,
    kind            TEXT    NOT NULL,
    text            TEXT    NOT NULL,
    severity        TEXT    NOT NULL,
    began_ms        INTEGER NOT NULL,
    ended_ms        INTEGER,
    acknowledged_by TEXT,
    acknowledged_ms INTEGER
) STRICT;
CREATE UNIQUE INDEX alarm_open ON alarm (device, kind) WHERE ended_ms IS NULL;
CREATE INDEX alarm_began ON alarm (began_ms);

-- When an alarm was last said to be over: its beginning may come after its end.
CREATE TABLE alarm_over (
    device INTEGER NOT NULL REFERENCES device (id) ON DELETE CASCADE,
    kind   TEXT    NOT NULL,
    ts_ms  INTEGER NOT NULL,
    PRIMARY KEY (device, kind)
) STRICT, WITHOUT ROWID;

-- Trips, charges, sessions and warnings, as far as they were told.
CREATE TABLE episode (
    device   INTEGER NOT NULL REFERENCES device (id) ON DELETE CASCADE,
    kind     TEXT    NOT NULL,
    id       TEXT    NOT NULL,
    start_ms INTEGER,
    end_ms   INTEGER,
    body     TEXT    NOT NULL CHECK (json_valid(body)),
    PRIMARY KEY (device, kind, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX episode_time ON episode (kind, coalesce(start_ms, end_ms));

CREATE TABLE person (
    name     TEXT PRIMARY KEY,
    role     TEXT NOT NULL CHECK (role IN ('viewer', 'operator', 'admin')),
    password TEXT NOT NULL,
    made_ms  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE audit (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    ts_ms   INTEGER NOT NULL,
    person  TEXT    NOT NULL,
    action  TEXT    NOT NULL,
    subject TEXT    NOT NULL,
    detail  TEXT    NOT NULL,
    origin  TEXT    NOT NULL
) STRICT;

-- Who asked to be let in, and waits for an admin.
CREATE TABLE provisioning (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    name     TEXT    NOT NULL UNIQUE,
    asked_ms INTEGER NOT NULL,
    origin   TEXT    NOT NULL,
    -- The hash of the token that the device chose for itself.
    lookup   BLOB,
    state    TEXT    NOT NULL CHECK (state IN ('waiting', 'approved', 'rejected'))
) STRICT;

CREATE TABLE rpc (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    device      INTEGER NOT NULL,
    ts_ms       INTEGER NOT NULL,
    person      TEXT    NOT NULL,
    method      TEXT    NOT NULL,
    params      TEXT    NOT NULL,
    answered_ms INTEGER,
    answer      TEXT
) STRICT;

-- Devices that are gone, whose messages go piece by piece.
CREATE TABLE gone (
    device INTEGER PRIMARY KEY
) STRICT;
