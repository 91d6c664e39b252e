//! Meters and ports that are gone, and slots that are taken out of use.

use super::*;

#[test]
fn silent_slot_is_unavailable_within_ten_seconds_and_goes_on_with_its_session() {
    let mut bench = Bench::new(SlotConfig::ev());
    bench.draw(LOAD, 60);
    let (transaction, before) = bench.slot.session().unwrap();
    bench.wait(10);
    assert_eq!(
        bench.slot.state(),
        Some(SlotState::Unavailable(Outage::Silent))
    );
    bench.wait(290);
    bench.counter += (MAINS * LOAD).over(Duration::from_secs(300));
    bench.draw(LOAD, 12);
    assert_eq!(bench.state(), "Charging");
    let (same, after) = bench.slot.session().unwrap();
    assert_eq!(same, transaction);
    let gained = after.plausible.saturating_sub(before.plausible);
    assert!(gained > Energy::from_watt_hours(180), "{gained}");
}

#[test]
fn session_ends_when_the_meter_is_silent_for_half_an_hour() {
    let mut bench = Bench::new(SlotConfig::ev());
    bench.draw(LOAD, 60);
    bench.wait(1799);
    assert_eq!(bench.ended(), []);
    bench.wait(1);
    assert_eq!(bench.ended(), [EndReason::MeterLost]);
}

#[test]
fn lost_port_makes_the_slot_unavailable_at_once_with_its_reason() {
    let mut bench = Bench::new(SlotConfig::ev());
    bench.input(Input::SourceLost).unwrap();
    let reason = SlotState::Unavailable(Outage::SourceLost);
    assert_eq!(bench.slot.state(), Some(reason));
    bench.draw(Amps::ZERO, 2);
    assert_eq!(bench.state(), "Available");
}

#[test]
fn slot_goes_out_of_service_only_after_its_session() {
    let mut bench = Bench::new(SlotConfig::ev());
    bench.draw(LOAD, 60);
    bench.input(Input::InService(false)).unwrap();
    assert_eq!(bench.state(), "Charging");
    bench.draw(Amps::ZERO, 16 * 60);
    assert_eq!(bench.ended(), [EndReason::Timeout]);
    let reason = SlotState::Unavailable(Outage::OutOfService);
    assert_eq!(bench.slot.state(), Some(reason));
    bench.input(Input::InService(true)).unwrap();
    assert_eq!(bench.state(), "Available");
}
