//! What was agreed and signed over the radio: open sessions, receipts, the battery's data.
//!
//! Signatures and what they cover are bytes here; whether they are right was checked before.

use rusqlite::{OptionalExtension as _, Row};
use v2x_charging::TransactionId;
use v2x_outbox::NewEntry;
use v2x_units::{
    Amps, Degrees, KilometersPerHour, Position, StateOfCharge, UtcTime, Volts, WattHours,
};

use crate::error::StoreError;
use crate::open::Store;
use crate::outbox::sql_limit;

/// The session that an end has open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct V2gSession {
    /// Its number.
    pub session: [u8; 8],
    /// The name of the other end; empty while it is not known.
    pub peer: String,
    /// When it was opened, in seconds since 1970.
    pub started: Option<u32>,
    /// The most that the car pays, as `20.00 MAD`.
    pub cost_limit: Option<String>,
    /// Whether power has flowed.
    pub powered: bool,
    /// Whether it has ended and waits for its receipt to be fetched.
    pub ended: bool,
    /// Whether it is certain that the car is the one in the slot.
    pub confirmed: bool,
}

/// A receipt with its signatures.
#[derive(Debug, Clone, PartialEq)]
pub struct V2gReceipt {
    /// The session's number.
    pub session: [u8; 8],
    /// The slot.
    pub evse: String,
    /// The car.
    pub evcc: String,
    /// When it was opened and when the receipt was written, in seconds since 1970.
    pub started: Option<u32>,
    /// See `started`.
    pub ended: Option<u32>,
    /// What was delivered.
    pub energy: Option<WattHours>,
    /// What it costs, as `1.50 MAD`.
    pub cost: Option<String>,
    /// The tariff.
    pub tariff: String,
    /// The bytes that are signed.
    pub receipt: Vec<u8>,
    /// The station's signature.
    pub signature: Vec<u8>,
    /// The car's.
    pub countersignature: Option<Vec<u8>>,
    /// The station's own session that it is of; `None` on a vehicle, and where nobody knew.
    pub transaction: Option<TransactionId>,
}

/// What a car has told of its battery.
#[derive(Debug, Clone, PartialEq)]
pub struct BatteryRow {
    /// When it was heard; `None` while no clock was right.
    pub at: Option<UtcTime>,
    /// The slot that it was told to.
    pub evse: String,
    /// The car; empty while it is not known.
    pub evcc: String,
    /// Whether the mains charge it.
    pub is_charging: Option<bool>,
    /// Whether it was plugged in; afterwards it tells because its owner permits it.
    pub is_plugged: bool,
    /// State of charge.
    pub soc: Option<StateOfCharge>,
    /// What the driver wants to get to.
    pub desired_soc: Option<StateOfCharge>,
    /// Of the pack.
    pub voltage: Option<Volts>,
    /// Of the pack, positive into the battery.
    pub current: Option<Amps>,
    /// What is left.
    pub available: Option<WattHours>,
    /// How fast it goes.
    pub speed: Option<KilometersPerHour>,
    /// Where it is.
    pub position: Option<Position>,
    /// Which entry of a slot controller's journal it came from; an entry is kept once.
    pub entry: Option<String>,
}

impl Store {
    /// Keeps the open session of an end in the place of the one before; `None`: there is none.
    ///
    /// # Errors
    /// The disk's.
    pub fn save_v2g_session(
        &mut self,
        owner: &str,
        session: Option<&V2gSession>,
    ) -> Result<(), StoreError> {
        self.transaction(|tx| {
            tx.execute("DELETE FROM v2g_session WHERE owner = ?1", [owner])?;
            let Some(open) = session else { return Ok(()) };
            tx.execute(
                "INSERT INTO v2g_session
                     (owner, session, peer, started_s, cost_limit, powered, ended, confirmed)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                (
                    owner,
                    open.session,
                    &open.peer,
                    open.started,
                    &open.cost_limit,
                    open.powered,
                    open.ended,
                    open.confirmed,
                ),
            )
            .map(drop)
        })
    }

