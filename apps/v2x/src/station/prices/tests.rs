//! Schedules, and what a controller makes of them against the bill.

use std::time::Duration;

use v2x_boards::memory::{FlashMemory, RamFlash};
use v2x_boards::slot_controller::prices::{Cost, Prices, Progress};
use v2x_charging::{
    Authorisation, Energy, EnergyLedger, MeterLimits, SessionRecord, SlotConfig, SlotState,
    TransactionId,
};
use v2x_roles::station::{PortId, Sessions, SlotNumber};
use v2x_tariff::parse_tariffs;
use v2x_units::{BootId, Instant};

use super::*;

/// 2026-01-05 20:30:00 UTC, a Monday.
const BEGINNING: UtcTime = UtcTime::from_micros(1_767_645_000_000_000);

fn tariff(text: &str) -> Tariff {
    let head =
        "[[tariff]]\nid = \"day\"\nversion = \"1\"\ncurrency = \"MAD\"\ntime_zone = \"UTC\"\n";
    let tariffs = parse_tariffs("tariffs.toml", &format!("{head}{text}"));
    tariffs.unwrap().remove(0)
}

fn schedule(tariff: &Tariff, now: Option<UtcTime>) -> Option<Schedule> {
    let slot = SlotSetup {
        number: SlotNumber::new(1).unwrap(),
        name: "Yard 1".to_owned(),
        port: PortId(0),
        sessions: Sessions::Controller,
        energy_limit: None,
        config: SlotConfig::ev(),
        limits: MeterLimits::pzem_004t_100a(),
        tariff: "day".to_owned(),
        plug: String::new(),
    };
    let setup = StationSetup {
        name: "Yard".to_owned(),
        position: None,
        time_zone: "UTC".to_owned(),
        fast_charge: false,
        slots: vec![slot.clone()],
    };
    Schedule::of(&setup, &slot, tariff, now)
}

#[test]
fn flat_price_is_one_step_that_holds_always() {
    let schedule = schedule(&tariff("per_kwh = 1.50\nper_minute = 0.1\n"), None).unwrap();
    let message = schedule.message();
    let steps: Vec<_> = message.steps().collect();
    let only = PriceStep {
        from: 0,
        per_kwh: 1_500_000,
        per_minute: 100_000,
    };
    assert_eq!(steps, [only]);
    assert!(message.complete);
    assert_eq!((&message.currency, message.decimals), (b"MAD", 2));
}

#[test]
fn longest_schedule_finds_room_in_a_value_of_the_boards_flash() {
    let tariff = tariff(
        "per_kwh = 1.50\n[[tariff.period]]\nname = \"night\"\n\
         days = [\"Mon\", \"Tue\", \"Wed\", \"Thu\", \"Fri\", \"Sat\", \"Sun\"]\n\
         from = \"22:00\"\nto = \"06:00\"\nper_kwh = 0.90\n",
    );
    let schedule = schedule(&tariff, Some(BEGINNING)).unwrap();
    assert_eq!(schedule.message().steps().count(), PriceSchedule::STEPS_MAX);
    let mut memory = FlashMemory::new(RamFlash::<8192>::default());
    let taken = Prices::default().take(&schedule.message(), &mut memory);
    assert_eq!(taken, Ok(()));
}

/// A session as a slot has it: what flows in each stretch, and in which state.
struct Story {
    records: Vec<SessionRecord>,
    now: Duration,
    milliwatt_hours: u64,
}

impl Story {
    fn record(&self, state: SlotState) -> SessionRecord {
        SessionRecord {
            transaction: TransactionId::from_bytes([7; 16]),
            seq: u32::try_from(self.records.len()).unwrap(),
            boot: BootId::new(1),
            at: Instant::BOOT + self.now,
            utc: Some(BEGINNING + self.now),
            started: Some(BEGINNING),
            elapsed: self.now,
            state,
            energy: EnergyLedger {
                plausible: Energy::from_milliwatt_hours(self.milliwatt_hours),
                ..EnergyLedger::default()
            },
            baseline: None,
            authorisation: Authorisation::None,
            plugged: Some(true),
            ended: None,
        }
    }
}

