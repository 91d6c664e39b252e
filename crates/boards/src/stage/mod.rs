//! A stage for boards without hardware: a scripted bus, receiver, meter and car around the real
//! board, for tests on the host and for the emulator.
//!
//! Not here: a world with a driver and a road; that is the simulator's. What happens depends on the
//! time alone, so that the same script gives the same bytes on every machine.
//!
//! | file | what it holds |
//! |---|---|
//! | [`collector`] | a collector with traffic on its bus and a fix a second |
//! | [`radio`] | a radio board that hears others |
//! | [`slot`] | a slot controller with a meter, and a car that comes, charges and leaves |
//! | [`meter`] | a slot meter with a load |
//! | [`pzem`] | the meter's end of its line |
//! | `shim` | air and bus on the board's line, where others play them |

pub mod collector;
pub mod meter;
pub mod pzem;
pub mod radio;
mod shim;
pub mod slot;

use core::time::Duration;

use v2x_proto::link::LinkEncoder;
use v2x_proto::link::message::{Command, Order, RadioRate, RadioSend};
use v2x_units::{BootId, Instant, MacAddress};

pub use collector::CollectorStage;
pub use meter::MeterStage;
pub use radio::RadioStage;
pub use slot::SlotStage;

use crate::Chassis;

/// A board on its stage.
pub trait Stage {
    /// The computer has sent bytes.
    fn hear(&mut self, now: Instant, bytes: &[u8]);

    /// Lets everything happen that is due.
    fn step(&mut self, now: Instant);

    /// The board's end of the line.
    fn chassis(&mut self) -> &mut Chassis;

    /// Whether the board wants to start anew.
    fn wants_restart(&self) -> bool;

    /// Starts the board anew, as it was told to: its flash stays as it is, its clock begins at
    /// `now`.
    fn restart(&mut self, boot: BootId, now: Instant);
}

/// Plays a script from the board's boot on, with orders of a computer and payloads for the air, and
/// gives every byte that the board puts on its line. The same on every machine.
pub fn rehearse(stage: &mut dyn Stage, length: Duration, told: &mut dyn FnMut(&[u8])) {
    let mut computer = LinkEncoder::new(BootId::new(0xC0FF_EE00));
    let mut now = Instant::BOOT;
    let end = now + length;
    let orders = [
        Order::SayHello,
        Order::ReadSetting { key: "name" },
        Order::WriteSetting {
            key: "name",
            value: "rehearsal",
        },
        Order::Identify,
        Order::Relay { closed: true },
    ];
    let mut orders = (1_u16..).zip(orders);
    while now < end {
        now = now + Duration::from_millis(1);
        if now.as_micros().is_multiple_of(700_000)
            && let Some((id, order)) = orders.next()
            && let Ok(bytes) = computer.send(now, Command { id, order })
        {
            stage.hear(now, bytes);
        }
        if now.as_micros().is_multiple_of(150_000)
            && let Ok(bytes) = computer.send(now, payload(now))
        {
            stage.hear(now, bytes);
        }
        stage.step(now);
        let chassis = stage.chassis();
        loop {
            let count = chassis.pending().len();
            if count == 0 {
                break;
            }
            told(chassis.pending());
            chassis.written(count);
        }
    }
}

/// Something for the air, to one and to all; boards without a radio pass over it.
fn payload(now: Instant) -> RadioSend<'static> {
    static BYTES: [u8; 64] = [0x3C; 64];
    let number = now.as_micros() / 150_000;
    let one = MacAddress::new([0x02, 0, 0, 0, 2, 1]);
    let is_for_all = number.is_multiple_of(3);
    let length = usize::try_from(number % 64).unwrap_or(0);
    RadioSend {
        ticket: u16::try_from(number).unwrap_or(u16::MAX),
        to: if is_for_all {
            MacAddress::BROADCAST
        } else {
            one
        },
        rate: RadioRate::Preset,
        payload: BYTES.get(..length).unwrap_or_default(),
    }
}
