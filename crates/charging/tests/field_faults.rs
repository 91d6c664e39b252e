//! One story per fault that PZEM meters and their readers have shown in the field.
//!
//! Sources: PZEM-004T V3.0 User Manual; `mandulaj/PZEM-004T-v30` issue 47 and source; Tasmota
//! issues 9311 and 10541.

use std::time::Duration;

use v2x_charging::meter::{Baseline, Quantity};
use v2x_charging::{Energy, EnergyLedger, Judgement, MeterLimits, MeterSample, Plausibility};
use v2x_charging::{Reason, Verdict};
use v2x_units::{Amps, Hertz, Instant, Volts, WattHours, Watts};

/// A meter that is read every two seconds, with the sums of what its judge let through.
struct Meter {
    judge: Plausibility,
    ledger: EnergyLedger,
    now: Instant,
}

impl Meter {
    fn new() -> Self {
        Self {
            judge: Plausibility::new(MeterLimits::pzem_004t_100a().on_slot_of(Watts::new(3000.0))),
            ledger: EnergyLedger::default(),
            now: Instant::BOOT,
        }
    }

    /// Takes a sample two seconds after the one before.
    fn take(&mut self, sample: MeterSample) -> Judgement {
        self.now = self.now + Duration::from_secs(2);
        let sample = MeterSample {
            at: self.now,
            ..sample
        };
        let judgement = self.judge.judge(self.now, &sample);
        self.ledger.post(&judgement);
        judgement
    }

    /// Takes a sample of a power and a counter in watt hours.
    fn see(&mut self, power: f64, counter: u32) -> Judgement {
        self.take(sample(power, counter))
    }

    fn plausible(&self) -> Energy {
        self.ledger.plausible
    }
}

fn sample(power: f64, counter: u32) -> MeterSample {
    MeterSample {
        at: Instant::BOOT,
        voltage: Some(Volts::new(230.0)),
        current: Some(Amps::new(power / 230.0)),
        power: Some(Watts::new(power)),
        energy: Some(WattHours::new(f64::from(counter))),
        frequency: Some(Hertz::new(50.0)),
        power_factor: Some(1.0),
    }
}

const fn watt_hours(amount: u64) -> Energy {
    Energy::from_watt_hours(amount)
}

#[test]
fn honest_meter_counts_every_watt_hour_of_its_counter() {
    let mut meter = Meter::new();
    for step in 0..1800 {
        // 2160 W are 1.2 Wh in two seconds; the counter shows whole ones.
        let judgement = meter.see(2160.0, 500 + step * 6 / 5);
        assert_eq!(judgement.verdict, Verdict::Good, "{judgement:?}");
    }
    assert_eq!(meter.plausible(), watt_hours(1799 * 6 / 5));
}

#[test]
fn counter_that_wraps_at_its_end_loses_nothing() {
    let mut meter = Meter::new();
    meter.see(2000.0, 9_999_989);
    let wrapped = meter.see(2000.0, 1);
    assert_eq!(wrapped.reason, Some(Reason::CounterWrapped));
    assert_eq!(
        (wrapped.verdict, meter.plausible()),
        (Verdict::Good, watt_hours(2))
    );
}

#[test]
fn counter_that_stops_at_its_end_is_frozen() {
    let mut meter = Meter::new();
    let last = (0..30)
        .map(|_| meter.see(2000.0, 9_999_990))
        .last()
        .unwrap();
    assert_eq!(last.verdict, Verdict::Stale);
    assert!(matches!(last.reason, Some(Reason::Frozen { .. })));
}

#[test]
fn counter_reset_to_zero_in_a_session_takes_nothing_back() {
    let mut meter = Meter::new();
    meter.see(2000.0, 65_535);
    meter.see(2000.0, 65_536);
    assert_eq!(meter.see(2000.0, 0).verdict, Verdict::Reset);
    let rebased = meter.see(2000.0, 2);
    let doubtful = Energy::ZERO;
    assert_eq!(rebased.reason, Some(Reason::CounterRebased { doubtful }));
    meter.see(2000.0, 3);
    assert_eq!(meter.plausible(), watt_hours(1 + 2 + 1));
}

#[test]
fn counter_that_loses_its_high_word_is_a_reset() {
    let mut meter = Meter::new();
    meter.see(2000.0, 65_534 + 65_536);
    assert_eq!(meter.see(2000.0, 65_535).verdict, Verdict::Reset);
    assert_eq!(meter.see(2000.0, 65_536).gained, watt_hours(1));
    assert_eq!(meter.ledger.doubtful, Energy::ZERO);
}

