//! A charge from plug to receipt, over clear air: what both ends say, in which order, and keep.

#![allow(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod v2g_world;

use core::time::Duration;

use v2g_world::{CAR, Conditions, World, count, dirham};
use v2x_proto::v2g::evcc::{EvccState, LeftReason, StopReason};
use v2x_proto::v2g::message::{ChargeProgress, MeterKind, SetupOutcome};
use v2x_proto::v2g::secc::PowerOffReason;
use v2x_proto::v2g::{BatteryReport, EvccEvent, EvccInput, SeccEvent, SeccInput};
use v2x_units::{Amps, BatteryCurrent, StateOfCharge, Volts, WattHours};

fn battery() -> v2x_proto::v2g::BatteryReport {
    v2x_proto::v2g::BatteryReport {
        state_of_charge: StateOfCharge::from_percent(72.5),
        voltage: Some(Volts::new(57.5)),
        current: Some(BatteryCurrent::charging(Amps::new(32.25))),
        available_energy: Some(WattHours::new(4_300.0)),
        desired_state_of_charge: StateOfCharge::from_percent(100.0),
        charging: Some(true),
    }
}

/// Plugs in, charges for a quarter of an hour, and unplugs.
fn charged() -> World {
    let mut world = World::new(1);
    world.tell_car(0, EvccInput::Battery(battery()));
    world.plug(0, 0);
    world.run_until_charging(0);
    world.run(Duration::from_secs(900));
    world.unplug(0);
    world.run_until_state(0, EvccState::ExpectReportTime);
    world
}

#[test]
fn both_ends_keep_the_same_receipt_with_both_signatures() {
    let world = charged();
    let of_car = world.cars[0].events.iter().find_map(|event| match event {
        EvccEvent::Receipt(signed, countersignature) => Some((signed.clone(), *countersignature)),
        _ => None,
    });
    let of_station = world.stations[0]
        .events
        .iter()
        .find_map(|event| match event {
            SeccEvent::Countersigned(signed, countersignature) => {
                Some((signed.clone(), *countersignature))
            }
            _ => None,
        });
    assert_eq!(of_car, of_station);
    let (signed, countersignature) = of_car.unwrap();
    let (car, station) = (&world.cars[0].identity, &world.stations[0].identity);
    assert!(signed.is_by(&station.credential().signing_key));
    assert!(signed.is_countersigned_by(&car.credential().signing_key, &countersignature));
    assert!(!signed.is_by(&car.credential().signing_key));
    let receipt = &signed.receipt;
    assert_eq!(receipt.evse.as_str(), "MA*HEL*E0001*1");
    assert_eq!(receipt.evcc.as_str(), "twizy-1");
    assert_eq!(receipt.meter, MeterKind::Uncertified);
    let energy = receipt.energy.unwrap();
    assert!((499.0..=503.0).contains(&energy.get()), "{energy}");
    assert_eq!(receipt.ended.unwrap().0 - receipt.started.unwrap().0, 900);
}

#[test]
fn states_follow_each_other_in_the_order_of_the_standard() {
    use EvccState as S;
    let world = charged();
    let mut states = world.cars[0].states.clone();
    states.dedup();
    let mut once = Vec::new();
    for state in states {
        if !once.contains(&state) {
            once.push(state);
        }
    }
    let expected = [
        S::ExpectPlug,
        S::ExpectStation,
        S::ExpectSessionSetup,
        S::ExpectAuthorization,
        S::ExpectChargeParameterDiscovery,
        S::ExpectPowerDelivery(ChargeProgress::Start),
        S::ExpectPlugCheck,
        // The first status and the first battery data are due at once.
        S::ExpectChargingStatus,
        S::ExpectStatusTime,
        S::ExpectPowerDelivery(ChargeProgress::Stop),
        S::ExpectMeteringReceipt,
        S::ExpectReceiptKept,
        S::ExpectSessionStop,
        S::ExpectBatteryData,
        S::ExpectReportTime,
    ];
    assert_eq!(once, expected);
}

