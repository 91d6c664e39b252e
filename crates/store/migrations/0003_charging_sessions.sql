-- What a charging station keeps: its runs, tariffs, sessions with their meter values, and bills.

-- One start of the station's program; tells a restart of the program from one of the computer.
CREATE TABLE run (
    boot       INTEGER PRIMARY KEY,
    host_boot  TEXT,
    started_us INTEGER
) STRICT;

-- Each tariff version that was ever offered, in the words of its file.
CREATE TABLE tariff (
    id       TEXT NOT NULL,
    version  TEXT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (id, version)
) STRICT, WITHOUT ROWID;

-- The tariff that the operator chose for a slot, in place of the configured one.
CREATE TABLE slot_tariff (
    slot      INTEGER PRIMARY KEY,
    tariff_id TEXT NOT NULL
) STRICT;

-- One charging session; its number is the order of starting.
CREATE TABLE charging_session (
    number         INTEGER PRIMARY KEY,
    transaction_id BLOB    NOT NULL UNIQUE CHECK (length(transaction_id) = 16),
    slot           INTEGER NOT NULL,
    station        TEXT    NOT NULL,
    slot_name      TEXT    NOT NULL,
    time_zone      TEXT    NOT NULL,
    tariff_id      TEXT    NOT NULL,
    tariff_version TEXT    NOT NULL,
    FOREIGN KEY (tariff_id, tariff_version) REFERENCES tariff (id, version)
) STRICT;
CREATE INDEX charging_session_of_slot ON charging_session (slot, number);

-- One step of a session, complete in itself: the newest is all that a restart needs.
CREATE TABLE session_record (
    session       INTEGER NOT NULL REFERENCES charging_session (number),
    seq           INTEGER NOT NULL,
    boot          INTEGER NOT NULL,
    at_us         INTEGER NOT NULL,
    utc_us        INTEGER,
    started_us    INTEGER,
    elapsed_us    INTEGER NOT NULL,
    state         TEXT    NOT NULL,
    plausible_mwh INTEGER NOT NULL,
    doubtful_mwh  INTEGER NOT NULL,
    good          INTEGER NOT NULL,
    stale         INTEGER NOT NULL,
    reset         INTEGER NOT NULL,
    jump          INTEGER NOT NULL,
    impossible    INTEGER NOT NULL,
    counter_mwh   INTEGER,
    counter_w     REAL,
    authorisation TEXT,
    plugged       INTEGER CHECK (plugged IN (0, 1)),
    ended         TEXT,
    PRIMARY KEY (session, seq)
) STRICT, WITHOUT ROWID;

-- What the meter showed around the steps of a session, each with the verdict on it.
CREATE TABLE meter_value (
    session      INTEGER NOT NULL REFERENCES charging_session (number),
    boot         INTEGER NOT NULL,
    at_us        INTEGER NOT NULL,
    utc_us       INTEGER,
    voltage_v    REAL,
    current_a    REAL,
    power_w      REAL,
    counter_wh   REAL,
    frequency_hz REAL,
    power_factor REAL,
    verdict      TEXT    NOT NULL,
    reason       TEXT,
    gained_mwh   INTEGER NOT NULL,
    doubtful_mwh INTEGER NOT NULL,
    PRIMARY KEY (session, boot, at_us)
) STRICT, WITHOUT ROWID;

-- The bill of an ended session; amounts are decimal texts. Without a total: why there is none.
CREATE TABLE bill (
    session    INTEGER PRIMARY KEY REFERENCES charging_session (number),
    energy_mwh INTEGER NOT NULL,
    currency   TEXT,
    total      TEXT,
    unbilled   TEXT,
    CHECK ((total IS NULL) = (unbilled IS NOT NULL))
) STRICT;

CREATE TABLE bill_line (
    session  INTEGER NOT NULL REFERENCES bill (session),
    line     INTEGER NOT NULL,
    kind     TEXT    NOT NULL,
    period   TEXT,
    quantity TEXT    NOT NULL,
    price    TEXT    NOT NULL,
    exact    TEXT    NOT NULL,
    amount   TEXT    NOT NULL,
    PRIMARY KEY (session, line)
) STRICT, WITHOUT ROWID;
