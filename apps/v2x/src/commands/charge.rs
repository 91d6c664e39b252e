//! `v2x charge`: the driver's word to the vehicle computer that runs.
//!
//! What it does with it is in `vehicle/radio/local.rs`.

use std::fmt::Display;
use std::io::{self, Write as _};

use jiff::civil::Time;
use jiff::{Timestamp, ToSpan as _, Zoned};
use serde_json::{Map, Value as Json, json};

use crate::cli::{self, ChargeTask};
use crate::clock::Clock;
use crate::daemon::control;
use crate::failure::{Blame, Context as _, Failure};

/// Runs the subcommand.
pub(super) fn run(arguments: &cli::Charge) -> Result<(), Failure> {
    let request = match &arguments.task {
        ChargeTask::Status { .. } => json!({ "do": "status" }),
        ChargeTask::Stop => json!({ "do": "stop" }),
        ChargeTask::Set(set) => wishes(set)?,
    };
    let answer = control::ask(&arguments.out, &request)?;
    if answer["ok"] != true {
        let problem = answer["error"]
            .as_str()
            .unwrap_or("the answer makes no sense");
        return Err(Failure::new(Blame::Runtime, problem)
            .hint("v2x charge status says how the charge goes"));
    }
    match &arguments.task {
        ChargeTask::Status { json: true } => say(format_args!("{answer:#}")),
        ChargeTask::Status { json: false } | ChargeTask::Set(_) => status(&answer),
        ChargeTask::Stop if answer["ended"] == "NotBegun" => say(format_args!(
            "no station has answered yet; none will be asked for power until the plug was out"
        )),
        ChargeTask::Stop if answer["ended"] == "LegacyAsked" => say(format_args!(
            "a station of the prototype was asked to stop, and is asked until the plug is out; it \
             may not obey: pull the plug if power flows on"
        )),
        ChargeTask::Stop => {
            let reason = answer["ended"].as_str().unwrap_or("?");
            say(format_args!("the power has ended ({reason})"))
        }
    }
}

/// The request that a person's words make.
fn wishes(set: &cli::ChargeSet) -> Result<Json, Failure> {
    let mut request = Map::new();
    request.insert("do".to_owned(), "set".into());
    let number = |text: &str| {
        let value: Result<f64, _> = text.trim_end_matches('%').parse();
        let value = value.ok().filter(|value| value.is_finite());
        value.map(Json::from).ok_or("a number of percent, as 80")
    };
    let departure = |text: &str| {
        let seconds = departure(text).map(Timestamp::as_second);
        seconds
            .map(Json::from)
            .ok_or("HH:MM or a date and time, as 2026-12-01T07:30:00+01:00")
    };
    for (key, text, read) in [
        (
            "desired_soc",
            &set.desired_soc,
            &number as &dyn Fn(&str) -> Result<Json, &'static str>,
        ),
        ("departure", &set.departure, &departure),
        ("cost_limit", &set.cost_limit, &|text: &str| Ok(text.into())),
    ] {
        let Some(text) = text else { continue };
        let value = match text.as_str() {
            "none" => Json::Null,
            "settings" => "settings".into(),
            text => read(text).map_err(|right| {
                let option = key.replace('_', "-");
                let what = format_args!("--{option} is `{text}`");
                Failure::new(Blame::Usage, what)
                    .hint(format_args!("give {right}, or none, or settings"))
            })?,
        };
        request.insert(key.to_owned(), value);
    }
    Ok(Json::Object(request))
}

/// A moment in a person's words; a time of day is the next one.
fn departure(text: &str) -> Option<Timestamp> {
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Some(moment);
    }
    let time: Time = text.parse().ok()?;
    let now = Timestamp::from_microsecond(Clock::wall()?.as_micros()).ok()?;
    next(&now.to_zoned(jiff::tz::TimeZone::system()), time)
}

/// The next time that it is so late by the clock of a place.
fn next(now: &Zoned, time: Time) -> Option<Timestamp> {
    let today = now.with().time(time).build().ok()?;
    let moment = if today > *now {
        today
    } else {
        let tomorrow = now.date().checked_add(1.day()).ok()?;
        now.with().date(tomorrow).time(time).build().ok()?
    };
    Some(moment.timestamp())
}

/// What a status says, a line a thing; what is not known is left out.
fn status(answer: &Json) -> Result<(), Failure> {
    let plugged = answer["plugged"] == true;
    line("plug", if plugged { "in" } else { "out" })?;
    let text = |key: &str| answer[key].as_str().map(str::to_owned);
    let number = |key: &str, unit: &str, scale: f64| {
        answer[key]
            .as_f64()
            .map(|value| format!("{:.1} {unit}", value / scale))
    };
    let departure = answer["departure"].as_i64();
    let departure = departure.and_then(|seconds| Timestamp::from_second(seconds).ok());
    let local = |moment: Timestamp| {
        let zoned = moment.to_zoned(jiff::tz::TimeZone::system());
        zoned.strftime("%Y-%m-%d %H:%M %Z").to_string()
    };
    for (name, value) in [
        ("state", text("state")),
        ("station", text("station")),
        ("session", text("session")),
        ("power", number("power_w", "W", 1.0)),
        ("energy", number("energy_wh", "kWh", 1000.0)),
        ("cost", text("cost")),
        ("battery", number("soc", "%", 1.0)),
        ("wanted", number("desired_soc", "%", 1.0)),
        ("departure", departure.map(local)),
        ("cost limit", text("cost_limit")),
    ] {
        if let Some(value) = value {
            line(name, &value)?;
        }
    }
    Ok(())
}

fn line(name: &str, value: &str) -> Result<(), Failure> {
    say(format_args!("{name:12}{value}"))
}

fn say(text: impl Display) -> Result<(), Failure> {
    writeln!(io::stdout(), "{text}").blame(Blame::Runtime, "standard output")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_of_day_is_the_next_one_also_when_the_clocks_change() {
        let at = |text: &str| text.parse::<Zoned>().unwrap();
        let time = |text: &str| text.parse::<Time>().unwrap();
        let now = at("2026-12-01T22:00:00+01:00[Europe/Berlin]");
        let later = next(&now, time("23:30")).unwrap();
        assert_eq!(later, "2026-12-01T22:30:00Z".parse().unwrap());
        let morning = next(&now, time("07:30")).unwrap();
        assert_eq!(morning, "2026-12-02T06:30:00Z".parse().unwrap());
        // The night in which 02:30 does not exist.
        let before = at("2026-03-28T22:00:00+01:00[Europe/Berlin]");
        assert!(next(&before, time("02:30")).is_some());
    }

    #[test]
    fn moment_with_its_zone_is_itself_and_other_words_are_none() {
        let moment = departure("2026-12-01T07:30:00+01:00").unwrap();
        assert_eq!(moment.as_second(), 1_796_106_600);
        for text in ["soon", "25:00", "", "7"] {
            assert_eq!(departure(text), None, "{text}");
        }
    }
}
