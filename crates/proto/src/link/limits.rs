//! Every limit of the framed link in one place, each with its reason.

use core::time::Duration;

use super::{cobs, frame};

/// The most bytes of one radio payload: the longest body of ESP-NOW v2.
pub const RADIO_PAYLOAD_MAX: usize = 1_470;

/// The most bytes of one message: the longest radio payload with its addresses, and some room.
pub const BODY_MAX: usize = 1_500;

/// The most bytes of a frame before byte stuffing: header, message and checksum.
pub const FRAME_MAX: usize = frame::HEADER_LENGTH + BODY_MAX + frame::CHECKSUM_LENGTH;

/// The most bytes between two delimiters; whatever is longer is no frame.
pub const SEGMENT_MAX: usize = cobs::encoded_len_max(FRAME_MAX);

/// The most bytes of one frame on the wire: a delimiter before it and one after it.
pub const WIRE_MAX: usize = SEGMENT_MAX + 2;

/// The most bytes of one batch of CAN frames.
///
/// 5 ms of a full bus at 1 Mbit/s, twice what a Twizy has, are 46 frames of 12 bytes; a batch
/// is therefore closed by its deadline and not by its size.
pub const BATCH_BODY_MAX: usize = 640;

/// The longest a CAN frame waits in an open batch.
pub const BATCH_DEADLINE: Duration = Duration::from_millis(5);

/// How far back a sequence number may lie and still be a repeated frame.
///
/// A line repeats what it carried a moment ago. A number farther back means that the board began
/// to count anew, and taking its frames for repeated ones would lose them all.
pub const REPEAT_WINDOW: u32 = 64;
