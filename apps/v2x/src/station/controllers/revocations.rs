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

/// The list of one line's board.
pub(super) struct List {
    pub(super) port: PortId,
    file: RevocationFile,
    /// The list as it travels; empty while there is none.
    bytes: Vec<u8>,
    state: State,
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
        }
    }

    /// The board has started anew, or is another one.
    pub(super) fn give_anew(&mut self) {
        if !self.bytes.is_empty() {
            self.state = State::Due;
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
            }
            // A piece was lost, or the flash failed: it is given again when its time is over.
            CommandResult::Failed => {
                warn!(line, detail, "the slot controller has no whole list yet");
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

    /// Looks whether the file holds another list, and whether an answer is overdue.
    fn look(&mut self, now: Instant) {
        match self.file.changed() {
            Ok(None) => {}
            Ok(Some(list)) => {
                self.bytes = list.emit().to_vec();
                self.state = State::Due;
            }
            Err(failure) => {
                warn!(line = self.port.0 + 1, ?failure, "revocation list not read");
            }
        }
        if matches!(self.state, State::Given(_, until) if now >= until) {
            self.state = State::Due;
        }
    }
}

/// Gives the lists that are due to their boards.
pub(in crate::station) fn send_revocations(keeper: &mut Keeper) {
    let now = keeper.clock.now().instant;
    let controllers = &mut keeper.controllers;
    let mut lists = std::mem::take(&mut controllers.lists);
    for list in &mut lists {
        list.look(now);
        if list.state != State::Due {
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
        list.state = State::Given(last, now + ANSWER_WITHIN);
    }
    controllers.lists = lists;
}
