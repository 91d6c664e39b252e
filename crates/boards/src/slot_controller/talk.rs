//! The conversation with the car and its slot: each is told of the other, one thing at a time.
//!
//! Not here: what the conversation wants ([`super::station_end`]) and what a slot does with it.

use v2x_proto::link::message::{LogLevel, MeterValues};
use v2x_proto::v2g;
use v2x_units::Instant;

use super::journal::Journal;
use super::station_end::{View, Wanted};
use super::{Output, SlotController};
use crate::memory::{Memory, V2G_SESSION};

/// What came of asking the conversation with the car.
#[expect(
    clippy::large_enum_variant,
    reason = "without a heap a value lives where it is used"
)]
pub(super) enum Talk {
    /// The board has to do something.
    Output(Output),
    /// Something has happened: the slot may want something.
    More,
    /// Nothing now.
    WakeAt(Option<Instant>),
}

impl SlotController {
    /// Tells the conversation with the car how the slot is, and does one thing that it wants.
    pub(super) fn poll_station_end(&mut self, now: Instant, memory: &mut dyn Memory) -> Talk {
        let utc = self.utc(now);
        let Some(end) = &mut self.station_end else {
            return Talk::WakeAt(None);
        };
        let fresh = |(at, _): &(Instant, MeterValues)| now.since(*at) < self.config.silence;
        let view = View {
            config: &self.config,
            slot: &self.slot,
            has_plug_input: self.plug.is_some(),
            plug: self.plug.and_then(|plug| plug.is_in()),
            relay: self.relay.is_closed(),
            kept: self.kept.as_ref(),
            boot: self.chassis.identity().boot,
            measured: self.measured.filter(fresh).map(|(_, values)| said(&values)),
            load: self
                .measured
                .filter(fresh)
                .map(|(at, values)| (at, self.config.current.draws(values.current))),
            utc,
        };
        end.look(now, &view);
        let (kind, content) = match end.poll(now) {
            Wanted::WakeAt(at) => return Talk::WakeAt(at),
            Wanted::Air(to, datagram) => return Talk::Output(Output::Air(to, datagram)),
            Wanted::Slot(input) => {
                self.tell_slot(now, input);
                return Talk::More;
            }
            Wanted::Save(bytes) => {
                if let Err(error) = memory.store(V2G_SESSION, &bytes) {
                    let text = format_args!("V2G session not kept: {error}");
                    self.chassis.log(now, LogLevel::Error, text);
                }
                return Talk::More;
            }
            Wanted::Say(kind, content) => {
                Journal::say(now, kind, &content, &mut self.chassis);
                return Talk::More;
            }
            Wanted::Nothing => return Talk::More,
            Wanted::Journal(kind, content) => (kind, content),
        };
        let given_up = self.journal.given_up();
        let chassis = &mut self.chassis;
        let added = (self.journal).add_or_say(now, kind, &content, chassis, memory);
        self.tell_journal(now, given_up, added);
        Talk::More
    }
}

/// A measurement as a car is told it.
fn said(values: &MeterValues) -> v2g::MeterReading {
    v2g::MeterReading {
        voltage: Some(values.voltage),
        current: Some(values.current),
        power: Some(values.power),
        power_factor: Some(values.power_factor),
        ..v2g::MeterReading::default()
    }
}
