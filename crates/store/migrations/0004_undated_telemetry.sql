-- Time with its source and error, and rows from before it was known.

-- Who dated the row (gnss, ntp, system) and by how much the date may be wrong.
ALTER TABLE telemetry ADD COLUMN time_source TEXT;
ALTER TABLE telemetry ADD COLUMN time_error_ms INTEGER;

-- Rows that wait for a date: by the computer's boot and the time since it. The id is their order.
CREATE TABLE telemetry_undated (
    id         INTEGER PRIMARY KEY,
    source     TEXT    NOT NULL,
    boot       TEXT    NOT NULL,
    since_us   INTEGER NOT NULL,
    unsure_us  INTEGER,
    points     INTEGER NOT NULL,
    row_values TEXT    NOT NULL CHECK (json_valid(row_values))
) STRICT;
