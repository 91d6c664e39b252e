//! What waits to be sent: the outbox's storage in SQLite.
//!
//! The policy (what is offered, in flight, evicted) is in `v2x_outbox`. An entry's id holds its
//! class, so one table with its key answers every question in order, and what is set aside stands
//! in a table of its own.

use rusqlite::{Connection, Row, Transaction};
use v2x_outbox::{Class, Entry, EntryId, Eviction, Head, NewEntry, PayloadKind, Storage, Usage};
use v2x_units::UtcTime;

use crate::error::StoreError;
use crate::event;
use crate::open::Store;

/// The kind of event that an eviction leaves behind.
const EVICTED: &str = "telemetry_evicted";

/// What is known of the queue without asking the disk.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Queue {
    newest: [u64; Class::ALL.len()],
    usage: Usage,
}

impl Queue {
    /// Reads it once, when the store is opened.
    pub(crate) fn load(connection: &Connection) -> rusqlite::Result<Self> {
        let (entries, bytes) = connection.query_row(
            "SELECT count(*), coalesce(sum(size), 0) FROM outbox",
            (),
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        let mut queue = Self {
            usage: Usage { entries, bytes },
            ..Self::default()
        };
        for class in Class::ALL {
            let highest: Option<i64> = connection.query_row(
                "SELECT max(id) FROM (
                     SELECT max(id) AS id FROM outbox WHERE id BETWEEN ?1 AND ?2
                     UNION ALL
                     SELECT max(id) FROM outbox_set_aside WHERE id BETWEEN ?1 AND ?2)",
                (key_above(class, 0), last_key(class)),
                |row| row.get(0),
            )?;
            let newest = highest
                .and_then(EntryId::from_key)
                .map_or(0, EntryId::sequence);
            queue.newest[usize::from(class.rank())] = newest;
        }
        Ok(queue)
    }

    /// Puts an entry at the end of its class, inside somebody else's transaction.
    pub(crate) fn insert(
        &mut self,
        tx: &Transaction<'_>,
        entry: &NewEntry,
    ) -> rusqlite::Result<EntryId> {
        let id = self.reserve(entry.class());
        self.enter(tx, id, entry)?;
        Ok(id)
    }

    fn reserve(&mut self, class: Class) -> EntryId {
        let newest = &mut self.newest[usize::from(class.rank())];
        *newest += 1;
        EntryId::new(class, *newest)
    }

    /// Puts an entry at a place that was reserved for it.
    pub(crate) fn enter(
        &mut self,
        tx: &Transaction<'_>,
        id: EntryId,
        entry: &NewEntry,
    ) -> rusqlite::Result<()> {
        let size = entry.payload().len() as u64;
        tx.prepare_cached(
            "INSERT INTO outbox (id, kind, ts_us, points, size, payload)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute((
            id.to_key(),
            kind_name(entry.kind()),
            entry.ts().as_micros(),
            entry.points(),
            size,
            entry.payload(),
        ))?;
        self.usage.entries += 1;
        self.usage.bytes += size;
        Ok(())
    }

    pub(crate) fn delete(&mut self, tx: &Transaction<'_>, ids: &[EntryId]) -> rusqlite::Result<()> {
        let mut statement = tx.prepare_cached("DELETE FROM outbox WHERE id = ?1 RETURNING size")?;
        for id in ids {
            let mut sizes = statement.query([id.to_key()])?;
            while let Some(row) = sizes.next()? {
                self.usage.entries -= 1;
                self.usage.bytes -= row.get::<_, u64>(0)?;
            }
        }
        Ok(())
    }
}

/// An entry that the server will never take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetAside {
    /// The entry as it stood in the queue.
    pub entry: Entry,
    /// Why it is not sent.
    pub reason: String,
}

impl Store {
    /// What was set aside, in the order of ids, at most `limit`.
    ///
    /// # Errors
    /// The disk's.
    pub fn set_aside_entries(&self, limit: usize) -> Result<Vec<SetAside>, StoreError> {
        self.rows(
            "SELECT id, kind, ts_us, points, payload, reason
                     FROM outbox_set_aside ORDER BY id LIMIT ?1",
            [sql_limit(limit)],
            |row| {
                Ok(SetAside {
                    entry: entry(row)?,
                    reason: row.get(5)?,
                })
            },
        )
    }

    /// A transaction that also changes what is known of the queue, both or neither.
    pub(crate) fn change_queue<T>(
        &mut self,
        work: impl FnOnce(&Transaction<'_>, &mut Queue) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let mut queue = self.queue;
        let result = self.transaction(|tx| work(tx, &mut queue))?;
        self.queue = queue;
        Ok(result)
    }
}

impl Storage for Store {
    type Error = StoreError;

