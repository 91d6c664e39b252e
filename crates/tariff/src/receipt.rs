//! A receipt: the bill of a session with what a person needs to check it, in three forms.
//!
//! Not here: the amounts ([`crate::bill`]). All forms carry the same facts, and all say that the
//! meter is not certified.

use std::fmt::{self, Write as _};
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;
use v2x_charging::{EndReason, Energy, TransactionId};
use v2x_units::UtcTime;

use crate::bill::{Bill, BillLine};

/// What every receipt says about its meter.
pub const NOT_CERTIFIED: &str = "The meter (PZEM-004T) is not certified for billing; \
    its energy may be wrong by half a percent, and by more when it fails.";

/// What goes on a receipt.
#[derive(Debug, Clone)]
pub struct Receipt<'a> {
    /// The station's name.
    pub station: &'a str,
    /// The slot, as people know it.
    pub slot: &'a str,
    /// The transaction.
    pub transaction: TransactionId,
    /// Who charged, if known.
    pub vehicle: Option<&'a str>,
    /// When the session started.
    pub started: UtcTime,
    /// When it ended.
    pub ended: UtcTime,
    /// Why it ended.
    pub reason: EndReason,
    /// How long it lasted, by the clock that cannot jump.
    pub elapsed: Duration,
    /// Energy that may have flowed beside what is billed.
    pub doubtful: Energy,
    /// The station's time zone, in which times are printed.
    pub zone: &'a TimeZone,
    /// The bill.
    pub bill: &'a Bill,
}

impl Receipt<'_> {
    /// A moment on the station's clock, with its distance from UTC.
    pub(crate) fn local(&self, moment: UtcTime) -> String {
        Timestamp::from_microsecond(moment.as_micros()).map_or_else(
            |_| moment.to_string(),
            |timestamp| {
                let local = timestamp.to_zoned(self.zone.clone());
                local.strftime("%Y-%m-%d %H:%M:%S %:z").to_string()
            },
        )
    }

    fn lasted(&self) -> String {
        let seconds = self.elapsed.as_secs();
        let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
        format!("{hours}:{minutes:02}:{:02} h", seconds % 60)
    }

    /// The facts above the lines, in their order.
    fn facts(&self) -> Vec<(&'static str, String)> {
        let mut facts = vec![
            ("Station", self.station.to_owned()),
            ("Slot", self.slot.to_owned()),
            ("Transaction", self.transaction.to_string()),
        ];
        if let Some(vehicle) = self.vehicle {
            facts.push(("Vehicle", vehicle.to_owned()));
        }
        facts.extend([
            ("Started", self.local(self.started)),
            (
                "Ended",
                format!("{}, {}", self.local(self.ended), self.reason),
            ),
            ("Duration", self.lasted()),
            ("Energy", self.bill.energy.to_string()),
        ]);
        if self.doubtful > Energy::ZERO {
            let doubtful = format!("{} more, doubtful and not billed", self.doubtful);
            facts.push(("Doubtful", doubtful));
        }
        let tariff = format!("{}, version {}", self.bill.tariff, self.bill.tariff_version);
        facts.push(("Tariff", tariff));
        facts
    }

    /// The receipt as JSON, with amounts as text so that no reader rounds them.
    ///
    /// # Panics
    /// Never: texts and whole numbers always serialise.
    #[must_use]
    pub fn to_json(&self) -> String {
        let line = |line: &BillLine| JsonLine {
            kind: line.kind.title(),
            period: line.period.clone(),
            quantity: line.quantity.to_string(),
            unit: line.kind.unit(),
            price: line.price.to_string(),
            exact: line.exact.to_string(),
            amount: line.amount.amount().to_string(),
        };
        let json = Json {
            station: self.station,
            slot: self.slot,
            transaction: self.transaction.to_string(),
            vehicle: self.vehicle,
            started: self.started.to_string(),
            ended: self.ended.to_string(),
            reason: self.reason.ocpp(),
            duration_s: self.elapsed.as_secs(),
            energy_wh: self.bill.energy.milliwatt_hours() / 1000,
            doubtful_wh: self.doubtful.milliwatt_hours() / 1000,
            tariff: &self.bill.tariff,
            tariff_version: &self.bill.tariff_version,
            currency: self.bill.total.currency().to_string(),
            lines: self.bill.lines.iter().map(line).collect(),
            total: self.bill.total.amount().to_string(),
            note: NOT_CERTIFIED,
        };
        serde_json::to_string_pretty(&json).expect("texts and whole numbers always serialise")
    }

    /// The receipt as a page to print; foreign names are escaped.
    #[must_use]
    pub fn to_html(&self) -> String {
        let mut facts = String::new();
        for (name, value) in self.facts() {
            let value = Escaped(&value);
            facts += &format!("<tr><th scope=\"row\">{name}</th><td>{value}</td></tr>\n");
        }
        let mut lines = String::new();
        for line in &self.bill.lines {
            let (title, how) = described(line);
            let (title, how, amount) = (Escaped(&title), Escaped(&how), line.amount);
            lines += &format!("<tr><td>{title}</td><td>{how}</td><td>{amount}</td></tr>\n");
        }
        let total = self.bill.total;
        format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <title>Receipt {transaction}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
             <h1>Receipt</h1>\n<table>\n{facts}</table>\n<table class=\"lines\">\n{lines}\
             <tr class=\"total\"><td>Total</td><td></td><td>{total}</td></tr>\n</table>\n\
             <p>{NOT_CERTIFIED}</p>\n</body>\n</html>\n",
            transaction = self.transaction,
        )
    }
}

