//! Bills: lines that add up, cuts that change nothing, the days on which the clock changes, and
//! ten thousand sessions against a reference that counts second by second.

use jiff::Timestamp;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use proptest::prelude::*;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use v2x_charging::Energy;
use v2x_tariff::{Currency, Interval, LineKind, Pricing, Tariff, Usage, parse_tariffs};
use v2x_units::UtcTime;

const ZONES: [&str; 5] = [
    "UTC",
    "Europe/Berlin",
    "Africa/Casablanca",
    "Australia/Lord_Howe",
    "America/St_Johns",
];

/// Moments shortly before the clock changes in one of the zones, and an ordinary one.
const STARTS: [&str; 8] = [
    "2025-03-30T00:20:00Z",
    "2025-10-26T00:20:00Z",
    "2025-02-23T01:20:00Z",
    "2025-04-06T01:20:00Z",
    "2025-04-05T14:20:00Z",
    "2025-10-04T15:00:00Z",
    "2025-03-09T05:00:00Z",
    "2025-08-28T21:45:00Z",
];

fn utc(text: &str) -> UtcTime {
    let timestamp: Timestamp = text.parse().expect("a moment in the test is well formed");
    UtcTime::from_micros(timestamp.as_microsecond())
}

fn zone(name: &str) -> TimeZone {
    TimeZoneDatabase::bundled()
        .get(name)
        .expect("a zone in the test exists")
}

/// A tariff as plain numbers: prices in millionths, hours of the day.
#[derive(Debug, Clone)]
struct Plain {
    zone: &'static str,
    mode: &'static str,
    base: (u32, u32),
    idle: (u32, u32),
    fee: u32,
    /// Weekday and hours of a period, and its prices.
    periods: Vec<(u8, u16, u16, (u32, u32))>,
}

fn price(millionths: u32) -> String {
    format!("{}.{:06}", millionths / 1_000_000, millionths % 1_000_000)
}

impl Plain {
    fn tariff(&self) -> Tariff {
        let mut text = format!(
            "[[tariff]]\nid = \"t\"\nversion = \"1\"\ncurrency = \"MAD\"\ntime_zone = \"{}\"\n\
             per_kwh = {}\nper_minute = {}\nsession_fee = {}\n\
             idle = {{ per_minute = {}, grace_minutes = {} }}\nrounding = {{ mode = \"{}\" }}\n",
            self.zone,
            price(self.base.0),
            price(self.base.1),
            price(self.fee),
            price(self.idle.0),
            self.idle.1,
            self.mode,
        );
        for (index, (day, from, to, prices)) in self.periods.iter().enumerate() {
            let day = v2x_tariff::week::DAYS[usize::from(*day)];
            text += &format!(
                "[[tariff.period]]\nname = \"p{index}\"\ndays = [\"{day}\"]\n\
                 from = \"{from:02}:00\"\nto = \"{to:02}:00\"\nper_kwh = {}\nper_minute = {}\n",
                price(prices.0),
                price(prices.1)
            );
        }
        parse_tariffs("tariffs.toml", &text)
            .expect("the text is right")
            .remove(0)
    }

    /// The prices in a second, found by asking what the clock on the wall shows.
    fn prices_at(&self, zone: &TimeZone, second: i64) -> (u32, u32) {
        let moment = Timestamp::from_second(second)
            .expect("in range")
            .to_zoned(zone.clone());
        let day = moment.weekday().to_monday_zero_offset();
        let hour = moment.hour();
        let holds = |&&(from_day, from, to, _): &&(u8, u16, u16, (u32, u32))| {
            i16::from(day) == i16::from(from_day)
                && (from..to).contains(&hour.unsigned_abs().into())
        };
        self.periods
            .iter()
            .find(holds)
            .map_or(self.base, |&(.., prices)| prices)
    }

