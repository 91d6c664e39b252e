//! Either end starts anew in any state of the car; the session goes on or its receipt is fetched.

#![allow(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod v2g_world;

use core::time::Duration;

use v2g_world::{World, count};
use v2x_proto::v2g::evcc::EvccState as S;
use v2x_proto::v2g::message::ChargeProgress;
use v2x_proto::v2g::{EvccEvent, EvccInput, SeccEvent};

/// The states up to charging, in which the plug stays in.
const BEFORE: [S; 7] = [
    S::ExpectStation,
    S::ExpectSessionSetup,
    S::ExpectAuthorization,
    S::ExpectChargeParameterDiscovery,
    S::ExpectPowerDelivery(ChargeProgress::Start),
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
        let mut world = World::new(3);
        world.plug(0, 0);
        world.run_until_charging(0);
        world.unplug(0);
        world.run_until_state(0, S::ExpectReportTime);
        reboot(&mut world, end);
        world.run(Duration::from_secs(60));
        assert_eq!(world.cars[0].evcc.state(), S::ExpectPlug, "{end:?}");
        assert!(world.air.is_empty(), "{end:?}");
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
        matches!(e, SeccEvent::PowerOn(_))
    });
    assert_eq!(on, 2);
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
