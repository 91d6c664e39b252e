//! Vehicle data in clear: only where the owner agreed twice, in the settings and by the ticket.

mod v2v_world;

use v2v_world::{BEGINNING_2004, Car, Operator, World, hours};
use v2x_proto::v2v::{Fault, MessageKind, V2v, V2vInput, V2vSettings};
use v2x_proto::wire::Wire;
use v2x_proto::wire::packet::{Content, Packet};
use v2x_units::{Amps, BatteryCurrent, StateOfCharge, Volts, WattHours};

fn pair(settings: V2vSettings, permitted: bool) -> World {
    let mut operator = Operator::new(40);
    let mut teller = Car::new(&mut operator, 1, settings).at(0.0, 0.0, 0.0, 5.0);
    teller.v2v = V2v::new(settings, operator.verifier());
    let now = v2x_units::Instant::BOOT;
    teller.handle(now, V2vInput::Clock(Some(v2v_world::BEGINNING)));
    let ticket = operator.ticket(hours(BEGINNING_2004, 24), permitted);
    teller.handle(now, V2vInput::Pseudonyms(vec![ticket]));
    let battery = &mut teller.condition.battery;
    battery.state_of_charge = StateOfCharge::from_percent(61.5);
    battery.voltage = Some(Volts::new(56.3));
    battery.current = Some(BatteryCurrent::discharging(Amps::new(42.25)));
    battery.available_energy = Some(WattHours::new(3700.0));
    battery.charging = Some(false);
    let listener = Car::new(&mut operator, 2, V2vSettings::default()).at(5.0, 0.0, 0.0, 5.0);
    let mut world = World::of(vec![teller, listener]);
    world.run(21.0);
    world
}

const AGREED: V2vSettings = V2vSettings {
    vehicle_data: true,
    ..default_settings()
};

/// [`V2vSettings::default`] in a constant.
const fn default_settings() -> V2vSettings {
    V2vSettings {
        station_type: v2x_proto::wire::station::StationType::PASSENGER_CAR,
        length: v2x_units::Meters::new(2.338),
        width: v2x_units::Meters::new(1.237),
        radio: v2x_proto::wire::packet::EspNow::V1,
        rate: v2x_proto::v2v::AirRate::MBPS_1,
        fixed_address: None,
        cam_interval_min: v2x_proto::deadlines::CAM_INTERVAL_MIN,
        vehicle_data: false,
        clock_tolerance: core::time::Duration::from_secs(1),
    }
}

#[test]
fn data_of_an_owner_who_agreed_reach_the_neighbour_each_five_seconds() {
    let world = pair(AGREED, true);
    assert_eq!(world.cars[0].sent_of(MessageKind::VehicleData), 5);
    let station = world.cars[0].v2v.identity().unwrap().0;
    let neighbour = world.cars[1].v2v.map().neighbour(station).unwrap();
    let (_, data) = neighbour.vehicle_data.unwrap();
    assert_eq!(data.state_of_charge.unwrap().raw(), 6150);
    assert_eq!(data.voltage.unwrap().get(), Volts::new(56.3));
    assert_eq!(
        data.current.unwrap().get(),
        Amps::new(-42.25),
        "out of the battery"
    );
    assert_eq!(data.available_energy.unwrap().get(), WattHours::new(3700.0));
    assert_eq!(data.desired_state_of_charge, None);
}

#[test]
fn nothing_is_told_without_the_setting_or_without_the_permission() {
    for (settings, permitted) in [(default_settings(), true), (AGREED, false)] {
        let world = pair(settings, permitted);
        assert_eq!(world.cars[0].sent_of(MessageKind::VehicleData), 0);
        assert!(world.cars[0].sent_of(MessageKind::Cam) > 0);
    }
}

#[test]
fn no_two_messages_have_the_same_time_even_when_several_go_out_at_once() {
    let mut world = pair(AGREED, true);
    let fault = Some(Fault::Engine);
    world.cars[0].condition.fault = fault;
    world.run(30.0);
    let car = &world.cars[0];
    let times =
        car.sent
            .iter()
            .filter_map(|it| match Packet::parse(&it.payload).unwrap().content {
                Content::Signed(signed) => Some(signed.to_be_signed.header.generation_time),
                Content::Plain(_) => None,
            });
    let mut times: Vec<_> = times.collect();
    let signed = times.len();
    times.sort_unstable();
    times.dedup();
    assert_eq!(times.len(), signed, "the second would pass for a replay");
    assert!(car.sent_of(MessageKind::Denm) > 20 && car.sent_of(MessageKind::VehicleData) > 8);
    let refused: Vec<_> = world.cars[1].v2v.counters().refused().collect();
    assert_eq!(
        world.cars[1].v2v.counters().refused_for("replay"),
        0,
        "{refused:?}"
    );
}