    /// The total in hundredths, second by second, in whole numbers.
    fn total_by_the_second(&self, session: &[Part]) -> i128 {
        // One is a millionth of a price times a millionth of a unit, over sixty.
        let mut sum = i128::from(self.fee) * 60_000_000;
        let (mut idle, grace) = (0, self.idle.1 * 60);
        let zone = zone(self.zone);
        for part in session {
            if part.usage == Usage::Charging {
                idle = 0;
            }
            let complete = |second: i64| {
                let done = i128::from(second) * i128::from(part.energy);
                done / i128::from(part.seconds.max(1))
            };
            for second in 0..part.seconds {
                let (per_kwh, per_minute) = self.prices_at(&zone, part.from + second);
                let energy = complete(second + 1) - complete(second);
                sum += energy * i128::from(per_kwh) * 60;
                match part.usage {
                    Usage::Charging => sum += i128::from(per_minute) * 1_000_000,
                    Usage::Idle => {
                        idle += 1;
                        if idle > grace {
                            sum += i128::from(self.idle.0) * 1_000_000;
                        }
                    }
                    Usage::Interrupted => {}
                }
            }
        }
        round(sum, 60 * 10_i128.pow(10), self.mode)
    }
}

fn round(sum: i128, unit: i128, mode: &str) -> i128 {
    let (whole, rest) = (sum / unit, sum % unit);
    let up = match mode {
        "down" => false,
        "up" => rest > 0,
        "half up" => 2 * rest >= unit,
        _ => 2 * rest > unit || (2 * rest == unit && whole % 2 == 1),
    };
    whole + i128::from(up)
}

/// A part of a session, in whole seconds.
#[derive(Debug, Clone, Copy)]
struct Part {
    from: i64,
    seconds: i64,
    energy: u32,
    usage: Usage,
}

impl Part {
    fn interval(&self) -> Interval {
        let at = |second: i64| UtcTime::from_micros(second * 1_000_000);
        let energy = Energy::from_milliwatt_hours(self.energy.into());
        Interval::new(
            at(self.from),
            at(self.from + self.seconds),
            energy,
            self.usage,
        )
        .expect("a part ends after it begins")
    }
}

fn plain_tariff() -> impl Strategy<Value = Plain> {
    let small = || prop_oneof![Just(0), Just(1_500_000), 0..5_000_000_u32];
    let prices = || (small(), small());
    let mode = prop_oneof![Just("half up"), Just("half even"), Just("down"), Just("up")];
    let edges = proptest::collection::btree_set(0..25_u16, 0..7);
    let period_prices = proptest::collection::vec((0..7_u8, prices()), 3);
    let zone = proptest::sample::select(&ZONES[..]);
    let idle = (small(), 0..20_u32);
    (zone, mode, prices(), idle, small(), edges, period_prices).prop_map(
        |(zone, mode, base, idle, fee, edges, period_prices)| {
            let edges: Vec<_> = edges.into_iter().collect();
            let hours = edges.chunks_exact(2).zip(period_prices);
            Plain {
                zone,
                mode,
                base,
                idle,
                fee,
                // One day's worth on each of the days a session of an hour or two can touch.
                periods: hours
                    .flat_map(|(hours, (_, prices))| {
                        let (from, to) = (hours[0], hours[1]);
                        [3, 4, 5, 6].map(|day| (day, from, to, prices))
                    })
                    .collect(),
            }
        },
    )
}

fn session() -> impl Strategy<Value = Vec<Part>> {
    let usage = prop_oneof![
        3 => Just(Usage::Charging),
        2 => Just(Usage::Idle),
        1 => Just(Usage::Interrupted)
    ];
    let parts = proptest::collection::vec((1..1500_i64, 0..900_000_u32, usage), 1..6);
    let start = (proptest::sample::select(&STARTS[..]), 0..3600_i64);
    (start, parts).prop_map(|((start, later), parts)| {
        let mut from = utc(start).split().0 + later;
        let mut session = Vec::new();
        for (seconds, energy, usage) in parts {
            session.push(Part {
                from,
                seconds,
                energy,
                usage,
            });
            from += seconds;
        }
        session
    })
}

