//! What is given up with time, and how large the file may grow.
//!
//! | given up | kept for ever |
//! |---|---|
//! | rows of telemetry, fixes | trips, charges |
//! | samples of ended sessions | sessions with every step, bills, tariffs |
//! | entries set aside, events | rows that wait for a date, what waits to be sent |
//!
//! What was measured waits for the network in the outbox as a copy of its own, so nothing here
//! takes back what was not sent yet. Age counts from the date that a row bears; a row without one,
//! or dated ahead, goes by size alone. Tables are looked at in the order of writing, a bounded
//! piece at a time, so that no call takes long.
//!
//! Pages that become free are used again, so a file at its budget grows no more; a file that this
//! version has made also gives them back to the disk (`auto_vacuum = INCREMENTAL`).

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension as _};
use v2x_units::UtcTime;

use crate::error::StoreError;
use crate::open::Store;

/// Rows of a table that one call looks at: some milliseconds on an SD card, and more than a station
/// of 16 slots writes in a minute.
const PIECE: u32 = 2000;
/// Sessions whose samples one call gives up: a session of a night has 5,000 of them.
const SESSIONS: usize = 4;
/// Events that stay whatever the size is: the last that happened explain the present.
const EVENTS_KEPT: u32 = 1000;
/// Pages given back to the disk by one call.
const PAGES: u32 = 2000;

/// For how long, and up to which size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Retention {
    /// How old a row may become; `None`: as old as it likes.
    pub age: Option<Duration>,
    /// How many bytes of the file may be in use; `None`: as many as the disk has.
    pub bytes: Option<u64>,
}

/// How many rows were given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pruned {
    /// Rows of telemetry.
    pub telemetry: u64,
    /// GNSS fixes.
    pub fixes: u64,
    /// Samples of ended charging sessions.
    pub meter_values: u64,
    /// Entries that the server would never take.
    pub set_aside: u64,
    /// Events.
    pub events: u64,
    /// Whether a whole piece was given up: there may be more at once.
    pub may_go_on: bool,
    /// Whether the file is still larger than its budget.
    pub is_over_budget: bool,
}

impl Pruned {
    /// All rows together.
    #[must_use]
    pub const fn rows(&self) -> u64 {
        self.telemetry + self.fixes + self.meter_values + self.set_aside + self.events
    }

    /// Adds what a later call gave up; the rest is as the later one says.
    pub const fn add(&mut self, later: &Self) {
        self.telemetry += later.telemetry;
        self.fixes += later.fixes;
        self.meter_values += later.meter_values;
        self.set_aside += later.set_aside;
        self.events += later.events;
        self.may_go_on = later.may_go_on;
        self.is_over_budget = later.is_over_budget;
    }
}

/// A table whose rows stand in the order of writing.
struct Table {
    name: &'static str,
    /// The column of the date, and how many of its units are a second.
    date: &'static str,
    per_second: i64,
}

const TELEMETRY: Table = Table {
    name: "telemetry",
    date: "ts_ms",
    per_second: 1000,
};
const FIXES: Table = Table {
    name: "fix",
    date: "ts_us",
    per_second: 1_000_000,
};
const SET_ASIDE: Table = Table {
    name: "outbox_set_aside",
    date: "ts_us",
    per_second: 1_000_000,
};
const EVENTS: Table = Table {
    name: "event",
    date: "ts_ms",
    per_second: 1000,
};

impl Store {
    /// Gives up what is too old or too much, a piece at a time; `now` is `None` while no clock is
    /// trusted, and then nothing is too old.
    ///
    /// # Errors
    /// The disk's; then nothing is given up.
    pub fn prune(
        &mut self,
        retention: &Retention,
        now: Option<UtcTime>,
    ) -> Result<Pruned, StoreError> {
        let oldest = retention.age.zip(now).map(|(age, now)| now - age);
        let limit = retention.bytes.unwrap_or(u64::MAX);
        let pruned = self.transaction(|tx| {
            let mut pruned = Pruned::default();
            if let Some(oldest) = oldest {
                by_age(tx, oldest, &mut pruned)?;
            }
            if used_bytes(tx)? > limit {
                by_size(tx, &mut pruned)?;
            }
            pruned.is_over_budget = used_bytes(tx)? > limit;
            Ok(pruned)
        })?;
        if pruned.rows() > 0 {
            self.give_back_pages()?;
        }
        Ok(pruned)
    }

    /// Bytes of the file that are in use; what is free in it will be used again.
    ///
    /// # Errors
    /// The disk's.
    pub fn used_bytes(&self) -> Result<u64, StoreError> {
        self.ask(used_bytes)
    }

