//! The environment before a station's file: `V2X_STATION_OUT`, `V2X_SLOT_1_PORT`.
//!
//! Variables become lines of the text that is read afterwards, each with a mark, so that all values
//! are checked in one place and an error names the variable, or the line of the file.

use std::fmt::Write as _;
use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::super::keys::{Key, Kind};
use super::keys;

/// Stands before the name of a variable in a line whose value is from the environment.
const CHANGED: &str = " #<V2X_";
/// And in a line that the file does not have.
const ADDED: &str = " #<+V2X_";
/// The highest number of a slot.
const SLOTS_MAX: u8 = 16;

/// A change of the text: what stands at a place is replaced.
struct Edit {
    at: Range<usize>,
    by: String,
}

/// Puts the environment into the text. A text that is no TOML stays as it is, to be refused later.
pub(super) fn overlay(
    text: &str,
    environment: impl Fn(&str) -> Option<String>,
) -> Result<String, String> {
    let Ok(document) = DeTable::parse(text) else {
        return Ok(text.to_owned());
    };
    let document = document.get_ref();
    let mut edits = Vec::new();
    let mut end = String::new();
    let tables = keys::all().filter(|key| key.table != "slot");
    let mut added = "";
    for key in tables {
        let variable = key.variable();
        let Some(value) = environment(&variable) else {
            continue;
        };
        let value = literal(key, &variable, &value)?;
        let table = document
            .get(key.table)
            .and_then(|table| table.get_ref().as_table());
        match table {
            Some(table) => {
                let place = header(text, &format!("[{}]", key.table), 0);
                edits.extend(change(text, table, place, key, &variable, &value)?);
            }
            None => {
                if added != key.table {
                    added = key.table;
                    push(&mut end, format_args!("\n[{added}]"));
                }
                push(
                    &mut end,
                    format_args!("\n{} = {value}{}", key.name, mark(ADDED, &variable)),
                );
            }
        }
    }
    let slots = document
        .get("slot")
        .and_then(|slots| slots.get_ref().as_array());
    let slots: Vec<_> = slots
        .into_iter()
        .flatten()
        .map(|slot| slot.get_ref())
        .collect();
    for number in 1..=SLOTS_MAX {
        let index = slots
            .iter()
            .position(|slot| number_of(slot) == Some(number));
        let mut is_begun = false;
        for key in keys::all().filter(|key| key.table == "slot" && key.name != "number") {
            let variable = keys::variable(key, Some(number));
            let Some(value) = environment(&variable) else {
                continue;
            };
            let value = literal(key, &variable, &value)?;
            if let Some((index, table)) = index.and_then(|i| Some((i, slots.get(i)?.as_table()?))) {
                let place = header(text, "[[slot]]", index);
                edits.extend(change(text, table, place, key, &variable, &value)?);
                continue;
            }
            let mark = mark(ADDED, &variable);
            if !std::mem::replace(&mut is_begun, true) {
                push(
                    &mut end,
                    format_args!("\n[[slot]]{mark}\nnumber = {number}{mark}"),
                );
            }
            push(&mut end, format_args!("\n{} = {value}{mark}", key.name));
        }
    }
    Ok(applied(text, edits) + &end + "\n")
}

fn mark(kind: &str, variable: &str) -> String {
    let name = variable.strip_prefix("V2X_").unwrap_or(variable);
    format!("{kind}{name}>")
}

/// A value as TOML; text comes without quotation marks.
fn literal(key: &Key, variable: &str, value: &str) -> Result<String, String> {
    match key.kind {
        Kind::Path
        | Kind::Text
        | Kind::Air
        | Kind::Address
        | Kind::Interface
        | Kind::Amount
        | Kind::Form
        | Kind::Topic
        | Kind::Reporting => Ok(toml::Value::String(value.to_owned())
            .to_string()
            .replace('\n', "\\n")),
        Kind::Number | Kind::Flag => {
            let value = value.trim();
            let is_one = toml::from_str::<toml::Table>(&format!("x = {value}\n"));
            match is_one {
                Ok(table) if table.len() == 1 && !value.contains(['\n', '#']) => {
                    Ok(value.to_owned())
                }
                _ => Err(format!("{variable}: it must be a {}", key.kind.word())),
            }
        }
    }
}

/// The changes that put a value into a table of the file.
fn change(
    text: &str,
    table: &DeTable<'_>,
    header: Option<usize>,
    key: &Key,
    variable: &str,
    value: &str,
) -> Result<Vec<Edit>, String> {
    if let Some(old) = table.get(key.name) {
        let at = old.span();
        let end = line_end(text, at.end);
        return Ok(vec![
            Edit {
                at,
                by: value.to_owned(),
            },
            Edit {
                at: end..end,
                by: mark(CHANGED, variable),
            },
        ]);
    }
    let end = header.map(|header| line_end(text, header)).ok_or_else(|| {
        format!(
            "{variable}: the file must have `{}` as a table of its own",
            key.table
        )
    })?;
    let by = format!("\n{} = {value}{}", key.name, mark(ADDED, variable));
    Ok(vec![Edit { at: end..end, by }])
}

