//! One relay at the other end of the framed link: the order, its acknowledgement, and where the
//! contact really is.
//!
//! Not here: whether the relay should be closed (`charging`), and the port. Time is passed in:
//!
//! ```text
//! want, line_opened, board_restarted ──► RelayControl ──► RelayDo::Send (a command for the board)
//! acknowledged, slot_state           ──►              └─► RelayDo::Report (for the slot)
//! ```
//!
//! An order is never given up: it is repeated under its id until the board answers, and given anew
//! when the board refuses it, starts anew, or shows the contact elsewhere. What is reported is each
//! change for the worse or the better, once.

use std::time::Duration;

use v2x_charging::{RelayFailure, RelayReport};
use v2x_proto::link::message::{CommandResult, Contact, SlotState};
use v2x_units::Instant;

/// An order that is not answered is repeated after this time: a command and its answer take 2 ms,
/// and a board that writes its flash stands still for some 100 ms.
const REPEAT: Duration = Duration::from_millis(500);
/// So many times in a row, until the silence is reported.
const TRIES: u8 = 5;
/// Then, and after a refusal, so often.
const AGAIN: Duration = Duration::from_secs(2);
/// How long a contact may take to move: a contactor opens within 100 ms, and the board tells its
/// feedback at every change and every second.
const SETTLES: Duration = Duration::from_millis(1500);

/// How long a board may keep a relay open that should be closed before it is reminded, and once
/// more before that is a failure: it runs the same machine as the station (decision 0027), whose
/// time-outs may come some seconds apart.
const DISAGREES: Duration = Duration::from_secs(10);

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RelayDo {
    /// Send this order to the board.
    Send {
        /// The command's id.
        id: u16,
        /// Whether current may flow.
        closed: bool,
    },
    /// Tell the slot.
    Report(RelayReport),
}

/// An order that is not acknowledged as done.
#[derive(Debug, Clone, Copy)]
struct Pending {
    id: u16,
    /// How often it was sent.
    tries: u8,
    /// When it is sent next.
    due: Instant,
}

/// Drives one relay and watches what becomes of its orders.
#[derive(Debug, Clone, Default)]
pub struct RelayControl {
    /// `None` until the slot wants something: then the board is left alone.
    wanted: Option<bool>,
    line_is_open: bool,
    last_id: u16,
    pending: Option<Pending>,
    /// Since when the contact may have been where it should not be.
    settling_since: Option<Instant>,
    /// The board has been told again that it should close.
    is_reminded: bool,
    /// Whether the board has a feedback input, once it said.
    has_feedback: bool,
    told: Option<RelayReport>,
    report: Option<RelayReport>,
}

impl RelayControl {
    /// The slot wants the relay there; the newest wish counts.
    pub fn want(&mut self, now: Instant, closed: bool) {
        if self.wanted == Some(closed) {
            return;
        }
        self.wanted = Some(closed);
        if matches!(self.told, Some(RelayReport::Obeyed { .. })) {
            self.told = None;
        }
        self.order(now);
    }

    /// The line to the board is open: it may be another board, with its relay anywhere.
    pub fn line_opened(&mut self, now: Instant) {
        self.line_is_open = true;
        self.order(now);
    }

    /// The line is gone; the slot hears of that by itself, and the order waits.
    pub const fn line_lost(&mut self) {
        self.line_is_open = false;
        self.pending = None;
        self.settling_since = None;
    }

    /// The board has started anew and forgotten its order.
    pub fn board_restarted(&mut self, now: Instant) {
        self.order(now);
    }

    /// The board has answered a command.
    pub fn acknowledged(&mut self, now: Instant, id: u16, result: CommandResult) {
        if self.pending.is_none_or(|pending| pending.id != id) {
            return;
        }
        match result {
            CommandResult::Done => {
                self.pending = None;
                self.settling_since = self.has_feedback.then_some(now);
                if !self.has_feedback {
                    self.obeyed();
                }
            }
            refused => {
                self.failed(match refused {
                    CommandResult::UnknownOrder => RelayFailure::Missing,
                    _ => RelayFailure::Refused,
                });
                self.order(now + AGAIN);
            }
        }
    }

    /// The board says where its relay is.
    pub fn slot_state(&mut self, now: Instant, state: &SlotState) {
        let Some(wanted) = self.wanted else {
            return;
        };
        self.has_feedback = state.relay_seen != Contact::Unknown;
        if state.relay_asked == Contact::Unknown {
            return self.failed(RelayFailure::Missing);
        }
        if self.pending.is_some() {
            return;
        }
        let place = if wanted {
            Contact::Closed
        } else {
            Contact::Open
        };
        let is_seen = !self.has_feedback || state.relay_seen == place;
        if state.relay_asked == place && is_seen {
            self.settling_since = None;
            return self.obeyed();
        }
        // A board that decides to stay open is of another opinion; every other contact is broken.
        let stays_open =
            wanted && state.relay_asked == Contact::Open && state.relay_seen != Contact::Closed;
        let since = *self.settling_since.get_or_insert(now);
        let grace = if stays_open { DISAGREES } else { SETTLES };
        if now.since(since) < grace {
            return;
        }
        if !stays_open {
            self.failed(RelayFailure::Contradicted);
        } else if std::mem::replace(&mut self.is_reminded, true) {
            self.failed(RelayFailure::Refused);
        }
        self.order(now);
    }

