//! Either end starts anew in any state of the car; the session goes on or its receipt is fetched.

#![allow(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod v2g_world;

use core::time::Duration;

use v2g_world::{World, count, dirham};
use v2x_proto::v2g::evcc::EvccState as S;
use v2x_proto::v2g::message::ChargeProgress;
use v2x_proto::v2g::{EvccEvent, EvccInput, SeccEvent, SeccInput};

/// The states up to charging, in which the plug stays in.
const BEFORE: [S; 8] = [
    S::ExpectStation,
    S::ExpectSessionSetup,
    S::ExpectAuthorization,
    S::ExpectChargeParameterDiscovery,
    S::ExpectPowerDelivery(ChargeProgress::Start),
    S::ExpectPlugCheck,
    S::ExpectStatusTime,
    S::ExpectChargingStatus,
];

/// The states after the plug was pulled.
const AFTER: [S; 4] = [
    S::ExpectPowerDelivery(ChargeProgress::Stop),
    S::ExpectMeteringReceipt,
    S::ExpectReceiptKept,
    S::ExpectSessionStop,
];

/// The states while a new price is agreed upon.
const AGREEING: [S; 3] = [
    S::ExpectPowerDelivery(ChargeProgress::Renegotiate),
    S::ExpectChargeParameterDiscovery,
    S::ExpectPowerDelivery(ChargeProgress::Start),
];

/// The states in which battery data is sent.
const REPORTING: [S; 2] = [S::ExpectReportTime, S::ExpectBatteryData];

/// The states in which nothing is under way.
const IDLE: [S; 2] = [S::ExpectPlug, S::ExpectUnplug];

/// Which of these lists has a state: one that is missing does not compile here.
fn list_of(state: S) -> &'static [S] {
    match state {
        S::ExpectStation
        | S::ExpectSessionSetup
        | S::ExpectAuthorization
        | S::ExpectChargeParameterDiscovery
        | S::ExpectPowerDelivery(ChargeProgress::Start)
        | S::ExpectPlugCheck
        | S::ExpectStatusTime
        | S::ExpectChargingStatus => &BEFORE,
        S::ExpectPowerDelivery(ChargeProgress::Stop)
        | S::ExpectMeteringReceipt
        | S::ExpectReceiptKept
        | S::ExpectSessionStop => &AFTER,
        S::ExpectPowerDelivery(ChargeProgress::Renegotiate) => &AGREEING,
        S::ExpectReportTime | S::ExpectBatteryData => &REPORTING,
        S::ExpectPlug | S::ExpectUnplug => &IDLE,
    }
}