#[test]
fn single_zero_of_the_counter_loses_nothing() {
    let mut meter = Meter::new();
    meter.see(2000.0, 12_000);
    assert_eq!(meter.see(2000.0, 0).verdict, Verdict::Reset);
    let back = meter.see(2000.0, 12_002);
    assert_eq!(back.reason, Some(Reason::CounterRecovered));
    assert_eq!(meter.plausible(), watt_hours(2));
}

#[test]
fn jump_of_the_counter_at_a_voltage_dip_is_not_billed() {
    let mut meter = Meter::new();
    meter.see(2000.0, 12_000);
    let jump = meter.see(2000.0, 4_012_000);
    assert_eq!(jump.verdict, Verdict::Jump);
    assert!(
        matches!(jump.reason, Some(Reason::CounterJumped { rise, .. })
        if rise == watt_hours(4_000_000))
    );
    let rebased = meter.see(2000.0, 4_012_001);
    assert_eq!(
        (rebased.verdict, rebased.gained),
        (Verdict::Good, watt_hours(1))
    );
    // Doubtful is what can have flowed in two seconds at 3 kW, not four megawatt hours.
    assert_eq!(rebased.doubtful, Energy::from_milliwatt_hours(1667));
    assert_eq!(meter.plausible(), watt_hours(1));
}

#[test]
fn small_jumps_in_a_row_run_out_of_credit() {
    let mut meter = Meter::new();
    for step in 0..100 {
        meter.see(0.0, 12_000 + 2 * step);
    }
    assert_eq!(meter.plausible(), watt_hours(2));
    assert!(meter.ledger.count(Verdict::Jump) > 0);
}

#[test]
fn jump_after_a_long_honest_session_finds_no_credit_left_over() {
    let mut meter = Meter::new();
    for step in 0..1800 {
        meter.see(2160.0, 500 + step * 6 / 5);
    }
    assert_eq!(meter.see(2160.0, 500 + 2160 + 100).verdict, Verdict::Jump);
}

#[test]
fn dead_sensor_that_repeats_its_last_reading_is_frozen_and_catches_up() {
    let mut meter = Meter::new();
    meter.see(2000.0, 12_000);
    let verdicts: Vec<_> = (0..10).map(|_| meter.see(2000.0, 12_000).verdict).collect();
    assert_eq!(verdicts[..4], [Verdict::Good; 4]);
    assert_eq!(verdicts[4..], [Verdict::Stale; 6]);
    let caught_up = meter.see(2000.0, 12_012);
    assert_eq!(
        (caught_up.verdict, caught_up.gained),
        (Verdict::Good, watt_hours(12))
    );
}

#[test]
fn idle_slot_may_repeat_its_reading_for_hours() {
    let mut meter = Meter::new();
    let all_good = (0..5000).all(|_| meter.see(0.0, 12_000).verdict == Verdict::Good);
    assert!(all_good);
}

#[test]
fn zeros_after_a_timed_out_read_are_no_measurement_and_no_reset() {
    let mut meter = Meter::new();
    meter.see(2000.0, 12_000);
    let zeros = MeterSample {
        voltage: Some(Volts::ZERO),
        frequency: Some(Hertz::ZERO),
        ..sample(0.0, 0)
    };
    let judgement = meter.take(zeros);
    assert_eq!(judgement.verdict, Verdict::Impossible);
    assert_eq!(judgement.reason, Some(Reason::NoVoltage));
    assert_eq!(meter.see(2000.0, 12_002).gained, watt_hours(2));
}

#[test]
fn nan_after_a_failed_read_spoils_the_whole_sample() {
    let mut meter = Meter::new();
    meter.see(2000.0, 12_000);
    let nan = MeterSample {
        voltage: Some(Volts::new(f64::NAN)),
        ..sample(2000.0, 12_001)
    };
    let quantity = Quantity::Voltage;
    let judgement = meter.take(nan);
    assert_eq!(judgement.reason, Some(Reason::NotANumber { quantity }));
    assert_eq!(
        (judgement.verdict, judgement.gained),
        (Verdict::Impossible, Energy::ZERO)
    );
}

#[test]
fn nan_in_the_counter_alone_is_impossible_too() {
    let mut meter = Meter::new();
    for counter in [f64::NAN, f64::INFINITY, -1.0, 1e12] {
        let energy = Some(WattHours::new(counter));
        let judgement = meter.take(MeterSample {
            energy,
            ..sample(2000.0, 0)
        });
        assert_eq!(judgement.verdict, Verdict::Impossible, "{counter}");
    }
}

#[test]
fn old_values_of_the_librarys_cache_are_stale() {
    let mut meter = Meter::new();
    meter.see(2000.0, 12_000);
    let cached = MeterSample {
        at: meter.now,
        ..sample(2000.0, 12_000)
    };
    let judgement = meter
        .judge
        .judge(meter.now + Duration::from_millis(150), &cached);
    assert_eq!(judgement.reason, Some(Reason::NotNewer));
    let late = meter.judge.judge(
        meter.now + Duration::from_secs(13),
        &MeterSample {
            at: meter.now + Duration::from_secs(2),
            ..cached
        },
    );
    assert!(matches!(late.reason, Some(Reason::TooOld { age }) if age.as_secs() == 11));
}