#[test]
fn status_comes_every_five_seconds_with_what_the_meter_says() {
    let mut world = World::new(2);
    world.tell_car(0, EvccInput::Battery(battery()));
    world.plug(0, 0);
    world.run_until_charging(0);
    let before = count(&world.cars[0].events, |e| matches!(e, EvccEvent::Status(_)));
    world.run(Duration::from_secs(61));
    let events = &world.cars[0].events;
    let after = count(events, |e| matches!(e, EvccEvent::Status(_)));
    assert_eq!(after - before, 12);
    let last = events.iter().rev().find_map(|event| match event {
        EvccEvent::Status(meter) => Some(*meter),
        _ => None,
    });
    let meter = last.unwrap();
    assert_eq!(meter.voltage, Some(Volts::new(229.4)));
    assert_eq!(meter.current, Some(Amps::new(8.91)));
    assert_eq!(meter.power_factor, Some(0.98));
    let seen = world.stations[0]
        .events
        .iter()
        .rev()
        .find_map(|event| match event {
            SeccEvent::Battery(report) => Some(*report),
            _ => None,
        });
    assert_eq!(seen, Some(battery()));
}

#[test]
fn unplugging_ends_power_at_once_and_before_the_car_says_a_word() {
    let mut world = World::new(3);
    world.plug(0, 0);
    world.run_until_charging(0);
    world.conditions = Conditions::SILENT;
    assert!(world.stations[0].secc.power_is_on());
    world.unplug(0);
    assert!(!world.stations[0].secc.power_is_on());
    let off = |e: &SeccEvent| matches!(e, SeccEvent::PowerOff(_, PowerOffReason::Unplugged));
    assert_eq!(count(&world.stations[0].events, off), 1);
}

#[test]
fn driver_and_operator_may_each_stop_and_power_goes_on_and_off_once() {
    for by_driver in [true, false] {
        let mut world = World::new(4);
        world.plug(0, 0);
        world.run_until_charging(0);
        if by_driver {
            world.tell_car(0, EvccInput::Stop);
        } else {
            world.tell_station(0, SeccInput::Stop);
        }
        world.run_until_state(0, EvccState::ExpectUnplug);
        let events = &world.stations[0].events;
        assert_eq!(count(events, |e| matches!(e, SeccEvent::PowerOn(..))), 1);
        assert_eq!(count(events, |e| matches!(e, SeccEvent::PowerOff(..))), 1);
        assert_eq!(
            count(events, |e| matches!(e, SeccEvent::Countersigned(..))),
            1
        );
        let reason = if by_driver {
            StopReason::Driver
        } else {
            StopReason::Station
        };
        let stopped = |e: &EvccEvent| *e == EvccEvent::PowerStopped(reason);
        assert_eq!(count(&world.cars[0].events, stopped), 1);
        // With the plug still in, neither end begins anew.
        world.run(Duration::from_secs(600));
        assert_eq!(world.cars[0].evcc.state(), EvccState::ExpectUnplug);
    }
}

#[test]
fn charge_ends_when_the_battery_holds_what_the_driver_wants_and_does_not_begin_above_it() {
    let mut world = World::new(7);
    let level = |now, wanted| BatteryReport {
        state_of_charge: StateOfCharge::from_percent(now),
        desired_state_of_charge: StateOfCharge::from_percent(wanted),
        ..BatteryReport::default()
    };
    world.plug(0, 0);
    world.run_until_charging(0);
    world.tell_car(0, EvccInput::Battery(level(79.9, 80.0)));
    world.run(Duration::from_secs(20));
    assert!(world.stations[0].secc.power_is_on());
    world.tell_car(0, EvccInput::Battery(level(80.0, 80.0)));
    world.run_until_state(0, EvccState::ExpectUnplug);
    assert!(!world.stations[0].secc.power_is_on());
    let stopped = |e: &EvccEvent| *e == EvccEvent::PowerStopped(StopReason::DesiredStateOfCharge);
    assert_eq!(count(&world.cars[0].events, stopped), 1);
    let receipts = |e: &SeccEvent| matches!(e, SeccEvent::Countersigned(..));
    assert_eq!(count(&world.stations[0].events, receipts), 1);

    world.unplug(0);
    world.run(Duration::from_secs(20));
    world.tell_car(0, EvccInput::Battery(level(80.0, 80.0)));
    world.plug(0, 0);
    world.run_until_state(0, EvccState::ExpectUnplug);
    let on = |e: &SeccEvent| matches!(e, SeccEvent::PowerOn(..));
    assert_eq!(
        count(&world.stations[0].events, on),
        1,
        "only the first time"
    );
}