    /// The session that an end had open when it last wrote.
    ///
    /// # Errors
    /// The disk's.
    pub fn v2g_session(&self, owner: &str) -> Result<Option<V2gSession>, StoreError> {
        let found = self.rows(
            "SELECT session, peer, started_s, cost_limit, powered, ended, confirmed
             FROM v2g_session WHERE owner = ?1",
            [owner],
            |row| {
                Ok(V2gSession {
                    session: row.get(0)?,
                    peer: row.get(1)?,
                    started: row.get(2)?,
                    cost_limit: row.get(3)?,
                    powered: row.get(4)?,
                    ended: row.get(5)?,
                    confirmed: row.get(6)?,
                })
            },
        )?;
        Ok(found.into_iter().next())
    }

    /// Keeps a receipt, with what of it is to be sent. The countersignature comes later and is
    /// added; everything else stays as it was first.
    ///
    /// # Errors
    /// The disk's; then nothing is written.
    pub fn keep_v2g_receipt(
        &mut self,
        kept: &V2gReceipt,
        upload: Option<&NewEntry>,
    ) -> Result<(), StoreError> {
        self.change_queue(|tx, queue| {
            let before: Option<Option<Vec<u8>>> = tx
                .query_row(
                    "SELECT countersignature FROM v2g_receipt WHERE session = ?1 AND evse = ?2",
                    (kept.session, &kept.evse),
                    |row| row.get(0),
                )
                .optional()?;
            let is_new = match &before {
                None => true,
                Some(before) => before.is_none() && kept.countersignature.is_some(),
            };
            tx.execute(
                "INSERT INTO v2g_receipt
                     (session, evse, evcc, started_s, ended_s, energy_wh, cost, tariff, receipt,
                      signature, countersignature, transaction_id)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
                 ON CONFLICT (session, evse) DO UPDATE SET
                     countersignature = coalesce(countersignature, excluded.countersignature),
                     transaction_id = coalesce(transaction_id, excluded.transaction_id)",
                (
                    kept.session,
                    &kept.evse,
                    &kept.evcc,
                    kept.started,
                    kept.ended,
                    kept.energy.map(WattHours::get),
                    &kept.cost,
                    &kept.tariff,
                    &kept.receipt,
                    &kept.signature,
                    &kept.countersignature,
                    kept.transaction.map(TransactionId::bytes),
                ),
            )?;
            if let Some(entry) = upload.filter(|_| is_new) {
                queue.insert(tx, entry)?;
            }
            Ok(())
        })
    }

    /// The newest receipts, newest first, at most `limit`.
    ///
    /// # Errors
    /// The disk's.
    pub fn v2g_receipts(&self, limit: usize) -> Result<Vec<V2gReceipt>, StoreError> {
        self.rows(
            &receipts("1 = 1 ORDER BY number DESC LIMIT ?1"),
            [sql_limit(limit)],
            receipt,
        )
    }

    /// The receipts of conversations that were open at some moment from a time on (inclusive) to
    /// another (exclusive), in seconds since 1970, oldest first. Those without any time are left
    /// out.
    ///
    /// # Errors
    /// The disk's.
    pub fn v2g_receipts_between(&self, from: i64, to: i64) -> Result<Vec<V2gReceipt>, StoreError> {
        self.rows(
            &receipts(
                "coalesce(ended_s, started_s) >= ?1 AND coalesce(started_s, ended_s) < ?2
                 ORDER BY number",
            ),
            (from, to),
            receipt,
        )
    }

    /// The receipt of a station's session; the newest if there are several.
    ///
    /// # Errors
    /// The disk's.
    pub fn v2g_receipt_of(
        &self,
        transaction: TransactionId,
    ) -> Result<Option<V2gReceipt>, StoreError> {
        let found = self.rows(
            &receipts("transaction_id = ?1 ORDER BY number DESC LIMIT 1"),
            [transaction.bytes()],
            receipt,
        )?;
        Ok(found.into_iter().next())
    }

