//! Relays of a full station after a power cut: each closes in its turn, and every car has its time.

use std::collections::BTreeMap;
use std::time::Duration;

use v2x_charging::{Policy, RelayReport};
use v2x_roles::station::{Do, Order, Station};
use v2x_units::{BootId, Instant};

use super::{idle, setup, slot, tariffs};

/// Lets seconds pass in which every meter is heard and every board obeys; when each relay was told
/// to close and to open.
fn pass(station: &mut Station, (from, to): (u64, u64)) -> BTreeMap<(u8, bool), Vec<u64>> {
    let mut orders = BTreeMap::<_, Vec<_>>::new();
    for second in from..to {
        let now = Instant::from_micros(second * 1_000_000);
        for port in station
            .views(now)
            .map(|view| view.setup.port)
            .collect::<Vec<_>>()
        {
            station.sample(now, port, None, &idle(now), None).unwrap();
        }
        loop {
            match station.poll(now) {
                Do::Relay { slot, closed } => {
                    orders.entry((slot.get(), closed)).or_default().push(second);
                    let port = setup(16).slots[usize::from(slot.get()) - 1].port;
                    station.relay(now, port, RelayReport::Obeyed { closed });
                }
                Do::WakeAt(_) => break,
                Do::Tell(..) => {}
                Do::Keep(_) => panic!("no session begins without current"),
            }
        }
    }
    orders
}

#[test]
fn sixteen_cars_that_are_released_at_once_have_each_a_minute_from_their_relays_turn_on() {
    let mut setup = setup(16);
    for slot in &mut setup.slots {
        slot.config.has_relay = true;
        slot.config.policy = Policy::KnownCars;
    }
    let connect_timeout = setup.slots[0].config.connect_timeout;
    assert_eq!(connect_timeout, Duration::from_secs(60));
    let now = Instant::from_micros(1_000_000);
    let mut draw = 0..;
    let draw = || draw.next().unwrap();
    let station = Station::new(&setup, tariffs(), BootId::new(7), draw, now);
    let mut station = station.unwrap();
    pass(&mut station, (1, 10));
    let now = Instant::from_micros(10_000_000);
    for number in 1..=16 {
        let release = Order::ReleaseFor([number; 8]);
        station.order(now, slot(number), release).unwrap().unwrap();
    }
    let orders = pass(&mut station, (10, 300));
    for number in 1..=16_u8 {
        let turn = 10 + 8 * (u64::from(number) - 1);
        assert_eq!(orders[&(number, true)], [turn], "slot {number}");
        let opened = orders[&(number, false)][0];
        assert!(
            (turn + 60..=turn + 61).contains(&opened),
            "slot {number}: {opened}"
        );
    }
}
