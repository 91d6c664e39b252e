//! What a transport datagram holds once it is open: one request or one response.
//!
//! | field | bytes | meaning |
//! |---|---|---|
//! | number | 2 | which request this is or answers; each request of a channel takes the next |
//! | type | 1 | what the body is; the top bit says response |
//! | body | 0 to 216 | see `docs/protocol/v2g.md` |
//! | end | 1 or 2 | `80`, and `00` where that makes the length even |
//!
//! Not what the body means: types 1 and 2 are the credentials' (`initiator.rs`, `responder.rs`),
//! those from 10 hex on belong to [`crate::v2g::message`].

use heapless::Vec;
use thiserror::Error;

use crate::limits::{BODY_MAX, PLAINTEXT_MAX};

/// Type of a record that carries a credential.
pub(super) const CREDENTIAL: u8 = 0x01;
/// Type of a record that says what became of a credential.
pub(super) const VERDICT: u8 = 0x82;

/// The mark behind the body.
const END: u8 = 0x80;

/// Bytes of a record, ready to be sealed.
pub(super) type Plaintext = Vec<u8, PLAINTEXT_MAX>;

/// The body of a message.
pub type Body = Vec<u8, BODY_MAX>;

/// Bytes that are authentic and nevertheless no record: the other end is wrong, not forged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a record must have number, type and the end mark 80; {0} bytes were opened")]
pub(super) struct RecordError(usize);

/// One request or response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) number: u16,
    pub(super) kind: u8,
    pub(super) body: Body,
}

impl Record {
    pub(super) fn parse(plaintext: &[u8]) -> Result<Self, RecordError> {
        let error = RecordError(plaintext.len());
        let unpadded = match plaintext {
            [record @ .., END, 0] | [record @ .., END] => record,
            _ => return Err(error),
        };
        let (number, rest) = unpadded.split_first_chunk().ok_or(error)?;
        let (kind, body) = rest.split_first().ok_or(error)?;
        Ok(Self {
            number: u16::from_le_bytes(*number),
            kind: *kind,
            body: Body::from_slice(body).map_err(|_| error)?,
        })
    }

    pub(super) fn emit(&self) -> Plaintext {
        let mut plaintext = Plaintext::new();
        let end: &[u8] = if self.body.len().is_multiple_of(2) {
            &[END]
        } else {
            &[END, 0]
        };
        for part in [
            &self.number.to_le_bytes()[..],
            &[self.kind],
            &self.body,
            end,
        ] {
            plaintext
                .extend_from_slice(part)
                .expect("the longest body leaves room for number, type and end");
        }
        plaintext
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn record_of_any_length_is_even_and_comes_back() {
        for length in 0..=BODY_MAX {
            let mut body = Body::new();
            body.resize(length, END).unwrap();
            let record = Record {
                number: 513,
                kind: 7,
                body,
            };
            let plaintext = record.emit();
            assert!(plaintext.len().is_multiple_of(2), "{length}");
            assert_eq!(Record::parse(&plaintext), Ok(record));
        }
    }

    #[test]
    fn plaintext_without_end_mark_or_header_is_no_record() {
        for bytes in [
            &[][..],
            &[0x80],
            &[0, 0, 7, 0],
            &[1, 0, 0x80, 0],
            &[0, 0, 7, 0x80, 0, 0],
        ] {
            assert_eq!(Record::parse(bytes), Err(RecordError(bytes.len())));
        }
    }
}