    /// The next thing to do; call again until there is none.
    pub fn poll(&mut self, now: Instant) -> Option<RelayDo> {
        if let Some(report) = self.report.take() {
            return Some(RelayDo::Report(report));
        }
        let closed = self.wanted?;
        let pending = self.pending.as_mut().filter(|pending| now >= pending.due)?;
        if pending.tries == TRIES {
            // Said before the next try, so that it is said once.
            pending.tries = TRIES + 1;
            self.failed(RelayFailure::Unanswered);
            return self.poll(now);
        }
        pending.tries = pending.tries.saturating_add(1).min(TRIES + 2);
        pending.due = now
            + if pending.tries <= TRIES {
                REPEAT
            } else {
                AGAIN
            };
        let id = pending.id;
        Some(RelayDo::Send { id, closed })
    }

    /// Gives the order under a new id, at `due`.
    fn order(&mut self, due: Instant) {
        if self.wanted.is_none() || !self.line_is_open {
            return;
        }
        self.last_id = self.last_id.wrapping_add(1);
        self.settling_since = None;
        self.pending = Some(Pending {
            id: self.last_id,
            tries: 0,
            due,
        });
    }

    fn obeyed(&mut self) {
        self.is_reminded = false;
        if let Some(closed) = self.wanted {
            self.tell(RelayReport::Obeyed { closed });
        }
    }

    fn failed(&mut self, failure: RelayFailure) {
        self.tell(RelayReport::Failed(failure));
    }

    fn tell(&mut self, report: RelayReport) {
        if self.told != Some(report) {
            self.told = Some(report);
            self.report = Some(report);
        }
    }
}

#[cfg(test)]
mod tests {
    use v2x_proto::link::message::Plug;

    use super::*;

    const OPEN: SlotState = SlotState {
        plug: Plug::Unknown,
        relay_asked: Contact::Open,
        relay_seen: Contact::Open,
    };
    const CLOSED: SlotState = SlotState {
        plug: Plug::Unknown,
        relay_asked: Contact::Closed,
        relay_seen: Contact::Closed,
    };
    const WELDED: SlotState = SlotState {
        relay_asked: Contact::Open,
        ..CLOSED
    };

    fn at(millis: u64) -> Instant {
        Instant::from_micros(millis * 1000)
    }

    fn failed(failure: RelayFailure) -> RelayDo {
        RelayDo::Report(RelayReport::Failed(failure))
    }

    const fn obeyed(closed: bool) -> RelayDo {
        RelayDo::Report(RelayReport::Obeyed { closed })
    }

    /// A control on an open line whose first order has been sent.
    fn ordered(closed: bool) -> RelayControl {
        let mut control = RelayControl::default();
        control.line_opened(at(0));
        assert_eq!(control.poll(at(0)), None, "nothing is wanted yet");
        control.want(at(0), closed);
        assert_eq!(control.poll(at(0)), Some(RelayDo::Send { id: 1, closed }));
        assert_eq!(control.poll(at(0)), None);
        control
    }

    /// Everything that is done until a time, looked at every 100 ms.
    fn until(control: &mut RelayControl, from: u64, to: u64) -> Vec<RelayDo> {
        let times = (from..=to).step_by(100);
        let mut done = Vec::new();
        for time in times {
            while let Some(next) = control.poll(at(time)) {
                done.push(next);
            }
        }
        done
    }

    #[test]
    fn acknowledged_order_is_obeyed_and_never_repeated() {
        let mut control = ordered(false);
        control.acknowledged(at(20), 1, CommandResult::Done);
        assert_eq!(until(&mut control, 20, 60_000), [obeyed(false)]);
    }

    #[test]
    fn order_without_an_answer_is_repeated_under_its_id_reported_once_and_never_given_up() {
        let mut control = ordered(false);
        let again = RelayDo::Send {
            id: 1,
            closed: false,
        };
        let silent = failed(RelayFailure::Unanswered);
        let first = until(&mut control, 100, 2_500);
        assert_eq!(first, [again, again, again, again, silent, again]);
        assert_eq!(until(&mut control, 2_600, 10_600), [again; 4]);
        control.acknowledged(at(10_700), 1, CommandResult::Done);
        assert_eq!(until(&mut control, 10_700, 60_000), [obeyed(false)]);
    }

