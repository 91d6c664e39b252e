-- The conversation about charging over the radio: open sessions, receipts, the battery's data.
-- Stores that were made while this was the fifth migration have these tables already.

-- The session that an end has open: `vehicle` for a car, `slot 1` for a slot of a station.
CREATE TABLE IF NOT EXISTS v2g_session (
    owner      TEXT    PRIMARY KEY,
    session    BLOB    NOT NULL CHECK (length(session) = 8),
    peer       TEXT    NOT NULL,
    started_s  INTEGER,
    cost_limit TEXT,
    powered    INTEGER NOT NULL,
    ended      INTEGER NOT NULL
) STRICT;

-- Receipts as both ends have signed them; `receipt` holds the signed bytes.
CREATE TABLE IF NOT EXISTS v2g_receipt (
    number           INTEGER PRIMARY KEY,
    session          BLOB    NOT NULL CHECK (length(session) = 8),
    evse             TEXT    NOT NULL,
    evcc             TEXT    NOT NULL,
    started_s        INTEGER,
    ended_s          INTEGER,
    energy_wh        REAL,
    cost             TEXT,
    tariff           TEXT    NOT NULL,
    receipt          BLOB    NOT NULL,
    signature        BLOB    NOT NULL,
    countersignature BLOB,
    UNIQUE (session, evse)
) STRICT;

-- What a car has told of its battery: while it charges, and after unplugging.
CREATE TABLE IF NOT EXISTS v2g_battery (
    id              INTEGER PRIMARY KEY,
    ts_ms           INTEGER,
    evse            TEXT    NOT NULL,
    evcc            TEXT    NOT NULL,
    is_charging     INTEGER,
    is_plugged      INTEGER NOT NULL,
    soc             REAL,
    desired_soc     REAL,
    voltage_v       REAL,
    current_a       REAL,
    available_wh    REAL,
    speed_kmh       REAL,
    latitude_deg    REAL,
    longitude_deg   REAL
) STRICT;
