//! Values as rows hold them: the newest of each key, and tables of the past.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use serde_json::{Map, Value};
use v2x_web::Answer;
use v2x_web::site::{EachRow, Period};
use v2x_web::types::Reading;

use super::Readers;

/// Keys of a table where none are named: more than any of our rows has.
const COLUMNS_MAX: usize = 400;

/// The newest value of each key, left here by the thread that makes rows.
#[derive(Debug, Default)]
pub(crate) struct NewestValues(Mutex<BTreeMap<String, Reading>>);

impl NewestValues {
    /// Takes a row. A key that it lacks keeps its value and its age.
    pub(crate) fn take(&self, ts: i64, row: &Map<String, Value>) {
        let mut newest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (key, value) in row {
            if value.is_null() {
                continue;
            }
            let value = value.clone();
            newest.insert(key.clone(), Reading { ts, value });
        }
    }

    /// As they are now.
    pub(crate) fn now(&self) -> BTreeMap<String, Reading> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

/// A row of the store, which only holds objects.
pub(crate) fn object(text: &str) -> Map<String, Value> {
    serde_json::from_str(text).unwrap_or_default()
}

/// The keys of a source in a period, in order.
pub(crate) fn columns(readers: &Readers, source: &str, of: Period) -> Answer<Vec<String>> {
    let mut keys = BTreeSet::new();
    readers.ask(|store| {
        store.each_row(source, of.from, of.to, |_, text| {
            for key in object(text).into_iter().map(|(key, _)| key) {
                if keys.len() < COLUMNS_MAX {
                    keys.insert(key);
                }
            }
            true
        })
    })?;
    Ok(keys.into_iter().collect())
}

/// The rows of a source in a period, with some keys.
pub(crate) fn each_row(
    readers: &Readers,
    source: &str,
    columns: &[String],
    of: Period,
    each: EachRow<'_>,
) -> Answer<()> {
    readers.ask(|store| {
        store.each_row(source, of.from, of.to, |ts, text| {
            let mut row = object(text);
            let values: Vec<_> = columns.iter().map(|key| row.remove(key)).collect();
            values.iter().all(Option::is_none) || each(ts, &values)
        })
    })
}
