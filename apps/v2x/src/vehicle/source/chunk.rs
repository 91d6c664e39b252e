//! What the collecting thread passes on to the understanding one.
//!
//! How it is obtained is in [`super::serial_line`] and [`super::can_interface`], what it means in
//! [`super::listener`].

use std::fmt;

use v2x_proto::link::Dialect;
use v2x_units::{CanFrame, Stamp};

/// How the collector speaks on a serial line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::vehicle) enum Language {
    /// The framed link.
    Framed,
    /// The text lines of the prototype's collector.
    Text,
}

impl Language {
    /// The language of a collector in this dialect; `None` for those of other boards.
    pub(in crate::vehicle) const fn of(dialect: Dialect) -> Option<Self> {
        match dialect {
            Dialect::Framed => Some(Self::Framed),
            Dialect::CollectorText => Some(Self::Text),
            Dialect::StationText | Dialect::RadioRecords => None,
        }
    }
}

impl Language {
    /// The dialect that is this language.
    pub(in crate::vehicle) const fn dialect(self) -> Dialect {
        match self {
            Self::Framed => Dialect::Framed,
            Self::Text => Dialect::CollectorText,
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Framed => "the framed link",
            Self::Text => "the text of the prototype",
        })
    }
}

/// Bytes as they came from the port, with the time of their arrival.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::vehicle) struct Chunk {
    pub(in crate::vehicle) at: Stamp,
    pub(in crate::vehicle) bytes: Vec<u8>,
}

/// One thing that came from the collector.
#[derive(Debug, PartialEq)]
pub(in crate::vehicle) enum Delivery {
    /// Bytes, and how they are to be read.
    Bytes(Language, Chunk),
    /// The line was interrupted: what was begun before will not be finished.
    Interrupted,
    /// Frames of a CAN interface, each with the time of its reception.
    Frames(Vec<(Stamp, CanFrame)>),
}
