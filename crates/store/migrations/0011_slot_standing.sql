-- What holds at a slot whatever its sessions: what the operator wants, and what is broken.
CREATE TABLE slot_standing (
    slot INTEGER PRIMARY KEY,
    in_service INTEGER NOT NULL,
    held INTEGER NOT NULL,
    fault TEXT
) STRICT;
