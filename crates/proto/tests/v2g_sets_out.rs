//! A car charges, is unplugged and drives off, with V2V and V2G on one radio: the station goes on
//! hearing its battery data until it has left, and only then its names change.

#![allow(clippy::unwrap_used, reason = "a test ends at the first surprise")]
#![allow(clippy::duplicate_mod, reason = "both worlds draw from the same lots")]

mod v2g_world;
mod v2v_world;

use v2g_world::{World, count, place, station_place};
use v2v_world::{Car, Operator, TICK};
use v2x_proto::v2g::evcc::{EvccState, LeftReason};
use v2x_proto::v2g::{EvccEvent, EvccInput, SeccEvent};
use v2x_proto::v2v::{V2vInput, V2vSettings};
use v2x_units::{GnssFix, UtcTime};

/// Metres in a degree of latitude.
const DEGREE: f64 = 111_195.0;

/// A car's two protocols on its one radio.
struct Aboard {
    world: World,
    v2v: Car,
    /// Whether V2V hears of the conversation, as it should.
    tells: bool,
    fixes: i64,
}

impl Aboard {
    fn new(tells: bool) -> Self {
        let world = World::new(11);
        let mut v2v = Car::new(&mut Operator::new(11), 11, V2vSettings::default());
        v2v.turn(world.now);
        let mut aboard = Self {
            world,
            v2v,
            tells,
            fixes: 0,
        };
        aboard.go(0.0, 1);
        aboard
    }

    /// Goes north at a speed for so many seconds.
    fn go(&mut self, speed: f64, seconds: u32) {
        self.v2v.speed = speed;
        for _ in 0..seconds {
            self.fixes += 1;
            let now = self.world.now;
            let latitude = station_place().latitude().get() + self.v2v.north / DEGREE;
            let here = place(latitude, station_place().longitude().get());
            let fix = GnssFix {
                position: here,
                altitude: None,
                speed: None,
                satellites: Some(9),
                hdop: Some(1.1),
                utc: Some(UtcTime::from_micros(self.fixes * 1_000_000)),
                valid: true,
            };
            self.world.tell_car(0, EvccInput::Fix(now, fix));
            for _ in 0..50 {
                let now = self.world.now;
                self.v2v.drive(now);
                if self.tells {
                    let is_so = self.world.cars[0].evcc.is_in_conversation();
                    self.v2v.handle(now, V2vInput::InConversation(is_so));
                }
                self.v2v.turn(now);
                self.world.cars[0].mac = self.v2v.address;
                self.world.run(TICK);
            }
        }
    }

    fn state(&self) -> EvccState {
        self.world.cars[0].evcc.state()
    }

    fn changes(&self) -> u64 {
        self.v2v.v2v.counters().pseudonym_changes
    }

    fn left(&self, why: LeftReason) -> usize {
        let left = EvccEvent::Left(why);
        count(&self.world.cars[0].events, |event| *event == left)
    }

    /// How often the station has heard battery data.
    fn reports(&self) -> usize {
        count(&self.world.stations[0].events, |event| {
            matches!(event, SeccEvent::BatteryData(..))
        })
    }
}

/// Charges for a quarter of an hour, is unplugged, and stands on for so many seconds.
fn charged(tells: bool) -> Aboard {
    let mut aboard = Aboard::new(tells);
    aboard.world.plug(0, 0);
    aboard.go(0.0, 15 * 60);
    aboard.world.unplug(0);
    aboard.go(0.0, 20);
    assert!(aboard.reports() > 0, "battery data before it sets out");
    aboard
}

#[test]
fn car_that_sets_out_is_heard_by_its_station_until_it_has_left_and_changes_its_names_then() {
    let mut aboard = charged(true);
    let (changes, reports) = (aboard.changes(), aboard.reports());
    // 100 m at 2 m/s: within the circle.
    aboard.go(2.0, 50);
    assert_eq!(aboard.changes(), changes);
    assert!(aboard.reports() >= reports + 9, "one every 5 s");
    assert_ne!(aboard.state(), EvccState::ExpectPlug);
    aboard.go(8.0, 20);
    assert_eq!(aboard.left(LeftReason::Distance), 1);
    assert_eq!(aboard.left(LeftReason::Silence), 0);
    assert_eq!(aboard.changes(), changes + 1, "as soon as it has left");
}

#[test]
fn car_whose_names_change_under_way_is_a_stranger_to_its_station() {
    let mut aboard = charged(false);
    let changes = aboard.changes();
    aboard.go(2.0, 50);
    assert_eq!(aboard.changes(), changes + 1);
    assert_eq!(aboard.left(LeftReason::Silence), 1);
}