/// Where the nth line with this header begins.
fn header(text: &str, header: &str, nth: usize) -> Option<usize> {
    let mut offset = 0;
    let lines = text.split_inclusive('\n').map(|line| {
        let begin = offset;
        offset += line.len();
        (begin, line)
    });
    let mut found = lines.filter(|(_, line)| line.trim_start().starts_with(header));
    found.nth(nth).map(|(begin, _)| begin)
}

fn line_end(text: &str, from: usize) -> usize {
    let rest = text.get(from..).unwrap_or_default();
    let length = rest.find('\n').unwrap_or(rest.len());
    let is_windows = rest.get(..length).is_some_and(|line| line.ends_with('\r'));
    from + length - usize::from(is_windows)
}

fn applied(text: &str, mut edits: Vec<Edit>) -> String {
    // From the end, so that places before stay right; of two at one place the later first.
    edits.sort_by_key(|edit| edit.at.start);
    let mut text = text.to_owned();
    for edit in edits.into_iter().rev() {
        text.replace_range(edit.at, &edit.by);
    }
    text
}

fn number_of(slot: &DeValue<'_>) -> Option<u8> {
    let DeValue::Integer(number) = slot.as_table()?.get("number")?.get_ref() else {
        return None;
    };
    number.as_str().parse().ok()
}

/// Where a place of the text is, in words: the line of the file, or the variable.
pub(super) fn place(text: &str, offset: usize) -> String {
    let offset = offset.min(text.len());
    let before = text.get(..offset).unwrap_or_default();
    let begin = before.rfind('\n').map_or(0, |at| at + 1);
    let line = text
        .get(begin..)
        .and_then(|rest| rest.lines().next())
        .unwrap_or_default();
    for mark in [ADDED, CHANGED] {
        if let Some((_, name)) = line.split_once(mark) {
            return format!("V2X_{}", name.trim_end_matches('>'));
        }
    }
    let own = before.lines().filter(|line| !line.contains(ADDED)).count();
    let number = if offset == begin { own + 1 } else { own };
    format!("line {number}")
}

fn push(text: &mut String, what: std::fmt::Arguments<'_>) {
    text.write_fmt(what).expect("a string takes every text");
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "# ours\n[station] # one\nname = \"Yard\"\nout = \"a\" # here\n\n\
                        [[slot]]\nnumber = 2\nport = \"/dev/b\"\n[[slot]]\nnumber = 1\n\
                        port = \"/dev/a\"\nstart_a = 0.1\n";

    fn with(text: &str, variables: &[(&str, &str)]) -> Result<String, String> {
        overlay(text, |name| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn variables_win_over_the_file_and_come_where_it_says_nothing() {
        let text = with(
            FILE,
            &[
                ("V2X_STATION_OUT", "b \"q\""),
                ("V2X_STATION_GATEWAY", "true"),
                ("V2X_MONITOR_LISTEN", "off"),
                ("V2X_SLOT_1_PORT", "/dev/c"),
                ("V2X_SLOT_2_BAUD", "9600"),
                ("V2X_SLOT_3_PORT", "/dev/d"),
            ],
        )
        .unwrap();
        let table: toml::Table = text.parse().unwrap();
        assert_eq!(table["station"]["out"].as_str(), Some("b \"q\""), "{text}");
        assert_eq!(table["station"]["name"].as_str(), Some("Yard"));
        assert_eq!(table["station"]["gateway"].as_bool(), Some(true));
        assert_eq!(table["monitor"]["listen"].as_str(), Some("off"));
        assert_eq!(table["slot"][1]["port"].as_str(), Some("/dev/c"));
        assert_eq!(table["slot"][0]["baud"].as_integer(), Some(9600));
        assert_eq!(table["slot"][2]["number"].as_integer(), Some(3));
        assert_eq!(table["slot"][2]["port"].as_str(), Some("/dev/d"));
        let alone = with("", &[("V2X_STATION_OUT", "x")]).unwrap();
        let table: toml::Table = alone.parse().unwrap();
        assert_eq!(table["station"]["out"].as_str(), Some("x"));
    }

    #[test]
    fn error_names_the_variable_or_the_line_of_the_file_as_it_stands_there() {
        let refused = |variables: &[(&str, &str)]| {
            let text = with(FILE, variables).unwrap();
            super::super::toml_file::parse(&text).unwrap_err()
        };
        let said = refused(&[("V2X_STATION_GATEWAY", "true")]);
        assert!(said.starts_with("line 10: stop_a"), "{said}");
        let said = refused(&[("V2X_STATION_ROW_INTERVAL_S", "0.0")]);
        assert!(
            said.starts_with("V2X_STATION_ROW_INTERVAL_S: row_interval_s"),
            "{said}"
        );
        let said = refused(&[("V2X_SLOT_1_POLICY", "anyone")]);
        assert!(said.starts_with("V2X_SLOT_1_POLICY: "), "{said}");
        let said = with(FILE, &[("V2X_SLOT_1_BAUD", "fast")]).unwrap_err();
        assert_eq!(said, "V2X_SLOT_1_BAUD: it must be a number");
    }
}
