//! The line of the prototype's radio board, for a computer of the prototype: `AA 55` and an `Item`,
//! both ways.
//!
//! Not here: the bytes (`v2x_proto::legacy::item_stream`, `legacy::radio`). Reference: the page on
//! the prototype's wire formats, sections (b) and (c). What differs from the prototype: broadcasts
//! really go out, and an `Item` that is heard is not answered with another, which never ended. A
//! car's own message to a station (52 bytes) is not made of an `Item` here; the computer's legacy
//! mode speaks it over the link.

use core::time::Duration;

use v2x_proto::legacy::item_stream::{self, ItemFrame, ItemReader};
use v2x_proto::legacy::radio::{Item, RadioMessage, VehicleItem};
use v2x_units::{Instant, MacAddress};

use super::Payload;

/// The speed of its line.
pub const BAUD: u32 = 115_200;

/// The newest `Item`, as both ends of the prototype speak it since September 2025.
const ITEM_BYTES: usize = 88;
/// Where the sender's address stands in it, and its milliseconds since boot.
const MAC: usize = 57;
const TIMESTAMP: usize = 64;
/// How often a car speaks to other cars.
const SAY_EVERY: Duration = Duration::from_secs(2);

/// What the line needs to know between its frames.
#[derive(Debug)]
pub struct ItemLine {
    reader: ItemReader,
    own: Option<VehicleItem>,
    say_at: Instant,
}

impl ItemLine {
    /// Nothing is known of the car yet, and nothing is said of it.
    #[must_use]
    pub fn new(now: Instant) -> Option<Self> {
        Some(Self {
            reader: ItemReader::new(ITEM_BYTES).ok()?,
            own: None,
            say_at: now + SAY_EVERY,
        })
    }

    /// The computer has sent bytes.
    pub fn bytes(&mut self, bytes: &[u8]) {
        let own = &mut self.own;
        self.reader.push(bytes, |item| {
            if let Item::Vehicle(car) = item {
                *own = Some(car);
            }
        });
    }

    /// What is to be said to all cars now, in the name of this board.
    pub fn due(&mut self, now: Instant, board: MacAddress) -> Option<Payload> {
        if now < self.say_at {
            return None;
        }
        self.say_at = (self.say_at + SAY_EVERY).max(now);
        let bytes = Item::Vehicle(self.own?).emit().ok()?;
        let mut payload = Payload::from_slice(&bytes).ok()?;
        payload
            .get_mut(MAC..MAC + 6)?
            .copy_from_slice(&board.octets());
        // 32 bits that begin anew after 49.7 days, as the prototype's do.
        let [a, b, c, d, ..] = (now.as_micros() / 1000).to_le_bytes();
        payload
            .get_mut(TIMESTAMP..TIMESTAMP + 4)?
            .copy_from_slice(&[a, b, c, d]);
        Some(payload)
    }

    /// When [`Self::due`] has something to say.
    #[must_use]
    pub const fn deadline(&self) -> Instant {
        self.say_at
    }

    /// What the computer is told of a payload that was heard; nothing of what no prototype says.
    #[must_use]
    pub fn told(from: MacAddress, payload: &[u8]) -> Option<ItemFrame> {
        let item = match RadioMessage::parse(from, payload).ok()? {
            RadioMessage::Item(item) if payload.len() == ITEM_BYTES => item,
            RadioMessage::EvcsToVehicle(said) => Item::Station(said),
            _ => return None,
        };
        item_stream::emit(&item).ok()
    }
}
