//! What stands in the queue: an entry, its class and its id.
//!
//! Topics are not here: an entry says what kind of payload it carries, `uplink` knows where that
//! goes.

use std::fmt;

use v2x_units::UtcTime;

/// The largest payload of one entry, in bytes.
///
/// ThingsBoard closes the connection on a message above 65,536 bytes; what is left of that is room
/// for the topic and the frame around the payload.
pub const PAYLOAD_MAX_BYTES: usize = 65_000;

/// Where the class begins in the key of an [`EntryId`].
const CLASS_SHIFT: u32 = 48;

/// What an entry is about; the order of the variants is the order of sending.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Class {
    /// A person must act: never evicted.
    Alert,
    /// A charging session: never evicted.
    Session,
    /// A trip: never evicted.
    Trip,
    /// Something happened, as an eviction of telemetry: never evicted.
    Event,
    /// Rows of measurements: the bulk, and the only class that may be evicted.
    Telemetry,
}

impl Class {
    /// All classes in the order of sending.
    pub const ALL: [Self; 5] = [
        Self::Alert,
        Self::Session,
        Self::Trip,
        Self::Event,
        Self::Telemetry,
    ];

    /// The place in the order of sending, 0 to 4.
    #[must_use]
    pub const fn rank(self) -> u8 {
        match self {
            Self::Alert => 0,
            Self::Session => 1,
            Self::Trip => 2,
            Self::Event => 3,
            Self::Telemetry => 4,
        }
    }
}

/// The key of an entry: its class above, its place in that class below.
///
/// The order of ids is the order of sending, so a storage needs no index beside its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EntryId {
    class: Class,
    sequence: u64,
}

impl EntryId {
    /// The highest sequence number: at a thousand entries a second it lasts 8,900 years.
    pub const SEQUENCE_MAX: u64 = (1 << CLASS_SHIFT) - 1;

    /// The id with this place in its class; a sequence number above the highest is cut to it.
    #[must_use]
    pub fn new(class: Class, sequence: u64) -> Self {
        Self {
            class,
            sequence: sequence.min(Self::SEQUENCE_MAX),
        }
    }

    /// The class of the entry.
    #[must_use]
    pub const fn class(self) -> Class {
        self.class
    }

    /// The place in its class, from 1.
    #[must_use]
    pub const fn sequence(self) -> u64 {
        self.sequence
    }

    /// The number that a storage keeps; sorts as the id does.
    #[must_use]
    pub fn to_key(self) -> i64 {
        (u64::from(self.class.rank()) << CLASS_SHIFT | self.sequence).cast_signed()
    }

    /// The id that a storage kept; `None` for a number that no id has.
    #[must_use]
    pub fn from_key(key: i64) -> Option<Self> {
        let rank = usize::try_from(key >> CLASS_SHIFT).ok()?;
        let class = *Class::ALL.get(rank)?;
        Some(Self::new(class, key.cast_unsigned() & Self::SEQUENCE_MAX))
    }
}

impl fmt::Display for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {}", self.class, self.sequence)
    }
}

/// What the payload is, so that `uplink` can frame and address it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PayloadKind {
    /// A JSON object of keys and values measured at one time.
    Telemetry,
    /// A JSON object of keys and values that describe the device and have no time.
    Attributes,
    /// A JSON object of device names, each with an array of rows that carry their times: what a
    /// gateway says for the devices behind it.
    GatewayTelemetry,
    /// A JSON object of device names, each with an object that describes the device.
    GatewayAttributes,
}

/// A payload that no server would take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the payload has {seen} bytes; an entry may have at most {PAYLOAD_MAX_BYTES}")]
pub struct TooLarge {
    /// How many bytes it has.
    pub seen: usize,
}

/// An entry before it has its place in the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEntry {
    class: Class,
    kind: PayloadKind,
    ts: UtcTime,
    points: u32,
    payload: Vec<u8>,
}

impl NewEntry {
    /// Takes a payload of `points` data points (one key of one time) measured at `ts`.
    ///
    /// # Errors
    /// A payload above [`PAYLOAD_MAX_BYTES`] is refused here, before it can block the queue.
    pub fn new(
        class: Class,
        kind: PayloadKind,
        ts: UtcTime,
        points: u32,
        payload: impl Into<Vec<u8>>,
    ) -> Result<Self, TooLarge> {
        let payload = payload.into();
        if payload.len() > PAYLOAD_MAX_BYTES {
            return Err(TooLarge {
                seen: payload.len(),
            });
        }
        Ok(Self {
            class,
            kind,
            ts,
            points,
            payload,
        })
    }

    /// What it is about.
    #[must_use]
    pub const fn class(&self) -> Class {
        self.class
    }

    /// What the payload is.
    #[must_use]
    pub const fn kind(&self) -> PayloadKind {
        self.kind
    }

    /// The time of measurement.
    #[must_use]
    pub const fn ts(&self) -> UtcTime {
        self.ts
    }

    /// How many data points the payload holds.
    #[must_use]
    pub const fn points(&self) -> u32 {
        self.points
    }

    /// The payload, at most [`PAYLOAD_MAX_BYTES`].
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// The entry at its place in the queue.
    #[must_use]
    pub fn at(self, id: EntryId) -> Entry {
        Entry {
            id,
            kind: self.kind,
            ts: self.ts,
            points: self.points,
            payload: self.payload,
        }
    }
}

impl From<&Entry> for NewEntry {
    fn from(entry: &Entry) -> Self {
        Self {
            class: entry.id.class(),
            kind: entry.kind,
            ts: entry.ts,
            points: entry.points,
            payload: entry.payload.clone(),
        }
    }
}

/// An entry in the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its key, which holds its class.
    pub id: EntryId,
    /// What the payload is.
    pub kind: PayloadKind,
    /// The time of measurement.
    pub ts: UtcTime,
    /// How many data points the payload holds.
    pub points: u32,
    /// The payload.
    pub payload: Vec<u8>,
}

/// An entry without its payload: what eviction needs to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Its key.
    pub id: EntryId,
    /// The time of measurement.
    pub ts: UtcTime,
    /// Bytes of payload.
    pub bytes: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_by_class_first_and_by_sequence_then() {
        let late_alert = EntryId::new(Class::Alert, 900);
        let early_row = EntryId::new(Class::Telemetry, 1);
        assert!(late_alert < early_row);
        assert!(early_row < EntryId::new(Class::Telemetry, 2));
    }

    #[test]
    fn ids_come_back_from_the_number_that_a_storage_keeps() {
        for class in Class::ALL {
            let id = EntryId::new(class, 77);
            assert_eq!(EntryId::from_key(id.to_key()), Some(id));
            assert_eq!((id.class(), id.sequence()), (class, 77));
        }
        assert_eq!(EntryId::from_key(-1), None);
        assert_eq!(EntryId::from_key(5 << CLASS_SHIFT), None);
    }

    #[test]
    fn payload_above_the_limit_is_refused_with_its_size() {
        let entry = |bytes| {
            let payload = vec![b' '; bytes];
            NewEntry::new(
                Class::Event,
                PayloadKind::Telemetry,
                UtcTime::from_millis(0),
                1,
                payload,
            )
        };
        assert!(entry(PAYLOAD_MAX_BYTES).is_ok());
        assert_eq!(entry(PAYLOAD_MAX_BYTES + 1), Err(TooLarge { seen: 65_001 }));
    }
}
