//! The operator's revocation list to a slot controller, in pieces, whenever it is another one or
//! the board has started anew; again until the board has it.
//!
//! Not here: whether the list is genuine, which the board asks itself (`v2x_proto::secure`).

use std::path::PathBuf;
use std::time::Duration;

use tracing::{info, warn};
use v2x_boards::limits::REVOCATION_PIECE;
use v2x_boards::slot_controller::keys::FIRST_PIECE;
use v2x_proto::link::message::CommandResult;
use v2x_roles::station::PortId;
use v2x_units::Instant;

use super::super::keeper::Keeper;
use super::super::line::Say;
use crate::keys::RevocationFile;

/// How long a board has for its answers: it writes a dozen values, 50 ms each.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// The longest wait before a board that has no whole list gets it again: what it lacks, as its
/// keys, a person has to give it, and then it starts anew.
const AGAIN_MAX: Duration = Duration::from_secs(600);

/// The list of one line's board.
pub(super) struct List {
    pub(super) port: PortId,
    file: RevocationFile,
    /// The list as it travels; empty while there is none.
    bytes: Vec<u8>,
    state: State,
    /// How long the board has this time; twice as long the next time.
    patience: Duration,
    /// Why the board had no whole list the last time: the same is not said again.
    told: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// The board is to get it.
    Due,
    /// The answer to this order says that the board has it; until then it is waited for.
    Given(u16, Instant),
    /// The board has it, or will never take it.
    Done,
}

impl List {
    pub(super) fn new((port, path): (PortId, PathBuf)) -> Self {
        Self {
            port,
            file: RevocationFile::at(path),
            bytes: Vec::new(),
            state: State::Done,
            patience: ANSWER_WITHIN,
            told: None,
        }
    }

    fn begin(&mut self) {
        self.state = State::Due;
        self.patience = ANSWER_WITHIN;
    }

    /// The board has started anew, or is another one.
    pub(super) fn give_anew(&mut self) {
        if !self.bytes.is_empty() {
            self.begin();
        }
    }

    /// Takes the board's answer to an order.
    pub(super) fn answered(&mut self, ticket: u16, result: CommandResult, detail: &str) {
        let State::Given(last, _) = self.state else {
            return;
        };
        if last != ticket {
            return;
        }
        let line = self.port.0 + 1;
        match result {
            CommandResult::Done => {
                info!(line, "the slot controller has the revocation list");
                self.state = State::Done;
                self.told = None;
            }
            // A piece was lost, the flash failed, or nobody has given the board its keys: it is
            // given again when its time is over.
            CommandResult::Failed => {
                if self.told.as_deref() != Some(detail) {
                    warn!(line, detail, "the slot controller has no whole list yet");
                    self.told = Some(detail.to_owned());
                }
            }
            // Of a refusal the same list would bring another one.
            _ => {
                warn!(
                    line,
                    detail, "the slot controller refuses the revocation list"
                );
                self.state = State::Done;
            }
        }
    }

    /// Looks whether the file holds another list.
    fn look(&mut self) {
        match self.file.changed() {
            Ok(None) => {}
            Ok(Some(list)) => {
                self.bytes = list.emit().to_vec();
                self.begin();
            }
            Err(failure) => {
                warn!(line = self.port.0 + 1, ?failure, "revocation list not read");
            }
        }
    }

    /// Whether the board is to get the list now, for the first time or again.
    fn is_due(&mut self, now: Instant) -> bool {
        if matches!(self.state, State::Given(_, until) if now >= until) {
            self.state = State::Due;
        }
        self.state == State::Due
    }

    /// The list is on its way; `last` is the order whose answer says that it is whole.
    fn given(&mut self, now: Instant, last: u16) {
        self.state = State::Given(last, now + self.patience);
        self.patience = AGAIN_MAX.min(self.patience * 2);
    }
}

/// Gives the lists that are due to their boards.
pub(in crate::station) fn send_revocations(keeper: &mut Keeper) {
    let now = keeper.clock.now().instant;
    let controllers = &mut keeper.controllers;
    let mut lists = std::mem::take(&mut controllers.lists);
    for list in &mut lists {
        list.look();
        if !list.is_due(now) {
            continue;
        }
        let pieces: Vec<_> = list.bytes.chunks(REVOCATION_PIECE).collect();
        let count = u8::try_from(pieces.len()).unwrap_or(u8::MAX);
        let mut last = 0;
        for (part, piece) in (FIRST_PIECE..).zip(pieces) {
            last = controllers.ticket();
            let bytes = [&[count], piece].concat();
            controllers.say(list.port, Say::Revocations(last, part, bytes));
        }
        list.given(now, last);
    }
    controllers.lists = lists;
}

#[cfg(test)]
mod tests {
    use super::*;

    /// When a board that always gives this answer gets the list, within an hour.
    fn times_given(list: &mut List, from: Instant, result: CommandResult) -> Vec<u64> {
        let mut times = Vec::new();
        for second in 0..3_600 {
            let now = from + Duration::from_secs(second);
            if list.is_due(now) {
                times.push(second);
                list.given(now, 7);
                list.answered(7, result, "no keys");
            }
        }
        times
    }

    #[test]
    fn board_without_keys_gets_its_list_ever_more_seldom_and_at_once_when_it_starts_anew() {
        let mut list = List::new((PortId(0), PathBuf::from("/nowhere/revocations")));
        list.bytes = vec![1];
        list.begin();
        let times = times_given(&mut list, Instant::BOOT, CommandResult::Failed);
        assert_eq!(times[..8], [0, 10, 30, 70, 150, 310, 630, 1_230]);
        let later = Instant::BOOT + Duration::from_secs(3_600);
        list.give_anew();
        let times = times_given(&mut list, later, CommandResult::Done);
        assert_eq!(times, [0], "at once, and then it has it");
    }
}