fn hundredths(amount: Decimal) -> i128 {
    (amount * Decimal::ONE_HUNDRED)
        .to_i128()
        .expect("an amount of a test is small")
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 10_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn bill_equals_a_reference_that_counts_second_by_second(
        plain in plain_tariff(),
        session in session(),
    ) {
        let tariff = plain.tariff();
        let mut pricing = Pricing::new(&tariff);
        for part in &session {
            pricing.add(&part.interval());
        }
        let bill = pricing.bill().unwrap();
        prop_assert_eq!(hundredths(bill.total.amount()), plain.total_by_the_second(&session));
        let lines: Decimal = bill.lines.iter().map(|line| line.amount.amount()).sum();
        prop_assert_eq!(lines, bill.total.amount());
        for line in &bill.lines {
            let off = line.amount.amount() - line.exact;
            prop_assert!(off.abs() < Decimal::new(1, 2), "{:?}", line);
        }
    }

    #[test]
    fn cutting_a_session_at_any_instant_changes_nothing_on_its_bill(
        plain in plain_tariff(),
        session in session(),
        cuts in proptest::collection::vec(0..8_000_000_000_i64, 1..4),
    ) {
        let tariff = plain.tariff();
        let (mut whole, mut cut) = (Pricing::new(&tariff), Pricing::new(&tariff));
        let start = session[0].from * 1_000_000;
        for part in &session {
            whole.add(&part.interval());
            let mut pieces = vec![part.interval()];
            for instant in &cuts {
                let instant = UtcTime::from_micros(start + instant);
                pieces = pieces
                    .into_iter()
                    .flat_map(|piece| {
                        let (before, after) = piece.split_at(instant);
                        [before, after].into_iter().flatten()
                    })
                    .collect();
            }
            for piece in &pieces {
                cut.add(piece);
            }
        }
        prop_assert_eq!(whole.bill(), cut.bill());
    }
}

const NIGHT: &str = r#"
[[tariff]]
id = "night"
version = "1"
currency = "EUR"
time_zone = "Europe/Berlin"
per_kwh = 2
[[tariff.period]]
name = "night"
from = "22:00"
to = "06:00"
per_kwh = 1
"#;

/// The bill of a kilowatt from one moment to another.
fn kilowatt(from: &str, to: &str) -> Vec<(Option<String>, String, String)> {
    let tariff = parse_tariffs("tariffs.toml", NIGHT)
        .expect("it is right")
        .remove(0);
    let (from, to) = (utc(from), utc(to));
    let micros = u64::try_from(to.micros_since(from)).expect("ends after it begins");
    let energy = Energy::from_milliwatt_hours(micros / 3600);
    let mut pricing = Pricing::new(&tariff);
    pricing.add(&Interval::new(from, to, energy, Usage::Charging).expect("it is short"));
    let bill = pricing.bill().expect("it is small");
    let line = |line: &v2x_tariff::BillLine| {
        (
            line.period.clone(),
            line.quantity.to_string(),
            line.amount.to_string(),
        )
    };
    bill.lines.iter().map(line).collect()
}

#[test]
fn night_of_the_lost_hour_has_seven_hours_on_the_bill() {
    // 22:00 CET to 10:00 CEST.
    let lines = kilowatt("2025-03-29T21:00:00Z", "2025-03-30T08:00:00Z");
    let day = (None, "4".to_owned(), "8.00 EUR".to_owned());
    let night = (
        Some("night".to_owned()),
        "7".to_owned(),
        "7.00 EUR".to_owned(),
    );
    assert_eq!(lines, [day, night]);
}

#[test]
fn night_of_the_doubled_hour_has_nine_hours_on_the_bill() {
    // 22:00 CEST to 10:00 CET.
    let lines = kilowatt("2025-10-25T20:00:00Z", "2025-10-26T09:00:00Z");
    let day = (None, "4".to_owned(), "8.00 EUR".to_owned());
    let night = (
        Some("night".to_owned()),
        "9".to_owned(),
        "9.00 EUR".to_owned(),
    );
    assert_eq!(lines, [day, night]);
}

#[test]
fn cost_per_kwh_of_the_prototype_is_the_simplest_tariff() {
    // The prototype's own example: 0.125 kWh at 1.50 are 0.1875.
    let dirham = Currency::from_code("MAD").unwrap();
    let tariff = Tariff::flat(Decimal::new(150, 2), dirham).unwrap();
    let mut pricing = Pricing::new(&tariff);
    let (from, to) = (utc("2025-08-28T12:00:00Z"), utc("2025-08-28T12:04:00Z"));
    let energy = Energy::from_watt_hours(125);
    pricing.add(&Interval::new(from, to, energy, Usage::Charging).unwrap());
    let bill = pricing.bill().unwrap();
    assert_eq!(bill.lines[0].exact, Decimal::new(1875, 4));
    assert_eq!(bill.total.to_string(), "0.19 MAD");
    assert!(Tariff::flat(Decimal::new(-1, 0), dirham).is_none());
}

