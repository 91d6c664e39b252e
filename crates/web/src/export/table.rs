//! CSV as RFC 4180: a line of names, then a line for each row; what is missing is an empty cell.
//!
//! A text that a spreadsheet would take for a formula gets a `'` in front, as OWASP recommends
//! against CSV injection: texts come from devices.

use std::io::Write;

use csv::Writer;
use serde_json::Value;
use v2x_units::UtcTime;

/// Writes a table.
pub(super) struct TableWriter<W: Write> {
    writer: Writer<W>,
    /// Whether the reader still reads.
    goes_on: bool,
}

impl<W: Write> TableWriter<W> {
    /// Begins with the names of the columns.
    pub(super) fn new(to: W, columns: &[String]) -> Self {
        let mut writer = Writer::from_writer(to);
        let names = ["time", "ts_ms"].into_iter().map(str::to_owned);
        let names = names.chain(columns.iter().map(|column| defused(column)));
        let goes_on = writer.write_record(names).is_ok();
        Self { writer, goes_on }
    }

    /// Writes a row; whether the reader wants more.
    pub(super) fn row(&mut self, ts: i64, values: &[Option<Value>]) -> bool {
        let cells = [time(ts), ts.to_string()].into_iter();
        let cells = cells.chain(values.iter().map(|value| cell(value.as_ref())));
        self.goes_on = self.goes_on && self.writer.write_record(cells).is_ok();
        self.goes_on
    }

    /// Writes what is left.
    pub(super) fn end(mut self) {
        if self.goes_on {
            // A reader who has left needs no end.
            drop(self.writer.flush());
        }
    }
}

/// A moment as RFC 3339, in UTC.
pub(super) fn time(ts: i64) -> String {
    let utc = UtcTime::from_millis(ts);
    let civil = utc.civil();
    let (date, time) = (
        format!("{:04}-{:02}-{:02}", civil.year, civil.month, civil.day),
        format!("{:02}:{:02}:{:02}", civil.hour, civil.minute, civil.second),
    );
    format!("{date}T{time}.{:03}Z", civil.micros / 1000)
}

fn cell(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => defused(text),
        Some(value) => value.to_string(),
    }
}

fn defused(text: &str) -> String {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if is_formula && text.parse::<f64>().is_err() {
        return format!("'{text}");
    }
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_has_empty_cells_for_what_is_missing_and_quotes_what_needs_it() {
        let mut bytes = Vec::new();
        let columns = ["soc", "gear", "note"].map(str::to_owned);
        let mut table = TableWriter::new(&mut bytes, &columns);
        assert!(table.row(
            1_767_225_600_250,
            &[Some(71.5.into()), None, Some("a \"b\", c".into())]
        ));
        assert!(table.row(0, &[None, Some(Value::Null), Some("=1+1".into())]));
        assert!(table.row(1, &[Some(0.into()), Some("-5.5".into()), Some("-x".into())]));
        table.end();
        assert_eq!(
            String::from_utf8(bytes).unwrap(),
            "time,ts_ms,soc,gear,note\n\
             2026-01-01T00:00:00.250Z,1767225600250,71.5,,\"a \"\"b\"\", c\"\n\
             1970-01-01T00:00:00.000Z,0,,,'=1+1\n\
             1970-01-01T00:00:00.001Z,1,0,-5.5,'-x\n"
        );
    }
}
