//! Nobody knows the time at the start: a charge begins where the policy allows it, and whoever
//! should not have been believed is found out once the time is known.

#![allow(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod v2g_world;

use core::time::Duration;

use v2g_world::{BEGINNING, World, count};
use v2x_proto::secure::{CredentialError, UtcSecond};
use v2x_proto::v2g::evcc::EvccState;
use v2x_proto::v2g::secc::PowerOffReason;
use v2x_proto::v2g::{EvccInput, SeccEvent, SeccInput};

#[test]
fn charge_begins_without_a_clock_where_the_policy_allows_it() {
    let mut world = World::without_clock(11);
    world.plug(0, 0);
    world.run_until_charging(0);
    // The time becomes known, and the credentials hold: nothing happens.
    let utc = Some(world.utc());
    world.tell_station(0, SeccInput::Clock(utc));
    world.tell_car(0, EvccInput::Clock(utc));
    world.run(Duration::from_secs(30));
    assert!(world.stations[0].secc.power_is_on());
    world.unplug(0);
    world.run_until_state(0, EvccState::ExpectReportTime);
    let receipt = world.stations[0]
        .events
        .iter()
        .find_map(|event| match event {
            SeccEvent::Receipt(signed) => Some(signed.receipt.clone()),
            _ => None,
        });
    // A time that was not known is not made up afterwards.
    let receipt = receipt.unwrap();
    assert_eq!(receipt.started, None);
    assert!(receipt.ended.is_some());
}

#[test]
fn credential_that_had_ended_is_found_out_when_the_time_becomes_known() {
    let mut world = World::without_clock(12);
    world.plug(0, 0);
    world.run_until_charging(0);
    let late = Some(UtcSecond(BEGINNING + 2 * 86_400).utc());
    world.tell_station(0, SeccInput::Clock(late));
    assert!(!world.stations[0].secc.power_is_on());
    let off = |e: &SeccEvent| matches!(e, SeccEvent::PowerOff(_, PowerOffReason::Credential(_)));
    assert_eq!(count(&world.stations[0].events, off), 1);
}

#[test]
fn without_a_clock_nobody_is_believed_unless_the_policy_allows_it() {
    let mut world = World::new(13);
    world.tell_station(0, SeccInput::Clock(None));
    world.plug(0, 0);
    world.run(Duration::from_secs(60));
    let unknown = SeccEvent::CarRefused(CredentialError::ClockUnknown);
    assert!(world.stations[0].events.contains(&unknown));
    let utc = Some(world.utc());
    world.tell_station(0, SeccInput::Clock(utc));
    world.run_until_charging(0);
}
