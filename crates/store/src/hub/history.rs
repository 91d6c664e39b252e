//! What was measured in a stretch of time, in few points: messages where they are few, else means
//! with least and most of equal steps, from messages, minutes or hours: the finest that still reach
//! back to its beginning.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use rusqlite::Connection;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Value as Json;
use v2x_roles::hub::{Bucket, Buckets, DeviceId};
use v2x_units::UtcTime;

use super::rollup::{MINUTE_MS, due_of, kept_from, minutes_of};
use super::{HOUR_MS, HubStore};
use crate::error::StoreError;

/// Stretches up to this are read from messages: 43,200 of them at one a second.
const RAW_MAX_MS: i64 = 12 * HOUR_MS;
/// Stretches up to this from minutes: 132,480 of them.
const MINUTES_MAX_MS: i64 = 92 * 24 * HOUR_MS;
/// The most points of one key that are answered.
pub const POINTS_MAX: usize = 10_000;

/// What is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    /// Whose values.
    pub device: DeviceId,
    /// Which keys.
    pub keys: BTreeSet<String>,
    /// From when.
    pub from: UtcTime,
    /// Until when, included.
    pub to: UtcTime,
    /// At most so many points of each key; at most [`POINTS_MAX`].
    pub points: usize,
}

/// From what an answer is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolution {
    /// Messages.
    Raw,
    /// Minutes.
    Minute,
    /// Hours.
    Hour,
}

impl Resolution {
    /// Its word in the interface.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Raw => "raw",
            Self::Minute => "minute",
            Self::Hour => "hour",
        }
    }
}

/// One point of a key.
#[derive(Debug, Clone, PartialEq)]
pub enum Point {
    /// A value as it was sent.
    Value(UtcTime, Json),
    /// The numbers of a step that begins then.
    Step(UtcTime, Bucket),
}

/// The answer.
#[derive(Debug, Clone, PartialEq)]
pub struct History {
    /// From what it is made.
    pub resolution: Resolution,
    /// How long a step is, in milliseconds; `None` where points are values as they were sent.
    pub step_ms: Option<i64>,
    /// The points of each key that has any. Texts come as values, each when it changes.
    pub series: BTreeMap<String, Vec<Point>>,
}

impl HubStore {
    /// What was measured.
    ///
    /// # Errors
    /// The disk's.
    pub fn history(&self, asked: &Asked) -> Result<History, StoreError> {
        let span = asked.to.as_millis().saturating_sub(asked.from.as_millis());
        let points = asked.points.clamp(2, POINTS_MAX);
        self.database.ask(|db| {
            let from = asked.from.as_millis();
            if span <= RAW_MAX_MS && kept_from(db, "raw_from")? <= from {
                return raw(db, asked, span, points);
            }
            let has_minutes = kept_from(db, "minutes_from")? <= from;
            let (resolution, step_s) = if span <= MINUTES_MAX_MS && has_minutes {
                (Resolution::Minute, 60)
            } else {
                (Resolution::Hour, 3600)
            };
            let width = Buckets::width_for(span, points).max(step_s * 1000);
            let buckets = rolled_up(db, asked, step_s, width)?;
            Ok(History {
                resolution,
                step_ms: Some(width),
                series: steps(buckets),
            })
        })
    }
}

fn steps(buckets: BTreeMap<String, Buckets>) -> BTreeMap<String, Vec<Point>> {
    let series = buckets.into_iter();
    series
        .map(|(key, buckets)| {
            let points = buckets
                .iter()
                .map(|(ts, bucket)| Point::Step(UtcTime::from_millis(ts), *bucket));
            (key, points.collect())
        })
        .collect()
}

fn raw(db: &Connection, asked: &Asked, span: i64, points: usize) -> rusqlite::Result<History> {
    let range = (asked.from.as_millis(), asked.to.as_millis());
    let mut series = BTreeMap::<String, Vec<Point>>::new();
    let mut buckets = BTreeMap::<String, Buckets>::new();
    let width = Buckets::width_for(span, points);
    let mut is_many = false;
    messages(
        db,
        asked.device,
        range,
        Some(&asked.keys),
        |ts, key, value| {
            let at = UtcTime::from_millis(ts);
            match number(&value).and_then(Bucket::of) {
                Some(bucket) => {
                    let found = buckets.entry(key.to_owned());
                    found
                        .or_insert_with(|| Buckets::new(width))
                        .add(ts, &bucket);
                    if is_many && value.is_number() {
                        return;
                    }
                }
                None if value.is_number() => return,
                None => {}
            }
            let points_of = series.entry(key.to_owned()).or_default();
            let is_same = matches!(points_of.last(), Some(Point::Value(_, last)) if *last == value);
            // Of texts and flags the changes are enough.
            if value.is_number() || !is_same {
                points_of.push(Point::Value(at, value));
            }
            is_many |= points_of.len() > points;
        },
    )?;
    if !is_many {
        return Ok(History {
            resolution: Resolution::Raw,
            step_ms: None,
            series,
        });
    }
    // What changes too often to be shown singly is shown in steps, where it can be.
    let mut shown = steps(buckets);
    for (key, points_of) in series {
        let first = points_of.first();
        let is_number = matches!(first, Some(Point::Value(_, value)) if value.is_number());
        let is_few = !is_number && points_of.len() <= points;
        if is_few || !shown.contains_key(&key) {
            let every = points_of.len().div_ceil(points).max(1);
            shown.insert(key, points_of.into_iter().step_by(every).collect());
        }
    }
    Ok(History {
        resolution: Resolution::Raw,
        step_ms: Some(width),
        series: shown,
    })
}

