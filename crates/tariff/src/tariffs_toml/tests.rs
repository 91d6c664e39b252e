//! What `tariffs.toml` may say, and what it is told when it says something else.

use super::*;

const STANDARD: &str = r#"[[tariff]]
id = "standard"
version = "2025-09"
currency = "MAD"
time_zone = "Africa/Casablanca"
per_kwh = 1.50
per_minute = 0.02
session_fee = 2
idle = { per_minute = "0.10", grace_minutes = 15 }
rounding = { step = 0.05, mode = "half even" }

[[tariff.period]]
name = "night"
days = ["Mon", "Sun"]
from = "22:00"
to = "06:00"
per_kwh = 1.10

[[tariff.period]]
name = "late"
from = "06:00"
to = "07:30"
"#;

#[test]
fn every_key_of_a_tariff_is_read_as_it_is_written() {
    let tariffs = parse_tariffs("tariffs.toml", STANDARD).unwrap();
    let tariff = &tariffs[0];
    assert_eq!(
        (tariff.id.as_str(), tariff.version.as_str()),
        ("standard", "2025-09")
    );
    assert_eq!(tariff.currency.code(), "MAD");
    assert_eq!(tariff.week.zone().iana_name(), Some("Africa/Casablanca"));
    assert_eq!(tariff.base.per_kwh, Decimal::new(150, 2));
    assert_eq!(tariff.session_fee, Decimal::TWO);
    let idle = tariff.idle.unwrap();
    assert_eq!(
        (idle.per_minute, idle.grace.as_secs()),
        (Decimal::new(1, 1), 900)
    );
    assert_eq!(tariff.rounding.step, Decimal::new(5, 2));
    assert_eq!(tariff.rounding.mode, RoundingMode::HalfEven);
    assert_eq!(tariff.periods[0].prices.per_kwh, Decimal::new(11, 1));
    // What a period leaves out stays as it is outside.
    assert_eq!(tariff.periods[0].prices.per_minute, Decimal::new(2, 2));
    assert_eq!(tariff.periods[1].prices, tariff.base);
}

#[test]
fn example_in_the_documentation_is_a_tariff_file() {
    let lines = include_str!("../tariffs_toml.rs").lines();
    let example: Vec<_> = lines
        .skip_while(|line| *line != "//! ```toml")
        .skip(1)
        .take_while(|line| *line != "//! ```")
        .map(|line| line.trim_start_matches("//!").trim())
        .collect();
    let tariffs = parse_tariffs("tariffs.toml", &example.join("\n")).unwrap();
    assert_eq!((tariffs.len(), tariffs[0].periods.len()), (1, 1));
}

/// The message for the standard file with one line in place of another.
fn message(line: &str, instead: &str) -> String {
    assert!(STANDARD.contains(line), "{line}");
    let text = STANDARD.replacen(line, instead, 1);
    parse_tariffs("tariffs.toml", &text)
        .unwrap_err()
        .to_string()
}

#[test]
fn errors_name_file_and_line_what_was_seen_and_what_is_right() {
    let price = "a price as 1.50, not negative, below a million, six decimals at most";
    for (line, instead, wanted) in [
        (
            "per_kwh = 1.50",
            "per_kwh = -1.50",
            format!("tariffs.toml:6: per_kwh is -1.50; it must be {price}"),
        ),
        (
            "per_kwh = 1.50",
            "per_kwh = 0.0000001",
            format!("tariffs.toml:6: per_kwh is 0.0000001; it must be {price}"),
        ),
        (
            "per_minute = 0.02",
            "per_minute = nan",
            format!("tariffs.toml:7: per_minute is nan; it must be {price}"),
        ),
        (
            "currency = \"MAD\"",
            "currency = \"DH\"",
            "tariffs.toml:4: currency is \"DH\"; it must be an ISO 4217 code as \"MAD\"".into(),
        ),
        (
            "version = \"2025-09\"\n",
            "",
            "tariffs.toml:1: version is missing; it must be a text between quotes that is not \
             empty"
                .into(),
        ),
        (
            "time_zone = \"Africa/Casablanca\"\n",
            "",
            "tariffs.toml:1: periods without a time zone; name the station's with time_zone = \
             \"Africa/Casablanca\""
                .into(),
        ),
        (
            "step = 0.05",
            "step = 0.005",
            "tariffs.toml:10: step is 0.005; it must be a multiple of 0.01, the minor unit of MAD"
                .into(),
        ),
        (
            "from = \"06:00\"",
            "from = \"05:30\"",
            "tariffs.toml:19: \"night\" and \"late\" both claim Mon 05:30; a minute has one price"
                .into(),
        ),
        (
            "from = \"22:00\"",
            "from = \"24:00\"",
            "tariffs.toml:15: from is \"24:00\"; it must be a time as \"22:00\"".into(),
        ),
        (
            "session_fee",
            "sesion_fee",
            "tariffs.toml:8: there is no key \"sesion_fee\" here; the keys are id, version, \
             currency, time_zone, per_kwh, per_minute, session_fee, idle, rounding, period"
                .into(),
        ),
    ] {
        assert_eq!(message(line, instead), wanted);
    }
}

#[test]
fn file_that_is_no_toml_is_refused_with_its_line() {
    let error = parse_tariffs("tariffs.toml", "\n[[tariff]\n").unwrap_err();
    assert_eq!(
        (error.line, error.right.as_str()),
        (2, "it must be a TOML file")
    );
}

#[test]
fn more_tariffs_than_a_station_has_are_refused() {
    let text: String = (0..=TARIFFS_MAX)
        .map(|index| format!("[[tariff]]\nid = \"{index}\"\nversion = \"1\"\ncurrency = \"MAD\"\n"))
        .collect();
    let error = parse_tariffs("tariffs.toml", &text).unwrap_err();
    assert_eq!(error.seen, "there are 101 of tariff");
}

#[test]
fn two_tariffs_of_one_id_are_refused() {
    let text = format!("{STANDARD}\n{STANDARD}");
    let error = parse_tariffs("tariffs.toml", &text).unwrap_err();
    assert_eq!(error.seen, "a second tariff is called \"standard\"");
}
