//! The keys with which a slot speaks V2G: taken part by part over the link, kept in flash, never
//! read out.
//!
//! Not here: what they are good for (`v2x_proto::secure`). The flash that keeps them is readable,
//! also on a chip with flash encryption: who opens the box has them (`docs/hardware/README.md`).
//! Parts: 1 private keys, 64 bytes; 2 credential; 3 the operator's public key, 33 bytes; 4 forget
//! all of them; 16 and up: a piece of the revocation list, its number of pieces and its bytes.
//!
//! Pieces go into the room that the present list is not in; it takes that one's place when it is
//! whole and not older. A power cut in between leaves the present one.

use alloc::boxed::Box;

use p256::ecdsa::VerifyingKey;
use v2x_proto::link::message::CommandResult;
use v2x_proto::secure::{
    ClockUnknown, Credential, Identity, PrivateKeys, RevocationList, Role, Trust,
};
use zeroize::Zeroizing;

use crate::chassis::{Answer, Text};
use crate::limits::{REVOCATION_PIECE, REVOCATION_PIECES};
use crate::memory::{
    KEYS, Memory, MemoryError, REVOCATIONS, REVOCATIONS_ROOM, REVOCATIONS_SECOND, VALUE_MAX,
};

/// The private keys.
pub const PRIVATE: u8 = 1;
/// The credential.
pub const CREDENTIAL: u8 = 2;
/// The operator's public key.
pub const AUTHORITY: u8 = 3;
/// Takes every part away.
pub const FORGET: u8 = 4;
/// The first piece of the revocation list.
pub const FIRST_PIECE: u8 = 16;

/// Without the operator's key no list can be told from a forged one.
pub const NO_AUTHORITY: &str = "no authority's key yet: give the board its keys";

const PARTS: [u8; 3] = [PRIVATE, CREDENTIAL, AUTHORITY];
const LIST_MAX: usize = REVOCATION_PIECES as usize * REVOCATION_PIECE;

/// What a part came to.
pub(super) enum Taken {
    /// It is kept, or not: that is the answer.
    Answered(Answer),
    /// A revocation list is whole.
    List(Box<RevocationList>),
}

/// Takes a part.
pub(super) fn take(part: u8, bytes: &[u8], memory: &mut dyn Memory) -> Taken {
    let bad = |why: &str| Taken::Answered(Answer::of(CommandResult::BadParameter, why));
    match part {
        PRIVATE => {
            let keys = bytes.try_into().ok().map(PrivateKeys::from_bytes);
            if !matches!(keys, Some(Ok(_))) {
                return bad("no private keys of 64 bytes");
            }
        }
        CREDENTIAL => {
            let credential = Credential::parse(bytes);
            if !credential.is_ok_and(|it| it.subject.role == Role::Station) {
                return bad("no credential of a station");
            }
        }
        AUTHORITY if bytes.len() == 33 && VerifyingKey::from_sec1_bytes(bytes).is_ok() => {}
        AUTHORITY => return bad("no public key of 33 bytes"),
        FORGET => {
            let mut parts = PARTS.iter();
            let kept = parts.try_for_each(|part| memory.store(KEYS + part, &[]));
            return Taken::Answered(stored(kept));
        }
        piece if (FIRST_PIECE..FIRST_PIECE + REVOCATION_PIECES).contains(&piece) => {
            return take_piece(piece - FIRST_PIECE, bytes, memory);
        }
        _ => return bad("no such part of the keys"),
    }
    Taken::Answered(stored(memory.store(KEYS + part, bytes)))
}

fn take_piece(piece: u8, bytes: &[u8], memory: &mut dyn Memory) -> Taken {
    let bad = |why: &str| Taken::Answered(Answer::of(CommandResult::BadParameter, why));
    let right = match bytes.split_first() {
        Some((pieces, data)) => {
            piece < *pieces && *pieces <= REVOCATION_PIECES && data.len() <= REVOCATION_PIECE
        }
        None => false,
    };
    if !right {
        return bad("no piece of a revocation list");
    }
    if part_is_missing(AUTHORITY, memory) {
        return Taken::Answered(Answer::of(CommandResult::Failed, NO_AUTHORITY));
    }
    let present = room(memory);
    let other = if present == REVOCATIONS {
        REVOCATIONS_SECOND
    } else {
        REVOCATIONS
    };
    if let Err(error) = store_changed(other + piece, bytes, memory) {
        return Taken::Answered(stored(Err(error)));
    }
    if bytes.first() != Some(&(piece + 1)) {
        return Taken::Answered(Answer::done());
    }
    // Where a piece was lost on the way, one of an older list is in its place: it is sent again.
    let Some(list) = list_in(other, memory).filter(|list| is_genuine(list, memory)) else {
        let why = "the pieces make no list that the operator signed";
        return Taken::Answered(Answer::of(CommandResult::Failed, why));
    };
    match list_in(present, memory).filter(|known| is_genuine(known, memory)) {
        Some(known) if known == list => return Taken::Answered(Answer::done()),
        Some(known) if known.authority == list.authority && known.number >= list.number => {
            return bad("the board has a newer revocation list");
        }
        _ => {}
    }
    match memory.store(REVOCATIONS_ROOM, &[other]) {
        Ok(()) => Taken::List(Box::new(list)),
        Err(error) => Taken::Answered(stored(Err(error))),
    }
}