#[test]
fn every_state_of_the_car_is_in_the_list_of_a_story() {
    let lists: [&[S]; 5] = [&BEFORE, &AFTER, &AGREEING, &REPORTING, &IDLE];
    for state in lists.concat() {
        assert!(list_of(state).contains(&state), "{state:?}");
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum End {
    Car,
    Station,
    Both,
}

fn reboot(world: &mut World, end: End) {
    if end != End::Station {
        world.reboot_car(0);
    }
    if end != End::Car {
        world.reboot_station(0);
    }
}

fn signed_by_both(world: &World) -> usize {
    count(&world.stations[0].events, |e| {
        matches!(e, SeccEvent::Countersigned(..))
    })
}

#[test]
fn restart_before_or_while_charging_ends_in_one_session_with_one_receipt() {
    for end in [End::Car, End::Station, End::Both] {
        for state in BEFORE {
            let mut world = World::new(1);
            world.plug(0, 0);
            world.run_until_state(0, state);
            reboot(&mut world, end);
            let statuses =
                |w: &World| count(&w.cars[0].events, |e| matches!(e, EvccEvent::Status(_)));
            let before = statuses(&world);
            world.run_until("a status after the restart", |w| statuses(w) > before + 1);
            assert!(world.stations[0].secc.power_is_on(), "{end:?} {state:?}");
            world.unplug(0);
            world.run_until("the receipt", |w| signed_by_both(w) == 1);
            world.run(Duration::from_secs(60));
            assert_eq!(signed_by_both(&world), 1, "{end:?} {state:?}");
            assert!(
                world.stations[0].secc.session().is_none(),
                "{end:?} {state:?}"
            );
            let saved = world.stations[0]
                .events
                .iter()
                .filter_map(|event| match event {
                    SeccEvent::Save(saved) => saved.as_ref().map(|saved| saved.id),
                    _ => None,
                });
            let mut sessions: Vec<_> = saved.collect();
            sessions.dedup();
            assert_eq!(sessions.len(), 1, "{end:?} {state:?}");
        }
    }
}

#[test]
fn restart_after_unplugging_still_brings_the_receipt_to_both_ends() {
    for end in [End::Car, End::Station, End::Both] {
        for state in AFTER {
            let mut world = World::new(2);
            world.plug(0, 0);
            world.run_until_charging(0);
            world.run(Duration::from_secs(30));
            world.unplug(0);
            world.run_until_state(0, state);
            reboot(&mut world, end);
            // A car that does not know that its session was over looks for it for ten minutes.
            world.run(Duration::from_secs(11 * 60));
            assert!(signed_by_both(&world) >= 1, "{end:?} {state:?}");
            assert!(
                world.stations[0].secc.session().is_none(),
                "{end:?} {state:?}"
            );
            assert!(!world.stations[0].secc.power_is_on());
            assert!(
                matches!(
                    world.cars[0].evcc.state(),
                    S::ExpectPlug | S::ExpectReportTime | S::ExpectBatteryData
                ),
                "{end:?} {state:?}: {:?}",
                world.cars[0].evcc.state()
            );
        }
    }
}

#[test]
fn restart_during_battery_data_ends_it_without_a_trace() {
    for end in [End::Car, End::Station, End::Both] {
        for state in REPORTING {
            let mut world = World::new(3);
            world.plug(0, 0);
            world.run_until_charging(0);
            world.unplug(0);
            world.run_until_state(0, state);
            reboot(&mut world, end);
            world.run(Duration::from_secs(60));
            assert_eq!(world.cars[0].evcc.state(), S::ExpectPlug, "{end:?}");
            assert!(world.air.is_empty(), "{end:?}");
        }
    }
}

#[test]
fn restart_while_a_new_price_is_agreed_upon_goes_on_with_the_session() {
    for end in [End::Car, End::Station, End::Both] {
        for state in AGREEING {
            let mut world = World::new(6);
            world.plug(0, 0);
            world.run_until_charging(0);
            let mut settings = world.stations[0].settings.clone();
            settings.offer.price_per_kwh = Some(dirham(16_000, 4));
            world.stations[0].settings = settings.clone();
            world.tell_station(0, SeccInput::Settings(&settings));
            world.run_until_state(0, S::ExpectPowerDelivery(ChargeProgress::Renegotiate));
            world.run_until_state(0, state);
            let session = world.stations[0].secc.session().unwrap().id;
            reboot(&mut world, end);
            world.run(Duration::from_secs(30));
            let now = world.stations[0].secc.session().map(|session| session.id);
            assert_eq!(now, Some(session), "{end:?} {state:?}");
            assert!(world.stations[0].secc.power_is_on(), "{end:?} {state:?}");
            world.unplug(0);
            world.run_until("the receipt", |w| signed_by_both(w) == 1);
        }
    }
}

#[test]
fn restart_with_nothing_under_way_says_nothing() {
    for end in [End::Car, End::Station, End::Both] {
        let mut world = World::new(7);
        reboot(&mut world, end);
        world.run(Duration::from_secs(60));
        assert_eq!(world.cars[0].evcc.state(), S::ExpectPlug);
        assert_eq!(world.heard_by_all.len(), 0, "{end:?}");
    }
}

/// A stop belongs to its session. A car that restarts with its plug in does not know why it was
/// not charging, and a plug means charging.
#[test]
fn car_that_restarts_before_it_is_unplugged_begins_a_session_of_its_own() {
    for end in [End::Car, End::Station, End::Both] {
        let mut world = World::new(8);
        world.plug(0, 0);
        world.run_until_charging(0);
        world.tell_car(0, EvccInput::Stop);
        world.run_until_state(0, S::ExpectUnplug);
        assert_eq!(signed_by_both(&world), 1);
        reboot(&mut world, end);
        world.run(Duration::from_secs(60));
        let is_new = end != End::Station;
        assert_eq!(world.stations[0].secc.power_is_on(), is_new, "{end:?}");
        world.unplug(0);
        world.run(Duration::from_secs(60));
        assert_eq!(signed_by_both(&world), 1 + usize::from(is_new), "{end:?}");
        assert!(world.stations[0].secc.session().is_none(), "{end:?}");
    }
}

#[test]
fn station_that_restarts_lets_power_flow_only_when_the_car_is_back() {
    let mut world = World::new(4);
    world.plug(0, 0);
    world.run_until_charging(0);
    world.reboot_station(0);
    assert!(!world.stations[0].secc.power_is_on());
    world.run_until("power", |w| w.stations[0].secc.power_is_on());
    let on = count(&world.stations[0].events, |e| {
        matches!(e, SeccEvent::PowerOn(..))
    });
    assert_eq!(on, 2);
}

fn power_offs(world: &World) -> usize {
    count(&world.stations[0].events, |e| {
        matches!(e, SeccEvent::PowerOff(..))
    })
}

#[test]
fn car_that_restarts_does_not_end_its_charge_because_it_knows_of_no_plug_yet() {
    let mut world = World::new(9);
    world.plug(0, 0);
    world.run_until_charging(0);
    for _ in 0..3 {
        world.run(Duration::from_secs(60));
        world.reboot_car(0);
    }
    world.run(Duration::from_secs(60));
    assert_eq!(power_offs(&world), 0);
    assert_eq!(world.cars[0].evcc.state(), S::ExpectStatusTime);
}

#[test]
fn car_whose_bus_sleeps_goes_on_after_a_restart_until_it_wakes_without_a_plug() {
    for has_left in [true, false] {
        let mut world = World::new(10);
        world.plug(0, 0);
        world.run_until_charging(0);
        let session = world.stations[0].secc.session().unwrap().id;
        world.run(Duration::from_secs(60));
        world.cars[0].feels = false;
        world.reboot_car(0);
        world.cars[0].settles = None;
        world.run(Duration::from_secs(45 * 60));
        assert_eq!(power_offs(&world), 0);
        let now = world.stations[0].secc.session().map(|session| session.id);
        assert_eq!(now, Some(session));
        if has_left {
            world.tell_car(0, EvccInput::Plugged(false));
        } else {
            world.tell_car(0, EvccInput::Plugged(true));
            world.run(Duration::from_secs(60));
            assert_eq!(power_offs(&world), 0, "it is the same plugging-in");
            world.tell_car(0, EvccInput::Stop);
        }
        world.run(Duration::from_secs(60));
        assert_eq!(signed_by_both(&world), 1);
        assert!(world.stations[0].secc.session().is_none());
        if !has_left {
            let state = world.cars[0].evcc.state();
            assert_eq!(state, S::ExpectUnplug, "nothing begins anew");
        }
    }
}

#[test]
fn car_whose_bus_sleeps_does_not_call_all_night_for_a_session_that_nobody_knows() {
    let mut world = World::new(11);
    world.plug(0, 0);
    world.run_until_charging(0);
    world.conditions = v2g_world::Conditions::SILENT;
    world.cars[0].feels = false;
    world.reboot_car(0);
    world.cars[0].settles = None;
    world.run(Duration::from_secs(39 * 60));
    assert_eq!(world.cars[0].evcc.state(), S::ExpectStation);
    world.run(Duration::from_secs(2 * 60));
    assert_eq!(world.cars[0].evcc.state(), S::ExpectPlug);
    assert_eq!(v2g_world::remembered(&world.cars[0].events), None);
    // Its bus wakes with the plug in.
    world.conditions = v2g_world::Conditions::CLEAR;
    world.tell_car(0, EvccInput::Plugged(true));
    world.run_until_state(0, S::ExpectStatusTime);
}

#[test]
fn driver_who_stops_after_a_restart_is_not_charged_anew() {
    let mut world = World::new(5);
    world.plug(0, 0);
    world.run_until_charging(0);
    world.reboot_car(0);
    world.run_until_state(0, S::ExpectStatusTime);
    world.tell_car(0, EvccInput::Stop);
    world.run(Duration::from_secs(120));
    assert_eq!(world.cars[0].evcc.state(), S::ExpectUnplug);
    assert!(!world.stations[0].secc.power_is_on());
}
