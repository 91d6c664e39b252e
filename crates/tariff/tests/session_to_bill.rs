//! The whole way: samples of a meter, the records of a session, its intervals, its bill.

use std::time::Duration;

use rust_decimal::Decimal;
use v2x_charging::{
    Input, MeterLimits, MeterSample, Output, SessionRecord, Slot, SlotConfig, TransactionIds,
};
use v2x_tariff::{Currency, Idle, LineKind, Prices, Tariff, price};
use v2x_units::{Amps, BootId, Instant, UtcTime, Volts, WattHours};

const MAINS: Volts = Volts::new(230.0);
const NOON: UtcTime = UtcTime::from_millis(1_756_382_400_000);

/// Lets a vehicle charge for a time and draw nothing for another; the session's records.
fn records(charging: u64, idle: u64, plug_detector: bool) -> Vec<SessionRecord> {
    let ids = TransactionIds::new(BootId::new(1), 7);
    let mut now = Instant::BOOT;
    let config = SlotConfig {
        idle_timeout: Duration::from_secs(24 * 3600),
        ..SlotConfig::ev()
    };
    let mut slot = Slot::new(config, MeterLimits::pzem_004t_100a(), ids, now);
    let mut records = Vec::new();
    let mut counter = WattHours::new(5000.0);
    let mut handle = |now, input| {
        slot.handle(now, input).expect("nothing here is refused");
        loop {
            match slot.poll(now) {
                Output::WakeAt(_) => break,
                Output::Persist(record) => {
                    records.push(record);
                    slot.persisted(record.transaction, record.seq);
                }
                _ => {}
            }
        }
    };
    handle(now, Input::Clock(Some(NOON)));
    if plug_detector {
        handle(now, Input::Plugged(true));
    }
    for second in (0..charging + idle).step_by(2) {
        let current = Amps::new(if second < charging { 10.0 } else { 0.0 });
        now = now + Duration::from_secs(2);
        counter += (MAINS * current).over(Duration::from_secs(2));
        let sample = MeterSample {
            at: now,
            voltage: Some(MAINS),
            current: Some(current),
            power: Some(MAINS * current),
            energy: Some(WattHours::new(counter.get().floor())),
            frequency: None,
            power_factor: None,
        };
        handle(now, Input::Sample(sample));
        if second == charging / 2 {
            // The wall clock is put back by a day; nothing on the bill may notice.
            let yesterday = NOON - Duration::from_secs(24 * 3600);
            handle(now, Input::Clock(Some(yesterday)));
        }
    }
    if plug_detector {
        handle(now, Input::Plugged(false));
    }
    records
}

/// 1.50 a kilowatt hour, and 0.10 a minute of charging or of idling beyond 15 minutes.
fn tariff() -> Tariff {
    let dirham = Currency::from_code("MAD").expect("ISO 4217 has it");
    let per_minute = Decimal::new(1, 1);
    Tariff {
        base: Prices {
            per_kwh: Decimal::new(150, 2),
            per_minute,
        },
        idle: Some(Idle {
            per_minute,
            grace: Duration::from_secs(900),
        }),
        ..Tariff::flat(Decimal::ONE, dirham).expect("one is a price")
    }
}

#[test]
fn idle_time_is_free_where_no_plug_detector_says_that_the_vehicle_is_there() {
    let records = records(3600, 3600, false);
    let bill = price(&tariff(), NOON, &records).unwrap();
    let kinds: Vec<_> = bill.lines.iter().map(|line| line.kind).collect();
    assert_eq!(kinds, [LineKind::Energy, LineKind::ChargingTime]);
}

#[test]
fn bill_of_a_session_charges_its_energy_and_the_idle_time_beyond_the_grace() {
    let records = records(3600, 3600, true);
    let started = records[0].started.unwrap();
    let bill = price(&tariff(), started, &records).unwrap();
    let last = records.last().unwrap();
    assert_eq!(bill.energy, last.energy.plausible);
    let lines: Vec<_> = bill
        .lines
        .iter()
        .map(|l| (l.kind, l.quantity.to_string()))
        .collect();
    // 2.3 kWh less the two seconds before the first sample, in whole watt hours.
    // The load is certain at 6 s and has ceased at 3612 s, where the idle time begins.
    assert_eq!(lines[0], (LineKind::Energy, "2.298".to_owned()));
    let seconds = |line: &(LineKind, String)| (line.1.parse::<f64>().unwrap() * 60.0).round();
    let (charging, idle) = (seconds(&lines[1]), seconds(&lines[2]));
    assert_eq!((charging, idle), (3606.0, 3600.0 - 12.0 - 900.0));
}
