//! The sending end of the framed link: numbers the frames and batches the CAN frames.
//!
//! Not the serial port: every method returns the bytes of at most one frame, to be written before
//! the next call. It owns no clock and no queue. Whoever cannot write the bytes drops them; the
//! other end counts them as lost from the gap in the sequence.

use v2x_units::{BootId, CanFrame, Instant};

use super::body::BodyError;
use super::frame::{self, HEADER_LENGTH, Header};
use super::limits::{BATCH_DEADLINE, BODY_MAX, FRAME_MAX, WIRE_MAX};
use super::message::{CanBatch, Message, OpenBatch};

/// Makes the frames of one boot.
#[derive(Debug, Clone)]
pub struct LinkEncoder {
    boot: BootId,
    sequence: u32,
    /// The number of the first CAN frame of the open batch.
    can_number: u32,
    batch: OpenBatch,
    frame: [u8; FRAME_MAX],
    wire: [u8; WIRE_MAX],
}

impl LinkEncoder {
    /// Starts counting from 0, as a boot does.
    #[must_use]
    pub const fn new(boot: BootId) -> Self {
        Self {
            boot,
            sequence: 0,
            can_number: 0,
            batch: OpenBatch::new(),
            frame: [0; FRAME_MAX],
            wire: [0; WIRE_MAX],
        }
    }

    /// Puts a CAN frame into the open batch. Returns the batch before it when that had to be
    /// closed: it was full, or `captured` is earlier than its last frame or 2 s later.
    pub fn push_can(&mut self, captured: Instant, frame: &CanFrame) -> Option<&[u8]> {
        let room = self.batch.takes(captured);
        let closed = if room { None } else { self.close_batch() };
        self.batch.push(captured, frame);
        closed.map(|length| self.written(length))
    }

    /// Leaves out the numbers of CAN frames that were received and then dropped before they came
    /// here, so that the other end counts them as lost. Returns the open batch, which ends there.
    pub fn skip_can(&mut self, dropped: u32) -> Option<&[u8]> {
        let closed = self.close_batch();
        self.can_number = self.can_number.wrapping_add(dropped);
        closed.map(|length| self.written(length))
    }

    /// The number that the first CAN frame of the next batch will have, for the status message.
    #[must_use]
    pub const fn next_can_number(&self) -> u32 {
        self.can_number
    }

    /// Makes the frame of one message, whose content was captured at `at`.
    ///
    /// It may overtake CAN frames in the open batch; the times tell the order.
    ///
    /// # Errors
    /// When a value has no room in its field or the message is longer than
    /// [`super::limits::BODY_MAX`]; no number is used up then.
    pub fn send<'a>(
        &mut self,
        at: Instant,
        message: impl Into<Message<'a>>,
    ) -> Result<&[u8], BodyError> {
        let message = message.into();
        let room = self.frame.get_mut(HEADER_LENGTH..HEADER_LENGTH + BODY_MAX);
        let body_length = message.emit(room.unwrap_or_default())?;
        let length = self.seal(message.frame_type(), at, body_length);
        Ok(self.written(length))
    }

    /// When [`Self::poll`] will have something to do; `None` while no CAN frame waits.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.batch.first().map(|first| first + BATCH_DEADLINE)
    }

    /// Closes the open batch when its first frame has waited for [`BATCH_DEADLINE`].
    pub fn poll(&mut self, now: Instant) -> Option<&[u8]> {
        if now < self.deadline()? {
            return None;
        }
        self.flush()
    }

    /// Closes the open batch at once, as before a restart.
    pub fn flush(&mut self) -> Option<&[u8]> {
        let length = self.close_batch()?;
        Some(self.written(length))
    }

    fn close_batch(&mut self) -> Option<usize> {
        self.batch.first()?;
        let (body, first, count) = self.batch.close(self.can_number);
        let body_length = body.len();
        self.frame
            .get_mut(HEADER_LENGTH..HEADER_LENGTH + body_length)?
            .copy_from_slice(body);
        self.can_number = self.can_number.wrapping_add(count);
        Some(self.seal(CanBatch::TYPE, first, body_length))
    }

    /// Seals the frame whose body stands in `frame`, and returns its length on the wire.
    fn seal(&mut self, frame_type: u8, at: Instant, body_length: usize) -> usize {
        let header = Header {
            frame_type,
            sequence: self.sequence,
            boot: self.boot,
            at,
        };
        self.sequence = self.sequence.wrapping_add(1);
        frame::seal(&header, body_length, &mut self.frame, &mut self.wire)
            .expect("a body within its limit fits the frame, and a frame fits the wire buffer")
    }

    fn written(&self, length: usize) -> &[u8] {
        self.wire.get(..length).unwrap_or_default()
    }
}
