//! One frame before byte stuffing: header, message body, checksum.
//!
//! Not what the body means ([`super::message`]) and not what a gap in the sequence means
//! ([`super::decoder`]). The format to the byte is in `docs/protocol/link.md`. The checksum is the
//! CRC-32 of IEEE 802.3: up to 11,450 bytes it finds every error of three bits and every burst
//! of 32, and of all others it misses one in 4.3 thousand million.

use thiserror::Error;
use v2x_units::{BootId, Instant};

use super::cobs;
use super::limits::{BODY_MAX, FRAME_MAX, SEGMENT_MAX};

/// The version of the frame format, and the only one so far.
pub const VERSION: u8 = 1;

/// Bytes of the header: version, type, body length, sequence, boot id, time.
pub(super) const HEADER_LENGTH: usize = 20;
/// Bytes of the checksum.
pub(super) const CHECKSUM_LENGTH: usize = 4;
/// The byte that stands before and after each frame and nowhere inside it.
pub(super) const DELIMITER: u8 = 0;

/// What stands before every message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    /// Which message follows.
    pub(super) frame_type: u8,
    /// Counts the frames of one sender since its boot, from 0, wrapping after 2^32.
    pub(super) sequence: u32,
    /// The boot during which the frame was sent.
    pub(super) boot: BootId,
    /// When the content was captured, on the sender's clock.
    pub(super) at: Instant,
}

/// Why the bytes between two delimiters are no frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Damage {
    /// Longer than any frame.
    #[error("longer than any frame ({FRAME_MAX} bytes)")]
    TooLong,
    /// A code of the byte stuffing points past the end.
    #[error("byte stuffing points past the end")]
    Stuffing,
    /// Shorter than a header and a checksum.
    #[error("{0} bytes are shorter than header and checksum (24)")]
    TooShort(usize),
    /// The checksum is not that of the bytes before it.
    #[error("checksum does not match")]
    Checksum,
    /// The header states another length than there is.
    #[error("header states a body of {stated} bytes, there are {seen}")]
    Length {
        /// The header's word.
        stated: u16,
        /// What arrived.
        seen: usize,
    },
    /// Readable text, as a boot loader or a log console prints it.
    #[error("console text stands where a frame belongs")]
    ConsoleText,
}

/// What a segment without damage holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Opened {
    /// A frame of our version; so many bytes of body follow its header.
    Frame(Header, usize),
    /// A frame of a version that is not ours.
    OtherVersion(u8),
}

/// Takes the bytes between two delimiters and unstuffs them into `frame`.
pub(super) fn open(segment: &[u8], frame: &mut [u8; SEGMENT_MAX]) -> Result<Opened, Damage> {
    unstuff(segment, frame).map_err(|damage| {
        if is_console_text(segment) {
            Damage::ConsoleText
        } else {
            damage
        }
    })
}

fn unstuff(segment: &[u8], frame: &mut [u8; SEGMENT_MAX]) -> Result<Opened, Damage> {
    let length = cobs::decode(segment, frame).ok_or(Damage::Stuffing)?;
    let bytes = frame.get(..length).unwrap_or_default();
    let too_short = Damage::TooShort(length);
    let (content, checksum) = bytes
        .split_last_chunk::<CHECKSUM_LENGTH>()
        .ok_or(too_short)?;
    let (header, body) = content
        .split_first_chunk::<HEADER_LENGTH>()
        .ok_or(too_short)?;
    if crc32fast::hash(content) != u32::from_le_bytes(*checksum) {
        return Err(Damage::Checksum);
    }
    let [
        version,
        frame_type,
        l0,
        l1,
        s0,
        s1,
        s2,
        s3,
        b0,
        b1,
        b2,
        b3,
        time @ ..,
    ] = *header;
    if version != VERSION {
        return Ok(Opened::OtherVersion(version));
    }
    if body.len() > BODY_MAX {
        return Err(Damage::TooLong);
    }
    let stated = u16::from_le_bytes([l0, l1]);
    if usize::from(stated) != body.len() {
        let seen = body.len();
        return Err(Damage::Length { stated, seen });
    }
    let header = Header {
        frame_type,
        sequence: u32::from_le_bytes([s0, s1, s2, s3]),
        boot: BootId::new(u32::from_le_bytes([b0, b1, b2, b3])),
        at: Instant::from_micros(u64::from_le_bytes(time)),
    };
    Ok(Opened::Frame(header, body.len()))
}

/// Writes one frame with both delimiters into `wire` and returns how many bytes that took; the
/// body stands in `frame` behind the room for the header.
///
/// `None` when the body is longer than [`BODY_MAX`] or `wire` is too short for it.
pub(super) fn seal(
    header: &Header,
    body_length: usize,
    frame: &mut [u8; FRAME_MAX],
    wire: &mut [u8],
) -> Option<usize> {
    if body_length > BODY_MAX {
        return None;
    }
    let [l0, l1] = u16::try_from(body_length).ok()?.to_le_bytes();
    let [s0, s1, s2, s3] = header.sequence.to_le_bytes();
    let [b0, b1, b2, b3] = header.boot.get().to_le_bytes();
    let front = [
        VERSION,
        header.frame_type,
        l0,
        l1,
        s0,
        s1,
        s2,
        s3,
        b0,
        b1,
        b2,
        b3,
    ];
    let time = header.at.as_micros().to_le_bytes();
    let content_end = HEADER_LENGTH + body_length;
    frame.get_mut(..front.len())?.copy_from_slice(&front);
    frame
        .get_mut(front.len()..HEADER_LENGTH)?
        .copy_from_slice(&time);
    let checksum = crc32fast::hash(frame.get(..content_end)?).to_le_bytes();
    let end = content_end + CHECKSUM_LENGTH;
    frame.get_mut(content_end..end)?.copy_from_slice(&checksum);

    let (before, stuffed) = wire.split_first_mut()?;
    *before = DELIMITER;
    let length = cobs::encode(frame.get(..end)?, stuffed)?;
    *stuffed.get_mut(length)? = DELIMITER;
    Some(length + 2)
}

/// Whether bytes are readable text: nearly all printable, and more than a chance handful.
fn is_console_text(bytes: &[u8]) -> bool {
    const FEWEST: usize = 8;
    let printable = bytes.iter().filter(|&&byte| is_text(byte)).count();
    bytes.len() >= FEWEST && printable * 20 >= bytes.len() * 19
}

/// Whether a byte occurs in plain text: printable ASCII, tab, line ends, and escape for colours.
pub(super) fn is_text(byte: u8) -> bool {
    matches!(byte, b' '..=b'~' | b'\t' | b'\r' | b'\n' | 0x1B)
}
