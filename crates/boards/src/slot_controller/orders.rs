//! What the computer can ask of a slot.
//!
//! Not here: orders that every board knows (`chassis`). The computer never moves the relay itself:
//! see docs/decisions/0027.

use alloc::boxed::Box;

use v2x_charging::{Authorisation, Effect, Input as SlotInput, Slot};
use v2x_proto::link::message::{Command, CommandResult, Contact, Order, SlotWish};
use v2x_proto::secure::RevocationList;
use v2x_units::Instant;

use super::keys::{self, Taken};
use super::relay::{Relay, RelayFault};
use crate::chassis::{Answer, Chassis, Text};
use crate::memory::Memory;

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
    /// Carries an order out; gives the revocation list that has become whole by it.
    pub(super) fn command(
        &mut self,
        command: &Command<'_>,
        memory: &mut dyn Memory,
    ) -> Option<Box<RevocationList>> {
        if self.chassis.command(self.now, command, memory).is_some() {
            return None;
        }
        let (answer, list) = match command.order {
            Order::Relay { closed } => (self.relay(closed), None),
            Order::Slot(wish) => (self.wish(wish), None),
            Order::Keys { part, bytes } => match keys::take(part, bytes, memory) {
                Taken::Answered(answer) => (answer, None),
                Taken::List(list) => (Answer::done(), Some(list)),
            },
            _ => (Answer::of(CommandResult::UnknownOrder, ""), None),
        };
        self.chassis.answer(self.now, command.id, answer);
        list
    }

    /// What the operator wants of a slot whose sessions are kept here.
    fn wish(&mut self, wish: SlotWish) -> Answer {
        let lets_flow = matches!(wish, SlotWish::Release | SlotWish::Resume);
        if lets_flow && self.relay.fault(self.now) == Some(RelayFault::Welded) {
            return Answer::of(CommandResult::Refused, "the relay does not open");
        }
        let input = match wish {
            SlotWish::Stop => SlotInput::Stop,
            SlotWish::Pause => SlotInput::Pause,
            SlotWish::Resume => SlotInput::Resume,
            SlotWish::Release => SlotInput::Authorise(Authorisation::Operator),
            SlotWish::Withdraw => SlotInput::Deauthorise,
            SlotWish::InService => SlotInput::InService(true),
            SlotWish::OutOfService => SlotInput::InService(false),
            SlotWish::ClearFault => {
                // A relay that did not close is tried again.
                *self.fault = None;
                SlotInput::ClearFault
            }
        };
        match self.slot.handle(self.now, input) {
            Ok(Effect::Full) => Answer::done(),
            Ok(Effect::BooksOnly) => Answer::of(
                CommandResult::Done,
                "the slot has no relay: the books are closed, the current flows on",
            ),
            Err(refused) => {
                let mut answer = Answer::of(CommandResult::Refused, "");
                answer.detail = Text::cut(format_args!("{refused}"));
                answer
            }
        }
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
