//! What holds for V2V whatever is heard, and whatever the car does.

mod v2v_world;

use core::time::Duration;

use proptest::prelude::*;
use v2v_world::{Car, Operator, World};
use v2x_proto::limits::NEIGHBOURS_MAX;
use v2x_proto::v2v::cam_generation::{CamGeneration, Dynamics};
use v2x_proto::v2v::congestion::CongestionControl;
use v2x_proto::v2v::{AirRate, Confidence, Fault, Heard, V2vInput, V2vSettings};
use v2x_proto::wire::Wire;
use v2x_proto::wire::vehicle_data::VehicleData;
use v2x_units::{Degrees, Instant, MacAddress, MetersPerSecond};

/// A listener and what a neighbour of it says in two seconds.
fn heard_of(seed: u8) -> (World, Vec<Vec<u8>>) {
    let mut operator = Operator::new(seed);
    let settings = V2vSettings::default();
    let listener = Car::new(&mut operator, 1, settings);
    let mut speaker = Car::new(&mut operator, 2, settings).at(20.0, 0.0, 0.0, 12.0);
    speaker.condition.fault = Some(Fault::Engine);
    let mut alone = World::of(vec![speaker]);
    alone.run(2.0);
    let said = alone.cars[0]
        .sent
        .iter()
        .map(|it| it.payload.clone())
        .collect();
    let mut world = World::of(vec![listener]);
    world.run(2.0);
    (world, said)
}

fn hear(world: &mut World, payload: &[u8]) {
    let now = world.now;
    let heard = Heard {
        from: MacAddress::new([2, 0, 0, 0, 0, 1]),
        rssi_dbm: Some(-60),
        payload,
    };
    world.cars[0].handle(now, V2vInput::Heard(heard));
    world.cars[0].turn(now);
}

/// Everything that was heard is counted exactly once.
fn counted_once(world: &World) {
    let it = world.cars[0].v2v.counters();
    let refused: u64 = it.refused().map(|(_, count)| count).sum();
    let taken = it.cams + it.denms + it.vehicle_data + it.certificates + it.certificates_known;
    let aside = it.foreign + it.other_services + it.own_echoes;
    assert_eq!(it.heard, refused + taken + aside, "{it:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn bytes_of_a_stranger_never_panic_and_are_counted_once(
        payloads in prop::collection::vec(
            (
                prop::sample::select(vec![0x11_u8, 0x12, 0xA1]),
                prop::collection::vec(any::<u8>(), 0..250),
            ),
            1..40,
        ),
    ) {
        let (mut world, _) = heard_of(60);
        for (first, mut payload) in payloads {
            payload.insert(0, first);
            hear(&mut world, &payload);
        }
        counted_once(&world);
        prop_assert!(world.cars[0].v2v.map().neighbours().is_empty());
    }

    #[test]
    fn altered_messages_of_an_unknown_car_put_nothing_into_the_map(
        damage in prop::collection::vec(
            (any::<prop::sample::Index>(), any::<prop::sample::Index>(), 1_u8..=255),
            1..60,
        ),
    ) {
        let (mut world, said) = heard_of(61);
        for (which, at, flip) in damage {
            let mut payload = said[which.index(said.len())].clone();
            let at = at.index(payload.len());
            payload[at] ^= flip;
            hear(&mut world, &payload);
        }
        counted_once(&world);
        // The first bytes are outside the signature: lifetime and hops may be altered. Then the
        // message is genuine all the same.
        let genuine = world.cars[0].v2v.counters().cams;
        prop_assert!(u64::try_from(world.cars[0].v2v.map().neighbours().len()).unwrap() <= genuine);
        prop_assert!(world.cars[0].v2v.map().neighbours().len() < NEIGHBOURS_MAX);
    }

    #[test]
    fn genuine_messages_in_any_order_and_number_are_counted_once_and_known_once(
        order in prop::collection::vec(any::<prop::sample::Index>(), 1..80),
    ) {
        let (mut world, said) = heard_of(62);
        for which in order {
            hear(&mut world, &said[which.index(said.len())]);
        }
        counted_once(&world);
        prop_assert!(world.cars[0].v2v.map().neighbours().len() <= 1);
        prop_assert!(world.cars[0].v2v.map().events().iter().count() <= 1);
        for neighbour in world.cars[0].v2v.map().neighbours() {
            prop_assert!(neighbour.confidence(world.now) <= Confidence::FULL);
        }
    }
}

proptest! {
    #[test]
    fn cams_are_never_nearer_than_the_channel_allows_nor_farther_than_a_second(
        steps in prop::collection::vec((0.0..60.0_f64, 0.0..360.0_f64, 0_u64..1500), 1..200),
    ) {
        let mut generation = CamGeneration::default();
        let (mut now, mut last) = (Instant::BOOT, None);
        for (speed, heading, shortest) in steps {
            let car = Dynamics {
                position: v2v_world::place(speed * 3.0, heading),
                heading: Some(Degrees::new(heading)),
                speed: Some(MetersPerSecond::new(speed)),
            };
            let shortest = Duration::from_millis(shortest);
            if let Some(trigger) = generation.due(now, &car, shortest) {
                generation.sent(now, car, trigger);
                if let Some(last) = last {
                    let since = now.since(last);
                    let (least, most) = (Duration::from_millis(100), Duration::from_secs(1));
                    prop_assert!(since >= shortest.clamp(least, most));
                    prop_assert!(since <= most);
                }
                last = Some(now);
            }
            now = now + Duration::from_millis(50);
        }
    }

    #[test]
    fn channel_may_be_as_busy_as_it_likes_and_the_interval_stays_within_its_bounds(
        busy in prop::collection::vec((0_u64..5_000_000, 0_u64..2_000_000), 1..100),
    ) {
        let mut control = CongestionControl::new(AirRate::MBPS_1);
        let mut now = Instant::BOOT;
        for (wait, time) in busy {
            now = now + Duration::from_micros(wait);
            control.busy_for(now, Duration::from_micros(time));
            prop_assert!((0.0..=1.0).contains(&control.busy_ratio()));
            let interval = control.shortest_interval(200);
            prop_assert!(interval >= Duration::from_millis(100));
            prop_assert!(interval <= Duration::from_secs(1));
        }
    }

    #[test]
    fn vehicle_data_is_read_back_as_it_was_written(
        bytes in prop::collection::vec(any::<u8>(), 26),
    ) {
        let mut bytes = bytes;
        bytes[0] = 1;
        if let Ok(data) = VehicleData::parse(&bytes) {
            prop_assert_eq!(data.encode(), bytes);
        }
    }
}
