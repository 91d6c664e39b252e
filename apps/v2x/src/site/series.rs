//! Histories: as measured where that is little, else steps with mean, least and greatest value.

use std::collections::BTreeMap;

use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;
use v2x_web::Answer;
use v2x_web::site::HistoryAsked;
use v2x_web::types::{History, Point, Resolution};

use super::Readers;

const HOUR_MS: i64 = 3_600_000;

/// What became of the values of one key in one step.
#[derive(Debug, Clone, Copy)]
struct Step {
    at: i64,
    sum: f64,
    count: f64,
    least: f64,
    greatest: f64,
}

/// The history of a source in the store.
pub(crate) fn history(readers: &Readers, source: &str, asked: &HistoryAsked) -> Answer<History> {
    let of = asked.period;
    let extent = readers.ask(|store| store.extent(source, of.from, of.to))?;
    let points = i64::try_from(asked.points).unwrap_or(i64::MAX);
    let is_little = i64::try_from(extent.rows).is_ok_and(|rows| rows <= points);
    // Steps of the stretch in which there is something, as long as they need to be.
    let (first, last) = extent.ends.unwrap_or((of.from, of.from));
    let step_ms = if is_little {
        0
    } else {
        (last - first) / points + 1
    };
    let mut series: BTreeMap<String, Vec<Point>> = BTreeMap::new();
    for key in &asked.keys {
        series.insert(key.clone(), Vec::new());
    }
    let mut steps: BTreeMap<String, Step> = BTreeMap::new();
    readers.ask(|store| {
        store.each_row(source, of.from, of.to, |ts, text| {
            let mut take = |key: &str, value: Value| {
                if is_little {
                    push(&mut series, key, Point::Raw(ts, value));
                } else if let Some(number) = number(&value) {
                    let at = first + (ts - first) / step_ms * step_ms;
                    let done = add(&mut steps, key, at, number);
                    done.into_iter()
                        .for_each(|done| push(&mut series, key, done));
                }
            };
            let wanted = Wanted {
                keys: &asked.keys,
                take: &mut take,
            };
            // Rows are objects; one that is not has no values.
            let mut text = serde_json::Deserializer::from_str(text);
            drop(wanted.deserialize(&mut text));
            true
        })
    })?;
    for (key, step) in steps {
        push(&mut series, &key, step.point());
    }
    Ok(History {
        from: of.from,
        to: of.to,
        resolution: match step_ms {
            0 => Resolution::Raw,
            step if step < HOUR_MS => Resolution::Minute,
            _ => Resolution::Hour,
        },
        step_ms,
        series,
    })
}

fn push(series: &mut BTreeMap<String, Vec<Point>>, key: &str, point: Point) {
    if let Some(points) = series.get_mut(key) {
        points.push(point);
    }
}

/// Adds a value to its step; gives the step before, when that is over.
fn add(steps: &mut BTreeMap<String, Step>, key: &str, at: i64, number: f64) -> Option<Point> {
    if let Some(step) = steps.get_mut(key).filter(|step| step.at == at) {
        step.sum += number;
        step.count += 1.0;
        step.least = step.least.min(number);
        step.greatest = step.greatest.max(number);
        return None;
    }
    let step = Step {
        at,
        sum: number,
        count: 1.0,
        least: number,
        greatest: number,
    };
    steps.insert(key.to_owned(), step).map(Step::point)
}

impl Step {
    fn point(self) -> Point {
        Point::Mean(self.at, self.sum / self.count, self.least, self.greatest)
    }
}

/// What can be averaged: numbers, and truth values as how often they were true.
fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Bool(truth) => Some(f64::from(u8::from(*truth))),
        value => value.as_f64(),
    }
}

/// Takes some keys out of an object, and skips the others unread.
struct Wanted<'a> {
    keys: &'a [String],
    take: &'a mut dyn FnMut(&str, Value),
}