/// Whether the authority of this slot's keys signed a list.
fn is_genuine(list: &RevocationList, memory: &mut dyn Memory) -> bool {
    let mut room = Zeroizing::new([0; VALUE_MAX]);
    let authority = part(AUTHORITY, &mut room, memory);
    let key = authority.and_then(|bytes| VerifyingKey::from_sec1_bytes(bytes).ok());
    let trust = key.and_then(|key| Trust::new(&[key], ClockUnknown::Refuse, false).ok());
    trust.is_some_and(|mut trust| trust.take_revocations(list.clone()).is_ok())
}

/// Spares the flash what it holds already: a computer that starts anew gives its list anew.
fn store_changed(place: u8, bytes: &[u8], memory: &mut dyn Memory) -> Result<(), MemoryError> {
    let mut room = [0; VALUE_MAX];
    if memory.fetch(place, &mut room)? == Some(bytes) {
        return Ok(());
    }
    memory.store(place, bytes)
}

fn stored(kept: Result<(), MemoryError>) -> Answer {
    match kept {
        Ok(()) => Answer::of(CommandResult::Done, "from the next start on"),
        Err(error) => Answer {
            result: CommandResult::Failed,
            detail: Text::cut(format_args!("{error}")),
        },
    }
}

/// The room that the present revocation list is in.
fn room(memory: &mut dyn Memory) -> u8 {
    let mut buffer = [0; VALUE_MAX];
    match memory.fetch(REVOCATIONS_ROOM, &mut buffer) {
        Ok(Some([REVOCATIONS_SECOND])) => REVOCATIONS_SECOND,
        _ => REVOCATIONS,
    }
}

/// The revocation list that was kept; `None` where there is none.
pub(super) fn revocations(memory: &mut dyn Memory) -> Option<RevocationList> {
    let present = room(memory);
    list_in(present, memory)
}

/// The list in a room; `None` where its pieces are of several, or none.
fn list_in(first: u8, memory: &mut dyn Memory) -> Option<RevocationList> {
    let mut whole = heapless::Vec::<u8, LIST_MAX>::new();
    let mut pieces = 1;
    let mut next = 0;
    while next < pieces {
        let mut room = [0; VALUE_MAX];
        let bytes = memory.fetch(first + next, &mut room).ok().flatten()?;
        let (of, data) = bytes.split_first()?;
        pieces = (*of).min(REVOCATION_PIECES);
        whole.extend_from_slice(data).ok()?;
        next += 1;
    }
    RevocationList::parse(&whole).ok()
}

/// Why a slot has no keys to speak with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Missing {
    /// Nobody has given it any.
    All,
    /// Parts are missing or do not belong together.
    Whole,
}

/// The keys in flash.
pub(super) fn load(
    memory: &mut dyn Memory,
    clock: ClockUnknown,
    fresh_revocations: bool,
) -> Result<(Identity, Trust), Missing> {
    let mut room = Zeroizing::new([0; VALUE_MAX]);
    let Some(private) = part(PRIVATE, &mut room, memory) else {
        return Err(Missing::All);
    };
    let private = private.try_into().map_err(|_| Missing::Whole)?;
    let private = PrivateKeys::from_bytes(private).map_err(|_| Missing::Whole)?;
    let credential = part(CREDENTIAL, &mut room, memory).ok_or(Missing::Whole)?;
    let credential = Credential::parse(credential).map_err(|_| Missing::Whole)?;
    let authority = part(AUTHORITY, &mut room, memory).ok_or(Missing::Whole)?;
    let authority = VerifyingKey::from_sec1_bytes(authority).map_err(|_| Missing::Whole)?;
    let identity = Identity::new(private, credential).map_err(|_| Missing::Whole)?;
    let trust = Trust::new(&[authority], clock, fresh_revocations);
    let mut trust = trust.map_err(|_| Missing::Whole)?;
    if let Some(list) = revocations(memory) {
        // One that is not genuine is none: the computer sends the right one.
        trust.take_revocations(list).unwrap_or_default();
    }
    Ok((identity, trust))
}

fn part_is_missing(number: u8, memory: &mut dyn Memory) -> bool {
    part(number, &mut [0; VALUE_MAX], memory).is_none()
}

/// A part of the keys; `None` where it is not there.
fn part<'a>(part: u8, room: &'a mut [u8; VALUE_MAX], memory: &mut dyn Memory) -> Option<&'a [u8]> {
    let bytes = memory.fetch(KEYS + part, room).ok().flatten();
    bytes.filter(|bytes| !bytes.is_empty())
}
