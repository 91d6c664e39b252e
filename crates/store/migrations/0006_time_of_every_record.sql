-- When something was, on every clock: the board's, the computer's, and UTC with source and error.
--
-- host_boot and since_us are a moment on the computer's monotonic clock, board_boot and board_us one
-- on the clock of the board that measured. time_source (gnss, ntp, system) says who gave the date,
-- time_error_ms by how much it may be wrong. What is empty is not known.

-- The boots of the computer, in the kernel's words.
CREATE TABLE host_boot (
    id   INTEGER PRIMARY KEY,
    boot TEXT    NOT NULL UNIQUE
) STRICT;

ALTER TABLE telemetry ADD COLUMN host_boot INTEGER REFERENCES host_boot (id);
ALTER TABLE telemetry ADD COLUMN since_us INTEGER;
ALTER TABLE telemetry ADD COLUMN board_boot INTEGER;
ALTER TABLE telemetry ADD COLUMN board_us INTEGER;

ALTER TABLE telemetry_undated ADD COLUMN board_boot INTEGER;
ALTER TABLE telemetry_undated ADD COLUMN board_us INTEGER;

ALTER TABLE fix ADD COLUMN host_boot INTEGER REFERENCES host_boot (id);
ALTER TABLE fix ADD COLUMN since_us INTEGER;
ALTER TABLE fix ADD COLUMN board_boot INTEGER;
ALTER TABLE fix ADD COLUMN board_us INTEGER;
ALTER TABLE fix ADD COLUMN time_source TEXT;
ALTER TABLE fix ADD COLUMN time_error_ms INTEGER;

ALTER TABLE event ADD COLUMN host_boot INTEGER REFERENCES host_boot (id);
ALTER TABLE event ADD COLUMN since_us INTEGER;
ALTER TABLE event ADD COLUMN time_source TEXT;
ALTER TABLE event ADD COLUMN time_error_ms INTEGER;

-- Of a trip or a charge: the newest step that was written.
ALTER TABLE trip ADD COLUMN host_boot INTEGER REFERENCES host_boot (id);
ALTER TABLE trip ADD COLUMN since_us INTEGER;
ALTER TABLE trip ADD COLUMN time_source TEXT;
ALTER TABLE trip ADD COLUMN time_error_ms INTEGER;

ALTER TABLE charge ADD COLUMN host_boot INTEGER REFERENCES host_boot (id);
ALTER TABLE charge ADD COLUMN since_us INTEGER;
ALTER TABLE charge ADD COLUMN time_source TEXT;
ALTER TABLE charge ADD COLUMN time_error_ms INTEGER;
