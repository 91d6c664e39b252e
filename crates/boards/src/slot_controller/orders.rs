//! What the computer can ask of a slot, and what it is told when it comes back.
//!
//! Not here: orders that every board knows (`chassis`). The computer never moves the relay itself:
//! see docs/decisions/0027.

use v2x_charging::{Authorisation, Input as SlotInput, Slot};
use v2x_proto::link::message::{Command, CommandResult, Contact, LogLevel, Order};
use v2x_units::Instant;

use super::relay::{Relay, RelayFault};
use super::step_bytes;
use crate::chassis::{Answer, Chassis, Text};
use crate::memory::{Memory, VALUE_MAX};

/// The parts of a board that an order reaches.
pub(super) struct Orders<'a> {
    pub(super) now: Instant,
    pub(super) chassis: &'a mut Chassis,
    pub(super) slot: &'a mut Slot,
    pub(super) is_free: bool,
    pub(super) relay: &'a Relay,
    pub(super) fault: &'a mut Option<RelayFault>,
}

impl Orders<'_> {
    /// Carries an order out; whether the computer asks for what it has missed.
    pub(super) fn command(&mut self, command: &Command<'_>, memory: &mut dyn Memory) -> bool {
        if self.chassis.command(self.now, command, memory).is_some() {
            return command.order == Order::SayHello;
        }
        let answer = match command.order {
            Order::Relay { closed } => self.relay(closed),
            _ => Answer::of(CommandResult::UnknownOrder, ""),
        };
        self.chassis.answer(self.now, command.id, answer);
        false
    }

    fn relay(&mut self, closed: bool) -> Answer {
        if self.relay.asked() == Contact::Unknown {
            return Answer::of(CommandResult::Refused, "the slot has no relay");
        }
        let inputs = if closed {
            if self.relay.fault(self.now) == Some(RelayFault::Welded) {
                return Answer::of(CommandResult::Refused, "the relay does not open");
            }
            *self.fault = None;
            [
                Some(SlotInput::InService(true)),
                Some(SlotInput::Resume),
                (!self.is_free).then_some(SlotInput::Authorise(Authorisation::Operator)),
            ]
        } else {
            // Without a session there is nothing to pause; out of service opens all the same.
            let pause = self.slot.session().map(|_| SlotInput::Pause);
            [Some(SlotInput::InService(false)), pause, None]
        };
        for input in inputs.into_iter().flatten() {
            if let Err(refused) = self.slot.handle(self.now, input) {
                let mut answer = Answer::of(CommandResult::Refused, "");
                answer.detail = Text::cut(format_args!("{refused}"));
                return answer;
            }
        }
        Answer::done()
    }
}

/// Tells the computer the steps that it may have missed, and forgets those that found room.
pub(super) fn hand_over_steps(now: Instant, chassis: &mut Chassis, memory: &mut dyn Memory) {
    let mut room = [0; VALUE_MAX];
    while chassis.has_room_for_batch() {
        let Ok(Some(bytes)) = memory.oldest(&mut room) else {
            break;
        };
        if let Some(step) = step_bytes::read(bytes) {
            let (id, seq, energy) = (step.transaction, step.seq, step.energy.plausible);
            let state = step.state;
            let ended = if step.ended.is_some() { ", ended" } else { "" };
            let text = format_args!("kept: session {id} step {seq}: {state}, {energy}{ended}");
            chassis.log(step.at, LogLevel::Info, text);
        }
        if let Err(error) = memory.drop_oldest() {
            chassis.log(
                now,
                LogLevel::Warn,
                format_args!("step told and not dropped: {error}"),
            );
            break;
        }
    }
}
