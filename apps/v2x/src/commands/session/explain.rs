//! Why a session started, went on, ended and cost what it cost: each step with the samples around
//! it, and each line of the bill with what it comes from.

use std::fmt::Write as _;

use serde_json::{Value as Json, json};
use v2x_charging::{Energy, SessionRecord, Verdict};
use v2x_store::MeterValue;
use v2x_units::{Amps, Volts, WattHours, Watts};

use super::found::Found;
use super::print;

/// One step with the samples since the step before.
struct Step<'a> {
    record: &'a SessionRecord,
    values: Vec<&'a MeterValue>,
    /// The state before it.
    before: Option<&'a SessionRecord>,
}

/// The session step by step.
pub(super) fn explain(found: &Found, as_json: bool) -> String {
    let steps = steps(found);
    if as_json {
        let mut json = print::facts(&found.session, found.bill.as_ref());
        json["steps"] = steps.iter().map(step_json).collect();
        return print::pretty(&json);
    }
    let mut text = print::show(found, false);
    for step in &steps {
        text.push('\n');
        text += &step_text(step);
    }
    if found.values.is_empty() {
        text +=
            "\nThe samples between these steps are no longer in the store: see store.keep_days.\n";
    }
    text += "\nCost: each line is quantity times price; the exact amounts are added and rounded \
             once,\nand the lines are paid in whole minor units that add up to the total.\n";
    match &found.bill {
        Some(bill) => text += &print::lines(bill),
        None => text += "  the session is open: the bill is made at its end\n",
    }
    text
}

/// What happened, step by step, in sentences.
pub(crate) fn sentences(found: &Found) -> Vec<String> {
    let sentence = |step: &Step<'_>| {
        let after = step.record.elapsed.as_secs_f64();
        format!(
            "{} after {after:.0} s: {}",
            print::moment(step.record.utc),
            happened(step)
        )
    };
    steps(found).iter().map(sentence).collect()
}

fn steps(found: &Found) -> Vec<Step<'_>> {
    let mut rest = found.values.iter().peekable();
    let mut before = None;
    let mut steps = Vec::new();
    for record in &found.records {
        let mut values = Vec::new();
        while let Some(value) = rest.peek() {
            let is_later = value.boot == record.boot && value.sample.at > record.at;
            let is_of_later_run = value.boot != record.boot
                && before.is_none_or(|before: &SessionRecord| before.boot != value.boot);
            if is_later || is_of_later_run {
                break;
            }
            values.extend(rest.next());
        }
        steps.push(Step {
            record,
            values,
            before,
        });
        before = Some(record);
    }
    if let Some(last) = steps.last_mut() {
        last.values.extend(rest);
    }
    steps
}

/// What happened in a step, in a sentence.
fn happened(step: &Step<'_>) -> String {
    let record = step.record;
    let gained = step.before.map_or(record.energy.plausible, |before| {
        record
            .energy
            .plausible
            .saturating_sub(before.energy.plausible)
    });
    if let Some(reason) = record.ended {
        return format!("ended, because {reason}; {gained} since the step before");
    }
    match step.before {
        None => format!(
            "started: the current had reached the threshold for long enough; {gained} had flowed"
        ),
        Some(before) if before.boot != record.boot => {
            format!("went on after a restart of the station; {gained} in between")
        }
        Some(before) if before.state != record.state => {
            format!("{} became {}; {gained}", before.state, record.state)
        }
        Some(_) => format!("went on; {gained}"),
    }
}

fn step_text(step: &Step<'_>) -> String {
    let record = step.record;
    let mut text = format!(
        "{:>4}  {}  after {:.1} s  {}\n",
        record.seq,
        print::moment(record.utc),
        record.elapsed.as_secs_f64(),
        happened(step),
    );
    let counts = Verdict::ALL.iter().filter(|v| record.energy.count(**v) > 0);
    let counts: Vec<_> = counts
        .map(|verdict| format!("{} {verdict}", record.energy.count(*verdict)))
        .collect();
    writeln!(
        text,
        "      {} billed so far, {} doubtful; samples: {}",
        record.energy.plausible,
        record.energy.doubtful,
        counts.join(", "),
    )
    .unwrap_or_default();
    for value in &step.values {
        text += &value_text(value);
    }
    text
}

fn value_text(value: &MeterValue) -> String {
    let sample = &value.sample;
    let number = |value: Option<f64>, decimals: usize| {
        value.map_or_else(|| "-".to_owned(), |value| format!("{value:.decimals$}"))
    };
    let mut text = format!(
        "      {}  {:>6} V {:>7} A {:>8} W {:>9} kWh  {}",
        print::moment(value.utc),
        number(sample.voltage.map(Volts::get), 1),
        number(sample.current.map(Amps::get), 3),
        number(sample.power.map(Watts::get), 1),
        number(sample.energy.map(WattHours::kilowatt_hours), 3),
        value.verdict,
    );
    if value.gained > Energy::ZERO {
        write!(text, ", {:#}", value.gained).unwrap_or_default();
    }
    if let Some(reason) = &value.reason {
        write!(text, ": {reason}").unwrap_or_default();
    }
    text.push('\n');
    text
}

fn step_json(step: &Step<'_>) -> Json {
    let record = step.record;
    let value = |value: &&MeterValue| {
        let sample = &value.sample;
        json!({
            "at": value.utc.map(|utc| utc.to_string()),
            "voltage_v": sample.voltage.map(Volts::get),
            "current_a": sample.current.map(Amps::get),
            "power_w": sample.power.map(Watts::get),
            "counter_wh": sample.energy.map(WattHours::get),
            "verdict": value.verdict.to_string(),
            "reason": value.reason,
            "gained_mwh": value.gained.milliwatt_hours(),
            "doubtful_mwh": value.doubtful.milliwatt_hours(),
        })
    };
    json!({
        "seq": record.seq,
        "boot": record.boot.to_string(),
        "at": record.utc.map(|utc| utc.to_string()),
        "elapsed_s": record.elapsed.as_secs_f64(),
        "state": record.state.to_string(),
        "happened": happened(step),
        "energy_mwh": record.energy.plausible.milliwatt_hours(),
        "doubtful_mwh": record.energy.doubtful.milliwatt_hours(),
        "samples": step.values.iter().map(value).collect::<Vec<_>>(),
    })
}
