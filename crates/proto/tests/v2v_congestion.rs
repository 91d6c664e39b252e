//! Sixty cars that hear each other share the channel: each speaks less often, and still speaks.
//!
//! Each car's own V2V decides when to send. What it hears of the others is the time they take on
//! the air: verifying 60 times 60 cars is what `cargo xtask bench v2v` measures.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod v2v_world;

use core::time::Duration;

use v2v_world::{Car, Operator, TICK};
use v2x_proto::v2v::{AirRate, MessageKind, V2vInput, V2vSettings};
use v2x_units::Instant;

/// CAMs per second and car, and the busy ratio of the channel, among so many cars at 45 m/s.
fn rates(cars: u64, seconds: u64) -> (f64, f64) {
    let mut operator = Operator::new(4);
    let settings = V2vSettings::default();
    let mut cars: Vec<_> = (0..cars)
        .map(|seed| Car::new(&mut operator, seed, settings).at(0.0, 0.0, 0.0, 45.0))
        .collect();
    let mut now = Instant::BOOT;
    let mut counted_from = vec![0; cars.len()];
    let end = Instant::BOOT + Duration::from_secs(seconds);
    let last_ten = Instant::BOOT + Duration::from_secs(seconds - 10);
    while now < end {
        now = now + TICK;
        let mut busy = Vec::new();
        for car in &mut cars {
            car.drive(now);
            let said = car.turn(now);
            let lengths = said
                .iter()
                .map(|it| AirRate::MBPS_1.air_time(it.payload.len()));
            busy.push(lengths.sum::<Duration>());
        }
        let all: Duration = busy.iter().sum();
        for (car, own) in cars.iter_mut().zip(&busy) {
            car.handle(now, V2vInput::ChannelBusy(all - *own));
        }
        if now <= last_ten {
            let cams = |car: &Car| car.sent_of(MessageKind::Cam);
            counted_from = cars.iter().map(cams).collect();
        }
    }
    let sent = |(car, before): (&Car, &usize)| car.sent_of(MessageKind::Cam) - before;
    let sent: usize = cars.iter().zip(&counted_from).map(sent).sum();
    let each = f64::from(u32::try_from(sent).unwrap())
        / (10.0 * f64::from(u32::try_from(cars.len()).unwrap()));
    (each, cars[0].v2v.busy_ratio())
}

#[test]
fn sixty_cars_lower_their_rates_and_keep_the_channel_below_its_target() {
    let (alone, idle) = rates(3, 15);
    // The world's ticks make a check of each 60 ms, so a CAM of each second check.
    assert!(alone > 8.0, "{alone} CAM/s: what 45 m/s ask for");
    assert!(idle < 0.1, "{idle}");
    let (shared, busy) = rates(60, 40);
    assert!((1.0..6.0).contains(&shared), "{shared} CAM/s");
    assert!(busy < 0.65, "{busy} of the channel");
    println!("3 cars: {alone:.1} CAM/s each, busy {idle:.2}; 60: {shared:.1}, busy {busy:.2}");
}