    #[test]
    fn refused_order_is_reported_and_given_again_under_another_id() {
        let mut control = ordered(true);
        control.acknowledged(at(20), 1, CommandResult::Refused);
        let again = RelayDo::Send {
            id: 2,
            closed: true,
        };
        let refused = failed(RelayFailure::Refused);
        assert_eq!(until(&mut control, 20, 2_020), [refused, again]);
        control.acknowledged(at(2_030), 2, CommandResult::Failed);
        assert_eq!(until(&mut control, 2_030, 4_000), [], "said once");
    }

    #[test]
    fn answer_to_an_order_that_another_overtook_counts_for_nothing() {
        let mut control = ordered(true);
        control.want(at(10), false);
        control.acknowledged(at(20), 1, CommandResult::Done);
        let newer = RelayDo::Send {
            id: 2,
            closed: false,
        };
        assert_eq!(control.poll(at(20)), Some(newer));
        assert_eq!(control.poll(at(20)), None);
    }

    #[test]
    fn welded_contact_is_reported_after_its_time_and_ordered_again_until_it_opens() {
        let mut control = ordered(false);
        control.slot_state(at(5), &CLOSED);
        control.acknowledged(at(20), 1, CommandResult::Done);
        control.slot_state(at(500), &WELDED);
        assert_eq!(until(&mut control, 500, 1_500), []);
        control.slot_state(at(1_600), &WELDED);
        let again = RelayDo::Send {
            id: 2,
            closed: false,
        };
        let welded = failed(RelayFailure::Contradicted);
        assert_eq!(until(&mut control, 1_600, 1_700), [welded, again]);
        control.acknowledged(at(1_710), 2, CommandResult::Done);
        control.slot_state(at(2_000), &OPEN);
        assert_eq!(until(&mut control, 2_000, 60_000), [obeyed(false)]);
    }

    #[test]
    fn contact_that_moves_by_itself_is_reported_and_ordered_back() {
        let mut control = ordered(true);
        control.acknowledged(at(20), 1, CommandResult::Done);
        control.slot_state(at(1_000), &CLOSED);
        assert_eq!(until(&mut control, 1_000, 9_000), [obeyed(true)]);
        let dropped = SlotState {
            relay_asked: Contact::Closed,
            ..OPEN
        };
        control.slot_state(at(10_000), &dropped);
        control.slot_state(at(12_000), &dropped);
        let again = RelayDo::Send {
            id: 2,
            closed: true,
        };
        let elsewhere = failed(RelayFailure::Contradicted);
        assert_eq!(until(&mut control, 12_000, 12_100), [elsewhere, again]);
    }

    #[test]
    fn board_that_keeps_its_relay_open_is_reminded_before_that_is_a_failure() {
        let mut control = ordered(true);
        control.acknowledged(at(20), 1, CommandResult::Done);
        let mut seen = Vec::new();
        for second in 1..=30 {
            control.slot_state(at(second * 1000), &OPEN);
            let id = seen
                .iter()
                .filter(|done| matches!(done, RelayDo::Send { .. }));
            let id = u16::try_from(id.count()).unwrap() + 1;
            seen.extend(until(&mut control, second * 1000, second * 1000));
            control.acknowledged(at(second * 1000 + 20), id + 1, CommandResult::Done);
        }
        let again = |id| RelayDo::Send { id, closed: true };
        let stays = failed(RelayFailure::Refused);
        assert_eq!(seen, [again(2), stays, again(3)]);
    }

    #[test]
    fn board_that_starts_anew_is_told_its_order_again() {
        let mut control = ordered(true);
        control.acknowledged(at(20), 1, CommandResult::Done);
        assert_eq!(until(&mut control, 20, 1_000), [obeyed(true)]);
        control.board_restarted(at(5_000));
        let again = RelayDo::Send {
            id: 2,
            closed: true,
        };
        assert_eq!(control.poll(at(5_000)), Some(again));
    }

    #[test]
    fn order_waits_for_a_line_that_is_gone_without_calling_the_board_silent() {
        let mut control = ordered(true);
        control.line_lost();
        control.want(at(100), false);
        assert_eq!(until(&mut control, 100, 60_000), []);
        control.line_opened(at(60_100));
        let waited = RelayDo::Send {
            id: 2,
            closed: false,
        };
        assert_eq!(control.poll(at(60_100)), Some(waited));
    }

    #[test]
    fn board_without_a_relay_is_reported_as_such() {
        let mut control = ordered(true);
        let none = SlotState {
            relay_asked: Contact::Unknown,
            relay_seen: Contact::Unknown,
            ..OPEN
        };
        control.slot_state(at(5), &none);
        assert_eq!(control.poll(at(5)), Some(failed(RelayFailure::Missing)));
        let mut control = ordered(true);
        control.acknowledged(at(5), 1, CommandResult::UnknownOrder);
        assert_eq!(control.poll(at(5)), Some(failed(RelayFailure::Missing)));
    }
}
