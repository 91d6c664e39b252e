-- Whether it is certain that the car of a session is the one in the slot.
ALTER TABLE v2g_session ADD COLUMN confirmed INTEGER NOT NULL DEFAULT 0;
