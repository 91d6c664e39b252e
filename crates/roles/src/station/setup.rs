//! What a station and its slots are, once and for a whole run.
//!
//! Not here: reading it from a file (`apps/v2x`).

use std::fmt;

use v2x_charging::{MeterLimits, SlotConfig};
use v2x_units::{Position, WattHours};

/// The most slots of a station: those that the prototype's lines and our boards can name.
pub const MAX_SLOTS: u8 = v2x_proto::legacy::evcs_line::MAX_SLOTS;

/// The number of a slot as people know it, 1 to [`MAX_SLOTS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SlotNumber(u8);

impl SlotNumber {
    /// Takes a number; `None` when no slot has it.
    #[must_use]
    pub fn new(number: u8) -> Option<Self> {
        (1..=MAX_SLOTS).contains(&number).then_some(Self(number))
    }

    /// The number, 1 to 16.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }
}

impl fmt::Display for SlotNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A serial line of the station, by its place in the list of lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PortId(pub usize);

/// Who keeps the sessions of a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sessions {
    /// The station computer, from the readings of the slot's meter.
    #[default]
    Computer,
    /// The slot's controller; its journal is what is booked.
    Controller,
}

/// What a slot is.
#[derive(Debug, Clone)]
pub struct SlotSetup {
    /// Its number.
    pub number: SlotNumber,
    /// What people call it; also the name of its device at the server.
    pub name: String,
    /// The line on which it is expected.
    pub port: PortId,
    /// Who keeps its sessions.
    pub sessions: Sessions,
    /// A session over V2G ends at so much.
    pub energy_limit: Option<WattHours>,
    /// How it decides.
    pub config: SlotConfig,
    /// What its meter can show.
    pub limits: MeterLimits,
    /// The id of its tariff.
    pub tariff: String,
    /// The kind of its socket, as `Type_F_schuko_3Kwh`.
    pub plug: String,
}

/// What a station is.
#[derive(Debug, Clone)]
pub struct StationSetup {
    /// Its name.
    pub name: String,
    /// Where it stands, if that was configured.
    pub position: Option<Position>,
    /// Its time zone, an IANA name.
    pub time_zone: String,
    /// Whether it offers fast charging; only told to others.
    pub fast_charge: bool,
    /// Its slots, by rising number.
    pub slots: Vec<SlotSetup>,
}