    /// Writes what a car has told of its battery, with what of it is to be sent; an entry of a
    /// journal that is there already is left as it is.
    ///
    /// # Errors
    /// The disk's; then nothing is written.
    pub fn record_battery(
        &mut self,
        told: &BatteryRow,
        upload: Option<&NewEntry>,
    ) -> Result<(), StoreError> {
        self.change_queue(|tx, queue| {
            let mut insert = tx.prepare_cached(
                "INSERT INTO v2g_battery
                     (ts_ms, evse, evcc, is_charging, is_plugged, soc, desired_soc, voltage_v,
                      current_a, available_wh, speed_kmh, latitude_deg, longitude_deg, entry)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
                 ON CONFLICT (entry) DO NOTHING",
            )?;
            let is_new = insert.execute((
                told.at.map(UtcTime::as_millis),
                &told.evse,
                &told.evcc,
                told.is_charging,
                told.is_plugged,
                told.soc.map(StateOfCharge::percent),
                told.desired_soc.map(StateOfCharge::percent),
                told.voltage.map(Volts::get),
                told.current.map(Amps::get),
                told.available.map(WattHours::get),
                told.speed.map(KilometersPerHour::get),
                told.position.map(|place| place.latitude().get()),
                told.position.map(|place| place.longitude().get()),
                &told.entry,
            ))?;
            if is_new > 0
                && let Some(entry) = upload
            {
                queue.insert(tx, entry)?;
            }
            Ok(())
        })
    }

    /// What cars have told of their batteries, newest first, at most `limit`.
    ///
    /// # Errors
    /// The disk's.
    pub fn battery_data(&self, limit: usize) -> Result<Vec<BatteryRow>, StoreError> {
        self.rows(
            "SELECT ts_ms, evse, evcc, is_charging, is_plugged, soc, desired_soc, voltage_v,
                    current_a, available_wh, speed_kmh, latitude_deg, longitude_deg, entry
             FROM v2g_battery ORDER BY id DESC LIMIT ?1",
            [sql_limit(limit)],
            battery_row,
        )
    }
}

fn receipts(condition: &str) -> String {
    format!(
        "SELECT session, evse, evcc, started_s, ended_s, energy_wh, cost, tariff, receipt,
                signature, countersignature, transaction_id
         FROM v2g_receipt WHERE {condition}"
    )
}

fn receipt(row: &Row<'_>) -> rusqlite::Result<V2gReceipt> {
    let transaction: Option<[u8; 16]> = row.get(11)?;
    Ok(V2gReceipt {
        session: row.get(0)?,
        evse: row.get(1)?,
        evcc: row.get(2)?,
        started: row.get(3)?,
        ended: row.get(4)?,
        energy: row.get::<_, Option<f64>>(5)?.map(WattHours::new),
        cost: row.get(6)?,
        tariff: row.get(7)?,
        receipt: row.get(8)?,
        signature: row.get(9)?,
        countersignature: row.get(10)?,
        transaction: transaction.map(TransactionId::from_bytes),
    })
}

fn battery_row(row: &Row<'_>) -> rusqlite::Result<BatteryRow> {
    let number = |column: usize| row.get::<_, Option<f64>>(column);
    let soc =
        |column| Ok::<_, rusqlite::Error>(number(column)?.and_then(StateOfCharge::from_percent));
    let place = number(11)?.zip(number(12)?);
    let place =
        place.and_then(|(north, east)| Position::new(Degrees::new(north), Degrees::new(east)).ok());
    Ok(BatteryRow {
        at: row.get::<_, Option<i64>>(0)?.map(UtcTime::from_millis),
        evse: row.get(1)?,
        evcc: row.get(2)?,
        is_charging: row.get(3)?,
        is_plugged: row.get(4)?,
        soc: soc(5)?,
        desired_soc: soc(6)?,
        voltage: number(7)?.map(Volts::new),
        current: number(8)?.map(Amps::new),
        available: number(9)?.map(WattHours::new),
        speed: number(10)?.map(KilometersPerHour::new),
        position: place,
        entry: row.get(13)?,
    })
}
