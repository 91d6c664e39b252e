//! `v2x board keys`: the keys of a slot into its controller. They are never printed, and no board
//! reads them out.

use v2x_boards::limits::REVOCATION_PIECE;
use v2x_boards::slot_controller::keys::{AUTHORITY, CREDENTIAL, FIRST_PIECE, FORGET, PRIVATE};
use v2x_proto::link::message::{BoardKind, Order};

use super::line::{self, BoardLine};
use crate::cli;
use crate::clock::Clock;
use crate::failure::{Blame, Failure};
use crate::keys::BoardKeys;

/// Runs the subcommand.
pub(super) fn run(arguments: &cli::BoardKeys) -> Result<(), Failure> {
    let keys = arguments
        .folder
        .as_deref()
        .map(BoardKeys::load)
        .transpose()?;
    let mut line = line::board(&arguments.at, Clock::start())?;
    let (hello, _) = line.introduce()?;
    if hello.kind != BoardKind::SlotController {
        let what = format_args!("a {} speaks no V2G", super::heard::kind(hello.kind));
        return Err(Failure::new(Blame::Usage, what)
            .hint("name the port of the slot controller; v2x board list shows which it is"));
    }
    let said = match &keys {
        Some(keys) => {
            give(&mut line, keys)?;
            format!("the slot controller has the keys of {}\n", keys.name)
        }
        None => {
            part(&mut line, FORGET, &[], "to forget its keys")?;
            "the slot controller has no keys any more\n".to_owned()
        }
    };
    super::print(&said)?;
    if arguments.no_restart {
        return super::print("that holds from its next start on\n");
    }
    line.restart()?;
    super::print("it has restarted: that holds\n")
}

/// The private keys come last: a board that has them has the rest.
fn give(line: &mut BoardLine, keys: &BoardKeys) -> Result<(), Failure> {
    part(line, AUTHORITY, &keys.authority, "the operator's key")?;
    part(line, CREDENTIAL, &keys.credential, "the credential")?;
    if let Some(list) = &keys.revocations {
        let pieces: Vec<_> = list.chunks(REVOCATION_PIECE).collect();
        let count = u8::try_from(pieces.len()).unwrap_or(u8::MAX);
        for (number, piece) in (FIRST_PIECE..).zip(pieces) {
            let bytes = [&[count], piece].concat();
            part(line, number, &bytes, "the revocation list")?;
        }
    }
    part(line, PRIVATE, &keys.private[..], "the keys")
}

fn part(line: &mut BoardLine, part: u8, bytes: &[u8], what: &str) -> Result<(), Failure> {
    line.ask(Order::Keys { part, bytes })?.done(what).map(drop)
}