#[test]
fn sample_from_the_future_does_not_silence_those_after_it() {
    let mut meter = Meter::new();
    meter.see(2000.0, 12_000);
    let ahead = MeterSample {
        at: meter.now + Duration::from_secs(3600),
        ..sample(2000.0, 12_001)
    };
    let judgement = meter.judge.judge(meter.now, &ahead);
    assert!(matches!(
        judgement.reason,
        Some(Reason::FromTheFuture { .. })
    ));
    assert_eq!(meter.see(2000.0, 12_001).verdict, Verdict::Good);
}

#[test]
fn readings_outside_the_meters_ranges_are_impossible() {
    let good = sample(2000.0, 12_000);
    let odd = [
        MeterSample {
            voltage: Some(Volts::new(79.9)),
            ..good
        },
        MeterSample {
            voltage: Some(Volts::new(260.1)),
            ..good
        },
        MeterSample {
            current: Some(Amps::new(100.1)),
            ..good
        },
        MeterSample {
            current: Some(Amps::new(-0.1)),
            ..good
        },
        MeterSample {
            power: Some(Watts::new(-1.0)),
            ..good
        },
        MeterSample {
            frequency: Some(Hertz::new(44.9)),
            ..good
        },
        MeterSample {
            frequency: Some(Hertz::new(65.1)),
            ..good
        },
        MeterSample {
            power_factor: Some(1.01),
            ..good
        },
    ];
    for sample in odd {
        let judgement = Meter::new().take(sample);
        assert_eq!(judgement.verdict, Verdict::Impossible, "{sample:?}");
        assert!(matches!(judgement.reason, Some(Reason::OutOfRange { .. })));
    }
}

#[test]
fn power_above_volts_times_amperes_is_impossible() {
    let judgement = Meter::new().take(MeterSample {
        power: Some(Watts::new(2200.0)),
        ..sample(2000.0, 12_000)
    });
    assert!(matches!(
        judgement.reason,
        Some(Reason::PowerAboveApparent { .. })
    ));
}

#[test]
fn energy_that_the_power_does_not_explain_is_doubtful() {
    let mut meter = Meter::new();
    meter.see(100.0, 12_000);
    // An hour without samples; 100 W before and after explain 110 Wh, the counter shows 2500.
    meter.now = meter.now + Duration::from_secs(3600);
    assert_eq!(meter.see(100.0, 14_500).verdict, Verdict::Jump);
    let rebased = meter.see(100.0, 14_500);
    assert_eq!(
        (rebased.gained, rebased.doubtful),
        (Energy::ZERO, watt_hours(2500))
    );
}

#[test]
fn power_after_a_gap_does_not_explain_what_came_before_it() {
    let mut meter = Meter::new();
    meter.see(0.0, 12_000);
    meter.now = meter.now + Duration::from_secs(600);
    assert_eq!(meter.see(0.0, 12_010).verdict, Verdict::Jump);
    meter.see(1000.0, 12_010);
    assert_eq!(
        (meter.plausible(), meter.ledger.doubtful),
        (Energy::ZERO, watt_hours(10))
    );
}

#[test]
fn restart_counts_what_flowed_meanwhile_as_far_as_the_power_explains_it() {
    let baseline = Baseline {
        energy: watt_hours(12_000),
        power: Some(Watts::new(2000.0)),
    };
    let resumed = |outage| {
        let limits = MeterLimits::pzem_004t_100a();
        let mut meter = Meter::new();
        meter.judge = Plausibility::resume(limits, meter.now, baseline, outage);
        meter.see(2000.0, 13_000);
        meter.see(2000.0, 13_001);
        (meter.ledger.plausible, meter.ledger.doubtful)
    };
    assert_eq!(
        resumed(Some(Duration::from_secs(1800))),
        (watt_hours(1001), Energy::ZERO)
    );
    assert_eq!(resumed(None), (watt_hours(1), watt_hours(1000)));
}

#[test]
fn reasons_read_as_sentences_with_their_numbers() {
    let mut meter = Meter::new();
    meter.see(2000.0, 12_000);
    let fell = meter.see(2000.0, 4).reason.unwrap().to_string();
    assert_eq!(fell, "the counter fell from 12.000 kWh to 0.004 kWh");
    let rose = meter.see(2000.0, 90_000).reason.unwrap().to_string();
    assert_eq!(
        rose,
        "the counter rose by 78.000 kWh, the power explains at most 0.005 kWh"
    );
}