/// Minutes or hours in steps of a width; hours that are due come from their messages.
fn rolled_up(
    db: &Connection,
    asked: &Asked,
    step_s: i64,
    width: i64,
) -> rusqlite::Result<BTreeMap<String, Buckets>> {
    let (from, to) = (asked.from.as_millis(), asked.to.as_millis());
    let mut due: BTreeSet<i64> = due_of(db, asked.device, (from, to))?.into_iter().collect();
    // A few messages of an hour that was given up are no better than what was made of it.
    let raw_from = kept_from(db, "raw_from")?;
    let mut given_up = BTreeSet::new();
    // The step that the stretch begins in is in it.
    let first = from - from.rem_euclid(step_s * 1000);
    let mut found = BTreeMap::<String, Buckets>::new();
    let mut add = |key: &str, ts: i64, bucket: &Bucket| {
        let buckets = found.entry(key.to_owned());
        buckets
            .or_insert_with(|| Buckets::new(width))
            .add(ts, bucket);
    };
    let sql = "SELECT ts_ms, mean, least, most, count FROM rollup
               WHERE device = ?1 AND key = (SELECT id FROM key_name WHERE name = ?2)
                   AND step_s = ?3 AND ts_ms BETWEEN ?4 AND ?5 ORDER BY ts_ms";
    for key in &asked.keys {
        let mut statement = db.prepare_cached(sql)?;
        let mut rows = statement.query((asked.device.get(), key, step_s, first, to))?;
        while let Some(row) = rows.next()? {
            let ts: i64 = row.get(0)?;
            let hour = ts - ts.rem_euclid(HOUR_MS);
            if due.contains(&hour) && hour >= raw_from {
                continue;
            }
            given_up.insert(hour);
            let (mean, least, most) = (row.get(1)?, row.get(2)?, row.get(3)?);
            add(key, ts, &Bucket::kept(mean, least, most, row.get(4)?));
        }
    }
    due.retain(|hour| !given_up.contains(hour));
    for hour in due {
        for (key, minutes) in minutes_of(db, asked.device, hour)? {
            if !asked.keys.contains(&key) {
                continue;
            }
            for (ts, bucket) in minutes.iter() {
                if (from - MINUTE_MS..=to).contains(&ts) {
                    add(&key, ts, bucket);
                }
            }
        }
    }
    Ok(found)
}

/// A value as a number: a flag is 0 or 1.
fn number(value: &Json) -> Option<f64> {
    match value {
        Json::Bool(flag) => Some(f64::from(u8::from(*flag))),
        other => other.as_f64(),
    }
}

/// Goes through the numbers of a device's messages.
pub(super) fn numbers(
    db: &Connection,
    device: DeviceId,
    range: (i64, i64),
    keys: Option<&BTreeSet<String>>,
    mut each: impl FnMut(i64, &str, &Bucket),
) -> rusqlite::Result<()> {
    messages(db, device, range, keys, |ts, key, value| {
        if let Some(bucket) = number(&value).and_then(Bucket::of) {
            each(ts, key, &bucket);
        }
    })
}

/// Goes through the values of a device's messages between two moments, both included.
fn messages(
    db: &Connection,
    device: DeviceId,
    (from, to): (i64, i64),
    keys: Option<&BTreeSet<String>>,
    mut each: impl FnMut(i64, &str, Json),
) -> rusqlite::Result<()> {
    let sql = "SELECT ts_ms, body FROM message WHERE device = ?1 AND ts_ms BETWEEN ?2 AND ?3
               ORDER BY ts_ms";
    let mut statement = db.prepare_cached(sql)?;
    let mut rows = statement.query((device.get(), from, to))?;
    while let Some(row) = rows.next()? {
        let ts = row.get(0)?;
        let body = row.get_ref(1)?.as_str()?;
        let picked = Picked {
            keys,
            each: |key: &str, value| each(ts, key, value),
        };
        let mut reader = serde_json::Deserializer::from_str(body);
        picked.deserialize(&mut reader).map_err(|error| {
            let text = rusqlite::types::Type::Text;
            rusqlite::Error::FromSqlConversionFailure(1, text, Box::new(error))
        })?;
    }
    Ok(())
}

/// Reads only the wanted members of an object; the others are passed over without being kept.
struct Picked<'a, F> {
    keys: Option<&'a BTreeSet<String>>,
    each: F,
}

impl<'de, F: FnMut(&str, Json)> DeserializeSeed<'de> for Picked<'_, F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_map(self)
    }
}

impl<'de, F: FnMut(&str, Json)> Visitor<'de> for Picked<'_, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the keys and values of a message")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut members: A) -> Result<(), A::Error> {
        while let Some(key) = members.next_key::<Cow<'_, str>>()? {
            if self.keys.is_none_or(|keys| keys.contains(key.as_ref())) {
                (self.each)(&key, members.next_value()?);
            } else {
                members.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}