#[test]
fn cost_limit_of_the_car_is_kept_by_both_ends() {
    let mut world = World::new(5);
    world.cars[0].settings.cost_limit = Some(dirham(45, 2));
    let settings = world.cars[0].settings;
    world.tell_car(0, EvccInput::Settings(settings));
    world.plug(0, 0);
    world.run_until_state(0, EvccState::ExpectUnplug);
    let receipt = world.stations[0]
        .events
        .iter()
        .find_map(|event| match event {
            SeccEvent::Receipt(signed) => Some(signed.receipt.clone()),
            _ => None,
        });
    let cost = receipt.unwrap().cost.unwrap();
    assert!((4_500..=4_520).contains(&cost.units()), "{cost}");
    // Without the radio the station keeps the limit by itself.
    let mut world = World::new(6);
    world.cars[0].settings.cost_limit = Some(dirham(45, 2));
    let settings = world.cars[0].settings;
    world.tell_car(0, EvccInput::Settings(settings));
    world.plug(0, 0);
    world.run_until_charging(0);
    world.conditions = Conditions::SILENT;
    world.run(Duration::from_secs(1_200));
    let off = |e: &SeccEvent| matches!(e, SeccEvent::PowerOff(_, PowerOffReason::CostLimit));
    assert_eq!(count(&world.stations[0].events, off), 1);
}

#[test]
fn limit_in_another_currency_stops_before_any_power() {
    let mut world = World::new(7);
    let euro = v2x_proto::v2g::CurrencyCode::new("EUR").unwrap();
    let mut settings = world.cars[0].settings;
    settings.cost_limit = v2x_proto::v2g::Money::new(100, 0, euro);
    world.tell_car(0, EvccInput::Settings(settings));
    world.plug(0, 0);
    world.run_until_state(0, EvccState::ExpectUnplug);
    let on = |e: &SeccEvent| matches!(e, SeccEvent::PowerOn(..));
    assert_eq!(count(&world.stations[0].events, on), 0);
}

#[test]
fn energy_limit_of_the_station_ends_the_session() {
    let mut world = World::new(8);
    let mut settings = world.stations[0].settings.clone();
    settings.offer.energy_limit = Some(WattHours::new(100.0));
    world.tell_station(0, SeccInput::Settings(&settings));
    world.plug(0, 0);
    world.run_until_state(0, EvccState::ExpectUnplug);
    let off = |e: &SeccEvent| matches!(e, SeccEvent::PowerOff(_, PowerOffReason::EnergyLimit));
    assert_eq!(count(&world.stations[0].events, off), 1);
}

#[test]
fn new_price_is_agreed_upon_without_interrupting_power() {
    let mut world = World::new(9);
    world.plug(0, 0);
    world.run_until_charging(0);
    let mut settings = world.stations[0].settings.clone();
    settings.offer.price_per_kwh = Some(dirham(2, 0));
    world.tell_station(0, SeccInput::Settings(&settings));
    world.run(Duration::from_secs(20));
    let offers: Vec<_> = world.cars[0]
        .events
        .iter()
        .filter_map(|event| match event {
            EvccEvent::Offer(offer) => offer.price_per_kwh,
            _ => None,
        })
        .collect();
    assert_eq!(offers, [dirham(15_000, 4), dirham(2, 0)]);
    let events = &world.stations[0].events;
    assert_eq!(count(events, |e| matches!(e, SeccEvent::PowerOn(..))), 1);
    assert_eq!(count(events, |e| matches!(e, SeccEvent::PowerOff(..))), 0);
}

