-- Which entry of a slot controller's journal a row came from: an entry that comes again is one row.
ALTER TABLE v2g_battery ADD COLUMN entry TEXT;
CREATE UNIQUE INDEX v2g_battery_entry ON v2g_battery (entry);