/// What the board has counted and what the bill says at the end of the story, in minor units.
fn both(tariff: &Tariff, stretches: &[(u64, SlotState, u64)]) -> (i64, i64) {
    let schedule = schedule(tariff, Some(BEGINNING)).unwrap();
    let mut memory = FlashMemory::new(RamFlash::<8192>::default());
    let mut prices = Prices::default();
    prices.take(&schedule.message(), &mut memory).unwrap();
    let mut story = Story {
        records: Vec::new(),
        now: Duration::ZERO,
        milliwatt_hours: 0,
    };
    let first = story.record(stretches[0].1);
    let mut cost = Cost::begin(&first, &prices);
    story.records.push(first);
    let half_second = Duration::from_millis(500);
    for &(minutes, state, watts) in stretches {
        let kept = story.record(state);
        cost.advance(Progress::at(&kept), story.records.last(), &prices, kept.utc);
        story.records.push(kept);
        for _ in 0..minutes * 120 {
            story.now += half_second;
            // Half a second at so many watts; the meter shows whole watt hours.
            story.milliwatt_hours += watts * 1_000 / 7_200;
            let shown = story.milliwatt_hours / 1_000 * 1_000;
            let now = Instant::BOOT + story.now;
            let until = Progress::since(&kept, now, shown);
            let utc = Some(BEGINNING + story.now);
            cost.advance(until, Some(&kept), &prices, utc);
        }
        story.milliwatt_hours = story.milliwatt_hours / 1_000 * 1_000;
    }
    let last = story.record(SlotState::Finishing);
    cost.advance(Progress::at(&last), story.records.last(), &prices, last.utc);
    story.records.push(last);
    let bill = v2x_tariff::price(tariff, BEGINNING, &story.records).unwrap();
    let cents = (bill.total.amount() * Decimal::ONE_HUNDRED).normalize();
    let told = cost.money(&prices).unwrap();
    assert_eq!(told.decimals(), 2);
    (told.units(), i64::try_from(cents).unwrap())
}

#[test]
fn cost_that_a_controller_tells_agrees_with_the_bill_to_one_minor_unit() {
    use SlotState::{Charging, SuspendedEv, SuspendedEvse};
    let stories: [&[(u64, SlotState, u64)]; 4] = [
        &[(61, Charging, 2_131), (43, SuspendedEv, 0)],
        &[
            (7, Charging, 2_131),
            (11, SuspendedEv, 0),
            (3, SuspendedEvse, 0),
            (12, SuspendedEv, 0),
            (31, Charging, 1_777),
            (16, SuspendedEv, 0),
        ],
        &[(200, Charging, 3_011)],
        &[(1, SuspendedEvse, 0), (1, Charging, 5)],
    ];
    let night = "[[tariff.period]]\nname = \"night\"\ndays = [\"Mon\"]\nfrom = \"22:00\"\n\
                 to = \"06:00\"\nper_kwh = 0.93\nper_minute = 0.017\n";
    let tariffs = [
        "per_kwh = 1.50\n".to_owned(),
        "per_kwh = 1.37\nper_minute = 0.113\nsession_fee = 2.50\n".to_owned(),
        "per_kwh = 0\nper_minute = 0.07\nidle = { per_minute = 0.31, grace_minutes = 10 }\n"
            .to_owned(),
        format!(
            "per_kwh = 1.37\nper_minute = 0.113\n\
             idle = {{ per_minute = 0.5, grace_minutes = 15 }}\n{night}"
        ),
    ];
    for text in &tariffs {
        let tariff = tariff(text);
        // Where a price changes in the middle, one second of it may be at the other price.
        let change = i64::from(!tariff.periods.is_empty());
        for stretches in stories {
            let (told, billed) = both(&tariff, stretches);
            println!("{told} told, {billed} billed: {stretches:?}");
            assert!((told - billed).abs() <= 1 + change, "{text}{stretches:?}");
        }
    }
}
