//! Receipts and accounts as a person and a program see them.

use std::time::Duration;

use jiff::tz::{TimeZone, TimeZoneDatabase};
use v2x_charging::{EndReason, Energy, TransactionIds};
use v2x_tariff::accounts::{MonthError, month_csv};
use v2x_tariff::receipt::NOT_CERTIFIED;
use v2x_tariff::{Bill, Interval, Pricing, Receipt, Usage, parse_tariffs};
use v2x_units::{BootId, UtcTime};

const TARIFFS: &str = r#"
[[tariff]]
id = "standard"
version = "2025-09"
currency = "MAD"
time_zone = "Africa/Casablanca"
per_kwh = 1.50
session_fee = 2
[[tariff.period]]
name = "night <22-6>"
from = "22:00"
to = "06:00"
per_kwh = 1.10
"#;

/// 28 August 2025, 20:30 UTC: half an hour before night on the clock of Casablanca.
const STARTED: UtcTime = UtcTime::from_millis(1_756_413_000_000);

fn bill() -> Bill {
    let tariff = parse_tariffs("tariffs.toml", TARIFFS)
        .expect("it is right")
        .remove(0);
    let mut pricing = Pricing::new(&tariff);
    let to = STARTED + Duration::from_secs(3600);
    let energy = Energy::from_watt_hours(2001);
    pricing.add(&Interval::new(STARTED, to, energy, Usage::Charging).expect("it is short"));
    pricing.bill().expect("it is small")
}

fn receipt<'a>(bill: &'a Bill, zone: &'a TimeZone) -> Receipt<'a> {
    Receipt {
        station: "HELECAR \"Rabat\" <1> & 'Co'",
        slot: "1",
        transaction: TransactionIds::new(BootId::new(0x5EED_0001), 7).draw(),
        vehicle: Some("=Twizy, \"the red\"\none"),
        started: STARTED,
        ended: STARTED + Duration::from_secs(3600),
        reason: EndReason::Timeout,
        elapsed: Duration::from_secs(3600),
        doubtful: Energy::from_watt_hours(12),
        zone,
        bill,
    }
}

fn casablanca() -> TimeZone {
    TimeZoneDatabase::bundled()
        .get("Africa/Casablanca")
        .expect("it exists")
}

#[test]
fn text_receipt_shows_each_line_and_says_that_the_meter_is_not_certified() {
    let (bill, zone) = (bill(), casablanca());
    let text = receipt(&bill, &zone).to_string();
    let wanted = "\
RECEIPT

Station      HELECAR \"Rabat\" <1> & 'Co'
Slot         1
Transaction  5eed0001-0000-8000-8000-000000000007
Vehicle      =Twizy, \"the red\" one
Started      2025-08-28 21:30:00 +01:00
Ended        2025-08-28 22:30:00 +01:00, no current flowed for the idle time-out
Duration     1:00:00 h
Energy       2.001 kWh
Doubtful     0.012 kWh more, doubtful and not billed
Tariff       standard, version 2025-09

Session fee                                                     2.00 MAD
Energy                       1.0005 kWh x 1.50                  1.50 MAD
Energy, night <22-6>         1.0005 kWh x 1.10                  1.10 MAD
Total                                                           4.60 MAD
";
    assert_eq!(text, format!("{wanted}\n{NOT_CERTIFIED}\n"));
}

#[test]
fn html_receipt_escapes_names_that_strangers_have_chosen() {
    let (bill, zone) = (bill(), casablanca());
    let html = receipt(&bill, &zone).to_html();
    assert!(html.contains("HELECAR &quot;Rabat&quot; &lt;1&gt; &amp; &#39;Co&#39;"));
    assert!(html.contains("Energy, night &lt;22-6&gt;"));
    assert!(!html.contains("<1>") && !html.contains("\"Rabat\""));
    assert!(html.contains(NOT_CERTIFIED) && html.contains("<td>4.60 MAD</td>"));
}

#[test]
fn json_receipt_reads_back_with_its_amounts_as_text() {
    let (bill, zone) = (bill(), casablanca());
    let json = receipt(&bill, &zone).to_json();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["station"], "HELECAR \"Rabat\" <1> & 'Co'");
    assert_eq!(json["total"], "4.60");
    assert_eq!(json["started"], "2025-08-28T20:30:00.000Z");
    assert_eq!(json["lines"][1]["exact"], "1.50075");
    assert_eq!(json["note"], NOT_CERTIFIED);
}

#[test]
fn month_holds_what_ended_in_it_on_the_stations_clock() {
    let (bill, zone) = (bill(), casablanca());
    let in_august = receipt(&bill, &zone);
    let in_september = Receipt {
        // 23:30 UTC on 31 August is half past midnight in Casablanca.
        ended: UtcTime::from_millis(1_756_683_000_000),
        ..in_august.clone()
    };
    let receipts = [in_august, in_september];
    let august = month_csv(&receipts, 2025, 8).unwrap();
    let wanted = "\
started,ended,transaction,station,slot,vehicle,duration_s,energy_kwh,doubtful_kwh,tariff,\
tariff_version,total,currency\n\
2025-08-28 21:30:00 +01:00,2025-08-28 22:30:00 +01:00,5eed0001-0000-8000-8000-000000000007,\
\"HELECAR \"\"Rabat\"\" <1> & 'Co'\",1,\"'=Twizy, \"\"the red\"\"\none\",3600,2.001,0.012,\
standard,2025-09,4.60,MAD\n";
    assert_eq!(august, wanted);
    let september = month_csv(&receipts, 2025, 9).unwrap();
    assert!(september.contains("2025-09-01 00:30:00 +01:00"));
    assert_eq!(month_csv(&receipts, 2025, 13), Err(MonthError { seen: 13 }));
}