#[test]
fn car_tells_of_its_battery_after_unplugging_until_the_station_is_silent() {
    let mut world = charged();
    let of_battery = |e: &SeccEvent| matches!(e, SeccEvent::BatteryData(..));
    let before = count(&world.stations[0].events, of_battery);
    // Not at the moment of a report.
    world.run(Duration::from_secs(61));
    assert_eq!(count(&world.stations[0].events, of_battery) - before, 12);
    world.conditions = Conditions::SILENT;
    let silent_from = world.now;
    world.run_until_state(0, EvccState::ExpectPlug);
    assert_eq!(
        world.cars[0].events.last(),
        Some(&EvccEvent::Left(LeftReason::Silence))
    );
    let silence = world.now.since(silent_from);
    assert!((15..=20).contains(&silence.as_secs()), "{silence:?}");
    // And then it says no more.
    let sent = world.heard_by_all.len();
    world.run(Duration::from_secs(300));
    let by_car = world.heard_by_all[sent..]
        .iter()
        .filter(|flight| flight.from == CAR);
    assert_eq!(by_car.count(), 0);
}

#[test]
fn battery_data_needs_both_the_credential_and_the_setting() {
    for (in_credential, in_settings) in [(false, true), (true, false)] {
        let mut world = World::empty(10);
        world.add_station(v2g_world::STATION, "MA*HEL*E0001*1");
        let mut subject = world
            .operator
            .subject(v2x_proto::secure::Role::Vehicle, "twizy-1");
        subject.battery_data_after_unplugging = in_credential;
        let identity = world.operator.enroll(subject);
        world.add_car_as(CAR, identity);
        let mut settings = world.cars[0].settings;
        settings.battery_data_after_unplugging = in_settings;
        world.tell_car(0, EvccInput::Settings(settings));
        world.plug(0, 0);
        world.run_until_charging(0);
        world.unplug(0);
        world.run_until_state(0, EvccState::ExpectPlug);
        let of_battery = |e: &SeccEvent| matches!(e, SeccEvent::BatteryData(..));
        assert_eq!(count(&world.stations[0].events, of_battery), 0);
    }
}

#[test]
fn plug_that_goes_in_again_begins_a_new_session_on_the_same_channel() {
    let mut world = charged();
    world.plug(0, 0);
    world.run(Duration::from_secs(10));
    let sessions: Vec<_> = world.cars[0]
        .events
        .iter()
        .filter_map(|event| match event {
            EvccEvent::Session(outcome, session) => Some((*outcome, *session)),
            _ => None,
        })
        .collect();
    assert_eq!(sessions.len(), 2);
    assert!(
        sessions
            .iter()
            .all(|(outcome, _)| *outcome == SetupOutcome::New)
    );
    assert_ne!(sessions[0].1, sessions[1].1);
    assert!(world.stations[0].secc.power_is_on());
}

#[test]
fn car_that_charges_where_no_station_answers_calls_now_and_then() {
    let mut world = World::empty(11);
    world.add_car(CAR, "twizy-1");
    world.tell_car(0, EvccInput::Plugged(true));
    world.run(Duration::from_secs(3_600));
    assert!(
        (1_790..=1_810).contains(&world.heard_by_all.len()),
        "{}",
        world.heard_by_all.len()
    );
    assert!(
        world
            .heard_by_all
            .iter()
            .all(|flight| flight.bytes.len() == 37)
    );
}

#[test]
fn drivers_stop_before_the_session_is_set_up_is_kept_until_the_plug_was_out() {
    let moments = [EvccState::ExpectStation, EvccState::ExpectSessionSetup];
    for moment in moments {
        let mut world = World::new(41);
        world.plug(0, 0);
        world.run_until_state(0, moment);
        world.tell_car(0, EvccInput::Stop);
        world.run_until_state(0, EvccState::ExpectUnplug);
        let powered = |e: &SeccEvent| matches!(e, SeccEvent::PowerOn(..));
        assert_eq!(count(&world.stations[0].events, powered), 0, "{moment:?}");
        world.unplug(0);
        world.run(Duration::from_secs(30));
        world.plug(0, 0);
        world.run_until_charging(0);
    }
}