impl<'de> DeserializeSeed<'de> for Wanted<'_> {
    type Value = ();
    fn deserialize<D: serde::Deserializer<'de>>(self, row: D) -> Result<(), D::Error> {
        row.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Wanted<'_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<std::borrow::Cow<'de, str>>()? {
            if self.keys.iter().any(|wanted| *wanted == key) {
                let value: Value = map.next_value()?;
                if !value.is_null() {
                    (self.take)(&key, value);
                }
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use v2x_store::{Store, TelemetryRow};
    use v2x_units::UtcTime;
    use v2x_web::site::Period;

    use super::*;

    fn readers(rows: &[(i64, &str)]) -> (tempfile::TempDir, Readers) {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(&folder.path().join("v2x.db")).unwrap();
        let rows: Vec<_> = rows
            .iter()
            .map(|(ts, values)| TelemetryRow {
                source: "vehicle".to_owned(),
                at: UtcTime::from_millis(*ts),
                values: (*values).to_owned(),
                upload: None,
            })
            .collect();
        store.record_telemetry(&rows).unwrap();
        let readers = Readers::new(folder.path());
        (folder, readers)
    }

    fn asked(keys: &[&str], period: (i64, i64), points: usize) -> HistoryAsked {
        HistoryAsked {
            keys: keys.iter().map(|key| (*key).to_owned()).collect(),
            period: Period {
                from: period.0,
                to: period.1,
            },
            points,
        }
    }

    #[test]
    fn few_rows_come_as_they_were_measured_and_missing_ones_are_missing() {
        let rows = [
            (1000, r#"{"soc":70,"gear":"D","a\"b":1.5}"#),
            (2000, r#"{"soc":null,"gear":"N"}"#),
            (3000, r#"{"soc":69.5}"#),
        ];
        let (_folder, readers) = readers(&rows);
        let asked = asked(&["soc", "gear", "a\"b", "none"], (1000, 3000), 10);
        let history = history(&readers, "vehicle", &asked).unwrap();
        assert_eq!((history.resolution, history.step_ms), (Resolution::Raw, 0));
        let point = |ts, value: Value| Point::Raw(ts, value);
        assert_eq!(history.series["soc"], [point(1000, 70.into())]);
        assert_eq!(
            history.series["gear"],
            [point(1000, "D".into()), point(2000, "N".into())]
        );
        assert_eq!(history.series["a\"b"], [point(1000, 1.5.into())]);
        assert!(history.series["none"].is_empty());
    }

    #[test]
    fn many_rows_come_as_steps_that_keep_least_and_greatest() {
        let texts: Vec<_> = (0..1000)
            .map(|n| {
                (
                    n * 1000,
                    format!("{{\"v\":{}}}", if n == 437 { 99 } else { n % 2 }),
                )
            })
            .collect();
        let rows: Vec<_> = texts
            .iter()
            .map(|(ts, text)| (*ts, text.as_str()))
            .collect();
        let (_folder, readers) = readers(&rows);
        let history = history(&readers, "vehicle", &asked(&["v"], (0, i64::MAX), 50)).unwrap();
        let points = &history.series["v"];
        assert!((48..=50).contains(&points.len()), "{}", points.len());
        assert_eq!(history.resolution, Resolution::Minute);
        let mut greatest = f64::MIN;
        for point in points {
            let Point::Mean(_, mean, least, most) = point else {
                panic!("{point:?}");
            };
            assert!(least <= mean && mean <= most);
            greatest = greatest.max(*most);
        }
        assert_eq!(greatest, 99.0);
        let Point::Mean(first, ..) = points[0] else {
            panic!("{points:?}");
        };
        assert_eq!(first, 0);
    }

    #[test]
    fn nothing_is_an_empty_history() {
        let (_folder, readers) = readers(&[]);
        let history = history(&readers, "vehicle", &asked(&["v"], (5, 9), 2)).unwrap();
        assert!(history.series["v"].is_empty());
    }
}