    /// Gives free pages at the end of the file back to the disk, some at a time; a file of an older
    /// version keeps them for later rows.
    fn give_back_pages(&self) -> Result<(), StoreError> {
        self.ask(|connection| {
            let sql = format!("PRAGMA incremental_vacuum({PAGES})");
            let mut statement = connection.prepare(&sql)?;
            let mut rows = statement.query([])?;
            while rows.next()?.is_some() {}
            Ok(())
        })
    }
}

fn used_bytes(connection: &Connection) -> rusqlite::Result<u64> {
    let number = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let pages = number("page_count")? - number("freelist_count")?;
    Ok(u64::try_from(pages.saturating_mul(number("page_size")?)).unwrap_or(0))
}

fn by_age(tx: &Connection, oldest: UtcTime, pruned: &mut Pruned) -> rusqlite::Result<()> {
    for (table, counter) in [
        (TELEMETRY, &mut pruned.telemetry),
        (FIXES, &mut pruned.fixes),
        (SET_ASIDE, &mut pruned.set_aside),
        (EVENTS, &mut pruned.events),
    ] {
        let Table { name, date, .. } = table;
        let before = oldest.as_micros().div_euclid(1_000_000 / table.per_second);
        let sql = format!(
            "DELETE FROM {name} WHERE id IN (SELECT id FROM
                 (SELECT id, {date} AS date FROM {name} ORDER BY id LIMIT {PIECE})
                 WHERE date < ?1)"
        );
        let gone = tx.prepare_cached(&sql)?.execute([before])?;
        note(gone, counter, &mut pruned.may_go_on);
    }
    let ended_before = Some(oldest.as_micros());
    pruned.meter_values += samples(tx, ended_before, &mut pruned.may_go_on)?;
    Ok(())
}

/// Gives up a piece of the first table that has something: what was sent long ago goes first, what
/// happened goes last.
fn by_size(tx: &Connection, pruned: &mut Pruned) -> rusqlite::Result<()> {
    for (table, kept, counter) in [
        (TELEMETRY, 0, &mut pruned.telemetry),
        (FIXES, 0, &mut pruned.fixes),
        (SET_ASIDE, 0, &mut pruned.set_aside),
    ] {
        let gone = piece(tx, table.name, kept)?;
        note(gone, counter, &mut pruned.may_go_on);
        if gone > 0 {
            pruned.may_go_on = true;
            return Ok(());
        }
    }
    let samples = samples(tx, None, &mut pruned.may_go_on)?;
    pruned.meter_values += samples;
    if samples > 0 {
        return Ok(());
    }
    let gone = piece(tx, EVENTS.name, EVENTS_KEPT)?;
    note(gone, &mut pruned.events, &mut pruned.may_go_on);
    pruned.may_go_on |= gone > 0;
    Ok(())
}

/// The oldest rows of a table, but for so many of the newest.
fn piece(tx: &Connection, name: &str, kept: u32) -> rusqlite::Result<usize> {
    let sql = format!(
        "DELETE FROM {name} WHERE id IN (
             SELECT id FROM {name}
             WHERE id <= coalesce((SELECT id FROM {name} ORDER BY id DESC LIMIT 1 OFFSET ?1), 0)
             ORDER BY id LIMIT {PIECE})"
    );
    tx.prepare_cached(&sql)?.execute([kept])
}

fn note(gone: usize, counter: &mut u64, may_go_on: &mut bool) {
    let gone = u64::try_from(gone).unwrap_or(u64::MAX);
    *counter += gone;
    *may_go_on |= gone >= u64::from(PIECE);
}

/// The samples of some sessions that have ended, oldest first; those that ended before a time, or
/// any. The steps of a session stay, with the energy of each.
fn samples(
    tx: &Connection,
    ended_before: Option<i64>,
    may_go_on: &mut bool,
) -> rusqlite::Result<u64> {
    let mut next = tx.prepare_cached("SELECT min(session) FROM meter_value WHERE session > ?1")?;
    let mut end = tx.prepare_cached(
        "SELECT utc_us FROM session_record WHERE session = ?1 AND ended IS NOT NULL",
    )?;
    let mut delete = tx.prepare_cached("DELETE FROM meter_value WHERE session = ?1")?;
    let (mut session, mut sessions, mut gone) = (i64::MIN, 0, 0);
    while let Some(following) = next.query_row([session], |row| row.get::<_, Option<i64>>(0))? {
        session = following;
        let ended: Option<Option<i64>> = end.query_row([session], |row| row.get(0)).optional()?;
        let is_due = match (ended, ended_before) {
            // It is open.
            (None, _) | (Some(None), Some(_)) => false,
            (Some(Some(ended)), Some(before)) if ended >= before => break,
            (Some(_), _) => true,
        };
        if is_due {
            gone += u64::try_from(delete.execute([session])?).unwrap_or(u64::MAX);
            sessions += 1;
            if sessions == SESSIONS {
                *may_go_on = true;
                break;
            }
        }
    }
    Ok(gone)
}