    fn push(&mut self, entries: &[NewEntry]) -> Result<Vec<EntryId>, StoreError> {
        self.change_queue(|tx, queue| {
            entries
                .iter()
                .map(|entry| queue.insert(tx, entry))
                .collect()
        })
    }

    fn reserve(&mut self, class: Class) -> EntryId {
        self.queue.reserve(class)
    }

    fn settle(&mut self, enter: &[Entry], acknowledged: &[EntryId]) -> Result<(), StoreError> {
        self.change_queue(|tx, queue| {
            for entry in enter {
                queue.enter(tx, entry.id, &NewEntry::from(entry))?;
            }
            queue.delete(tx, acknowledged)
        })
    }

    fn pending(&self, class: Class, after: u64, limit: usize) -> Result<Vec<Entry>, StoreError> {
        self.rows(
            "SELECT id, kind, ts_us, points, payload FROM outbox
                     WHERE id BETWEEN ?1 AND ?2 ORDER BY id LIMIT ?3",
            (key_above(class, after), last_key(class), sql_limit(limit)),
            entry,
        )
    }

    fn heads(&self, class: Class, after: u64, limit: usize) -> Result<Vec<Head>, StoreError> {
        self.rows(
            "SELECT id, ts_us, size FROM outbox
                     WHERE id BETWEEN ?1 AND ?2 ORDER BY id LIMIT ?3",
            (key_above(class, after), last_key(class), sql_limit(limit)),
            |row| {
                Ok(Head {
                    id: entry_id(row)?,
                    ts: UtcTime::from_micros(row.get(1)?),
                    bytes: row.get(2)?,
                })
            },
        )
    }

    fn newest(&self, class: Class) -> u64 {
        self.queue.newest[usize::from(class.rank())]
    }

    fn usage(&self) -> Usage {
        self.queue.usage
    }

    fn remove(&mut self, ids: &[EntryId]) -> Result<(), StoreError> {
        self.change_queue(|tx, queue| queue.delete(tx, ids))
    }

    fn set_aside(&mut self, id: EntryId, reason: &str) -> Result<(), StoreError> {
        self.change_queue(|tx, queue| {
            tx.prepare_cached(
                "INSERT INTO outbox_set_aside (id, kind, ts_us, points, size, payload, reason)
                 SELECT id, kind, ts_us, points, size, payload, ?2 FROM outbox WHERE id = ?1",
            )?
            .execute((id.to_key(), reason))?;
            queue.delete(tx, &[id])
        })
    }

    fn evict(&mut self, eviction: &Eviction) -> Result<(), StoreError> {
        self.change_queue(|tx, queue| {
            let detail = format!(
                r#"{{"entries":{},"bytes":{},"from_ms":{},"to_ms":{}}}"#,
                eviction.ids.len(),
                eviction.bytes,
                eviction.from.as_millis(),
                eviction.to.as_millis(),
            );
            event::insert(tx, eviction.at, EVICTED, &detail)?;
            queue.delete(tx, &eviction.ids)
        })
    }
}

fn key_above(class: Class, after: u64) -> i64 {
    EntryId::new(class, after.saturating_add(1)).to_key()
}

fn last_key(class: Class) -> i64 {
    EntryId::new(class, EntryId::SEQUENCE_MAX).to_key()
}

/// SQLite counts in 63 bits.
pub(crate) fn sql_limit(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

fn entry(row: &Row<'_>) -> rusqlite::Result<Entry> {
    Ok(Entry {
        id: entry_id(row)?,
        kind: kind_from_name(row)?,
        ts: UtcTime::from_micros(row.get(2)?),
        points: row.get(3)?,
        payload: row.get(4)?,
    })
}

fn entry_id(row: &Row<'_>) -> rusqlite::Result<EntryId> {
    let key = row.get(0)?;
    EntryId::from_key(key).ok_or(rusqlite::Error::IntegralValueOutOfRange(0, key))
}

const fn kind_name(kind: PayloadKind) -> &'static str {
    match kind {
        PayloadKind::Telemetry => "telemetry",
        PayloadKind::Attributes => "attributes",
        PayloadKind::GatewayTelemetry => "gateway_telemetry",
        PayloadKind::GatewayAttributes => "gateway_attributes",
    }
}

fn kind_from_name(row: &Row<'_>) -> rusqlite::Result<PayloadKind> {
    match row.get_ref(1)?.as_str()? {
        "telemetry" => Ok(PayloadKind::Telemetry),
        "attributes" => Ok(PayloadKind::Attributes),
        "gateway_telemetry" => Ok(PayloadKind::GatewayTelemetry),
        "gateway_attributes" => Ok(PayloadKind::GatewayAttributes),
        other => Err(rusqlite::Error::FromSqlConversionFailure(
            1,
            rusqlite::types::Type::Text,
            format!(
                "`{other}` is no kind of payload; telemetry and attributes are, and both with \
                 gateway_ before them"
            )
            .into(),
        )),
    }
}