#[test]
fn missing_units_go_to_the_lines_from_which_most_was_cut() {
    let text = NIGHT.replace(
        "per_kwh = 2",
        "per_kwh = 0.5\nper_minute = 0.004\nsession_fee = 0.333",
    );
    let tariff = parse_tariffs("tariffs.toml", &text).unwrap().remove(0);
    let mut pricing = Pricing::new(&tariff);
    let (from, to) = (utc("2025-08-28T10:00:00Z"), utc("2025-08-28T10:01:00Z"));
    let energy = Energy::from_watt_hours(13);
    pricing.add(&Interval::new(from, to, energy, Usage::Charging).unwrap());
    let bill = pricing.bill().unwrap();
    // 0.333 + 0.0065 + 0.004 = 0.3435; each cut leaves 0.33, the cent goes to the energy.
    let amounts: Vec<_> = bill.lines.iter().map(|line| line.amount.amount()).collect();
    assert_eq!(
        amounts,
        [Decimal::new(33, 2), Decimal::new(1, 2), Decimal::new(0, 2)]
    );
    assert_eq!(bill.total.to_string(), "0.34 EUR");
}

#[test]
fn rounding_to_coins_is_a_line_of_its_own() {
    let text = NIGHT.replace("per_kwh = 2", "per_kwh = 2\nrounding = { step = 0.05 }");
    let tariff = parse_tariffs("tariffs.toml", &text).unwrap().remove(0);
    let mut pricing = Pricing::new(&tariff);
    let (from, to) = (utc("2025-08-28T10:00:00Z"), utc("2025-08-28T10:10:00Z"));
    let energy = Energy::from_watt_hours(506);
    pricing.add(&Interval::new(from, to, energy, Usage::Charging).unwrap());
    let bill = pricing.bill().unwrap();
    let lines: Vec<_> = bill
        .lines
        .iter()
        .map(|l| (l.kind, l.amount.to_string()))
        .collect();
    let energy = (LineKind::Energy, "1.01 EUR".to_owned());
    let rounding = (LineKind::Rounding, "-0.01 EUR".to_owned());
    assert_eq!(lines, [energy, rounding]);
    assert_eq!(bill.total.to_string(), "1.00 EUR");
}

#[test]
fn idle_fee_begins_after_the_grace_of_each_stretch() {
    let text = NIGHT.replace(
        "per_kwh = 2",
        "idle = { per_minute = 0.10, grace_minutes = 15 }",
    );
    let tariff = parse_tariffs("tariffs.toml", &text).unwrap().remove(0);
    let mut pricing = Pricing::new(&tariff);
    let mut from = utc("2025-08-28T10:00:00Z");
    for (minutes, usage) in [
        (10, Usage::Idle),
        (1, Usage::Interrupted),
        (10, Usage::Idle),
        (1, Usage::Charging),
        (14, Usage::Idle),
    ] {
        let to = from + std::time::Duration::from_secs(minutes * 60);
        pricing.add(&Interval::new(from, to, Energy::ZERO, usage).unwrap());
        from = to;
    }
    let bill = pricing.bill().unwrap();
    assert_eq!(bill.lines[0].quantity, Decimal::from(5));
    assert_eq!(bill.total.to_string(), "0.50 EUR");
}

#[test]
fn reading_without_a_length_brings_its_energy_once() {
    let tariff = parse_tariffs("tariffs.toml", NIGHT).unwrap().remove(0);
    let mut pricing = Pricing::new(&tariff);
    let at = utc("2025-08-28T10:00:00Z");
    pricing.add(&Interval::new(at, at, Energy::from_watt_hours(500), Usage::Charging).unwrap());
    assert_eq!(pricing.bill().unwrap().total.to_string(), "1.00 EUR");
}

#[test]
fn interval_that_ends_before_it_begins_is_refused() {
    let (early, late) = (utc("2025-08-28T10:00:00Z"), utc("2025-08-28T11:00:00Z"));
    let error = Interval::new(late, early, Energy::ZERO, Usage::Charging).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("an interval from 2025-08-28T11:00:00.000Z to")
    );
}

#[test]
fn session_larger_than_any_slot_delivers_is_refused() {
    let tariff = parse_tariffs("tariffs.toml", NIGHT).unwrap().remove(0);
    let mut pricing = Pricing::new(&tariff);
    let at = utc("2025-08-28T10:00:00Z");
    let energy = Energy::from_milliwatt_hours(u64::MAX);
    pricing.add(&Interval::new(at, at, energy, Usage::Charging).unwrap());
    assert!(pricing.bill().is_err());
}