/// The receipt as text, 72 columns where names allow.
impl fmt::Display for Receipt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "RECEIPT\n")?;
        for (name, value) in self.facts() {
            // A name with a line break must not pass for a line of the bill.
            writeln!(f, "{name:<12} {}", value.replace(char::is_control, " "))?;
        }
        writeln!(f)?;
        for line in &self.bill.lines {
            let (title, how) = described(line);
            writeln!(f, "{title:<28} {how:<26} {:>16}", line.amount.to_string())?;
        }
        writeln!(f, "{:<55} {:>16}", "Total", self.bill.total.to_string())?;
        writeln!(f, "\n{NOT_CERTIFIED}")
    }
}

/// What a line is for, and how its amount comes about.
fn described(line: &BillLine) -> (String, String) {
    let title = line.kind.title();
    let title = match &line.period {
        Some(period) => format!("{title}, {}", period.replace(char::is_control, " ")),
        None => title.to_owned(),
    };
    let how = match line.kind.unit() {
        "" => String::new(),
        unit => {
            let price = line.amount.currency().in_full(line.price);
            format!("{} {unit} x {price}", line.quantity)
        }
    };
    (title, how)
}

const STYLE: &str = "body{font-family:sans-serif;max-width:40em;margin:2em auto}\
    table{border-collapse:collapse;width:100%;margin-bottom:1em}\
    th{text-align:left;width:9em;font-weight:normal;color:#555}\
    td,th{padding:.2em .4em}.lines td:last-child{text-align:right}\
    .total td{border-top:1px solid;font-weight:bold}";

/// A text whose characters with a meaning in HTML are written as references.
struct Escaped<'a>(&'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            match character {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                other => f.write_char(other)?,
            }
        }
        Ok(())
    }
}

#[derive(Serialize)]
struct Json<'a> {
    station: &'a str,
    slot: &'a str,
    transaction: String,
    vehicle: Option<&'a str>,
    started: String,
    ended: String,
    reason: &'a str,
    duration_s: u64,
    energy_wh: u64,
    doubtful_wh: u64,
    tariff: &'a str,
    tariff_version: &'a str,
    currency: String,
    lines: Vec<JsonLine>,
    total: String,
    note: &'a str,
}

#[derive(Serialize)]
struct JsonLine {
    kind: &'static str,
    period: Option<String>,
    quantity: String,
    unit: &'static str,
    price: String,
    exact: String,
    amount: String,
}
