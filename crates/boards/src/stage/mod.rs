//! A stage for boards without hardware: a scripted bus, receiver, meter and car around the real
//! board, for tests on the host and for the emulator.
//!
//! Not here: a world with a driver and a road; that is the simulator's. What happens depends on the
//! time alone, so that the same script gives the same bytes on every machine.
//!
//! | file | what it holds |
//! |---|---|
//! | [`collector`] | a collector with traffic on its bus and a fix a second |
//! | [`slot`] | a slot controller with a meter, and a car that comes, charges and leaves |
//! | [`pzem`] | the meter's end of its line |

pub mod collector;
pub mod pzem;
pub mod slot;

use core::time::Duration;

use v2x_proto::link::LinkEncoder;
use v2x_proto::link::message::{Command, Order};
use v2x_units::{BootId, Instant};

pub use collector::CollectorStage;
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

/// Plays a script from the board's boot on, with orders of a computer, and gives every byte that
/// the board puts on its line. The same on every machine.
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
