//! Type 4, board status: why and since when the board runs, what it lost, how full it was.
//!
//! | field | bytes | meaning |
//! |---|---|---|
//! | boot reason | 1 | code of [`BootReason`] |
//! | firmware | 1 + 1 + 2 | major, minor, patch |
//! | heap left | 4 | bytes, the fewest there were since boot |
//! | link queue | 8 | frames waiting for the serial line, see below |
//! | radio queue | 8 | payloads waiting between radio and link, see below |
//! | has CAN | 1 | 1 when the CAN part follows, otherwise 0 |
//! | bus state | 1 | code of [`BusState`] |
//! | transmit errors, receive errors | 1 + 1 | the error counters of the CAN controller |
//! | bus errors | 4 | error frames and bad frames since boot |
//! | receive overflows | 4 | times that the controller lost frames, since boot |
//! | dropped | 4 | frames received and then dropped by the board, since boot |
//! | next number | 4 | number that the first frame of the next CAN batch will have |
//! | CAN queue | 8 | frames waiting to be batched, see below |
//!
//! A queue: high-water mark 2, capacity 2, dropped 4; the mark and the drops count since boot.
//! The uptime is the time in the header. Sent every second.

use crate::link::body::{BodyError, Reader, Writer, coded};

use super::FirmwareVersion;

const NAME: &str = "board status";

coded! {
    /// Why the board started.
    BootReason {
        /// The chip did not say.
        Unknown = 0,
        /// Power came on.
        PowerOn = 1,
        /// The reset pin, as a serial port's DTR and RTS move it.
        ResetPin = 2,
        /// The firmware asked for it.
        Software = 3,
        /// The firmware panicked.
        Panic = 4,
        /// A watchdog was not fed.
        Watchdog = 5,
        /// The supply voltage fell too low.
        Brownout = 6,
        /// It woke from deep sleep.
        DeepSleep = 7,
    }
}

coded! {
    /// What the CAN controller says about the bus.
    BusState {
        /// Frames arrive.
        Active = 0,
        /// Nothing arrives and nothing is wrong.
        Silent = 1,
        /// An error counter passed 127.
        ErrorPassive = 2,
        /// The controller left the bus.
        BusOff = 3,
        /// The controller does not answer.
        Absent = 4,
        /// Only errors arrive: the bit rate is wrong.
        WrongBitRate = 5,
    }
}

/// How full a queue was since boot, and what it had to drop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct QueueStatus {
    /// The most entries that waited at once.
    pub high_water: u16,
    /// The entries it has room for; 0 where the board has no such queue.
    pub capacity: u16,
    /// The entries that found no room.
    pub dropped: u32,
}

impl QueueStatus {
    fn read(from: &mut Reader<'_>, field: &'static str) -> Result<Self, BodyError> {
        Ok(Self {
            high_water: from.u16(field)?,
            capacity: from.u16(field)?,
            dropped: from.u32(field)?,
        })
    }

    fn write(self, to: &mut Writer<'_>, field: &'static str) -> Result<(), BodyError> {
        to.u16(field, self.high_water)?;
        to.u16(field, self.capacity)?;
        to.u32(field, self.dropped)
    }
}

/// The CAN side of a board that has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CanStatus {
    /// What the controller says about the bus.
    pub bus: BusState,
    /// The controller's transmit error counter.
    pub transmit_errors: u8,
    /// The controller's receive error counter.
    pub receive_errors: u8,
    /// Error frames and bad frames since boot.
    pub bus_errors: u32,
    /// Times that the controller itself lost frames; how many is not known.
    pub receive_overflows: u32,
    /// Frames received and then dropped by the board; they are missing from the numbers of the
    /// batches too, so adding both would count them twice.
    pub dropped: u32,
    /// The number that the first frame of the next batch will have.
    pub next_number: u32,
    /// Frames waiting to be batched.
    pub queue: QueueStatus,
}

/// What a board reports of itself every second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BoardStatus {
    /// Why it started.
    pub boot_reason: BootReason,
    /// What runs on it.
    pub firmware: FirmwareVersion,
    /// The fewest free bytes of heap since boot.
    pub heap_left: u32,
    /// Frames waiting for the serial line.
    pub link_queue: QueueStatus,
    /// Payloads waiting between radio and link.
    pub radio_queue: QueueStatus,
    /// The CAN side, where the board has one.
    pub can: Option<CanStatus>,
}

impl BoardStatus {
    /// The type number.
    pub const TYPE: u8 = 4;

    /// Reads a body.
    ///
    /// # Errors
    /// Names the field that is cut or has no meaning.
    pub fn parse(body: &[u8]) -> Result<Self, BodyError> {
        let mut from = Reader::new(NAME, body);
        let boot_reason = from.code("boot reason", BootReason::from_code)?;
        let firmware = FirmwareVersion::read(&mut from)?;
        let heap_left = from.u32("heap left")?;
        let link_queue = QueueStatus::read(&mut from, "link queue")?;
        let radio_queue = QueueStatus::read(&mut from, "radio queue")?;
        let has_can = from.flag("has CAN")?;
        let can = has_can.then(|| CanStatus::read(&mut from)).transpose()?;
        from.end("CAN queue")?;
        Ok(Self {
            boot_reason,
            firmware,
            heap_left,
            link_queue,
            radio_queue,
            can,
        })
    }

    /// Writes a body.
    ///
    /// # Errors
    /// When `out` is too short.
    pub fn emit(&self, out: &mut [u8]) -> Result<usize, BodyError> {
        let mut to = Writer::new(NAME, out);
        to.u8("boot reason", self.boot_reason.code())?;
        self.firmware.write(&mut to)?;
        to.u32("heap left", self.heap_left)?;
        self.link_queue.write(&mut to, "link queue")?;
        self.radio_queue.write(&mut to, "radio queue")?;
        to.u8("has CAN", u8::from(self.can.is_some()))?;
        if let Some(can) = &self.can {
            can.write(&mut to)?;
        }
        Ok(to.used())
    }
}

impl CanStatus {
    fn read(from: &mut Reader<'_>) -> Result<Self, BodyError> {
        Ok(Self {
            bus: from.code("bus state", BusState::from_code)?,
            transmit_errors: from.u8("transmit errors")?,
            receive_errors: from.u8("receive errors")?,
            bus_errors: from.u32("bus errors")?,
            receive_overflows: from.u32("receive overflows")?,
            dropped: from.u32("dropped")?,
            next_number: from.u32("next number")?,
            queue: QueueStatus::read(from, "CAN queue")?,
        })
    }

    fn write(&self, to: &mut Writer<'_>) -> Result<(), BodyError> {
        to.u8("bus state", self.bus.code())?;
        to.u8("transmit errors", self.transmit_errors)?;
        to.u8("receive errors", self.receive_errors)?;
        to.u32("bus errors", self.bus_errors)?;
        to.u32("receive overflows", self.receive_overflows)?;
        to.u32("dropped", self.dropped)?;
        to.u32("next number", self.next_number)?;
        self.queue.write(to, "CAN queue")
    }
}
