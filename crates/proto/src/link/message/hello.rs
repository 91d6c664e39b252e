//! Type 1, hello: who is speaking, and which versions of the link it understands.
//!
//! | field | bytes | meaning |
//! |---|---|---|
//! | board kind | 1 | code of [`BoardKind`] |
//! | board id | 6 | the factory MAC address, zeros for a computer without one |
//! | firmware | 1 + 1 + 2 | major, minor, patch |
//! | oldest version, newest version | 1 + 1 | link versions it can read |
//! | name | rest | UTF-8, may be empty |

use core::fmt;

use v2x_units::MacAddress;

use crate::link::body::{BodyError, Problem, Reader, Writer, coded};

const NAME: &str = "hello";

coded! {
    /// What kind of device stands at one end of the link.
    BoardKind {
        /// A Linux computer: the vehicle's or the station's.
        Computer = 0,
        /// CAN and GNSS collector.
        Collector = 1,
        /// ESP-NOW radio modem.
        Radio = 2,
        /// Controller of a charging slot: meter, relay, plug.
        SlotController = 3,
        /// Meter of a charging slot without a relay.
        SlotMeter = 4,
    }
}

/// Version of a firmware; newer ones compare greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FirmwareVersion {
    /// Changes when something old stops working.
    pub major: u8,
    /// Changes when something new works.
    pub minor: u8,
    /// Changes with every repair.
    pub patch: u16,
}

impl fmt::Display for FirmwareVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

impl FirmwareVersion {
    pub(super) fn read(from: &mut Reader<'_>) -> Result<Self, BodyError> {
        Ok(Self {
            major: from.u8("firmware")?,
            minor: from.u8("firmware")?,
            patch: from.u16("firmware")?,
        })
    }

    pub(super) fn write(self, to: &mut Writer<'_>) -> Result<(), BodyError> {
        to.u8("firmware", self.major)?;
        to.u8("firmware", self.minor)?;
        to.u16("firmware", self.patch)
    }
}

/// Sent first after a boot, every 10 s, and when [`super::Order::SayHello`] asks for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hello<'a> {
    /// What kind of device this is.
    pub kind: BoardKind,
    /// Which one of them.
    pub board: MacAddress,
    /// What runs on it.
    pub firmware: FirmwareVersion,
    /// The oldest link version it reads.
    pub oldest_version: u8,
    /// The newest link version it reads; not below the oldest.
    pub newest_version: u8,
    /// The name its owner gave it; may be empty.
    pub name: &'a str,
}

impl<'a> Hello<'a> {
    /// The type number.
    pub const TYPE: u8 = 1;

    /// Reads a body.
    ///
    /// # Errors
    /// Names the field that is cut or has no meaning.
    pub fn parse(body: &'a [u8]) -> Result<Self, BodyError> {
        let mut from = Reader::new(NAME, body);
        let kind = from.code("board kind", BoardKind::from_code)?;
        let board = MacAddress::new(from.array("board id")?);
        let firmware = FirmwareVersion::read(&mut from)?;
        let oldest_version = from.u8("oldest version")?;
        let newest_version = from.u8("newest version")?;
        check_versions(oldest_version, newest_version)
            .map_err(|problem| from.error("newest version", problem))?;
        Ok(Self {
            kind,
            board,
            firmware,
            oldest_version,
            newest_version,
            name: from.remaining_text("name")?,
        })
    }

    /// Writes a body.
    ///
    /// # Errors
    /// When `out` is too short.
    pub fn emit(&self, out: &mut [u8]) -> Result<usize, BodyError> {
        let mut to = Writer::new(NAME, out);
        to.u8("board kind", self.kind.code())?;
        to.bytes("board id", &self.board.octets())?;
        self.firmware.write(&mut to)?;
        check_versions(self.oldest_version, self.newest_version)
            .map_err(|problem| to.error("newest version", problem))?;
        to.u8("oldest version", self.oldest_version)?;
        to.u8("newest version", self.newest_version)?;
        to.bytes("name", self.name.as_bytes())?;
        Ok(to.used())
    }
}

fn check_versions(oldest: u8, newest: u8) -> Result<(), Problem> {
    let (seen, right) = (i64::from(newest), "it must not be below the oldest version");
    if newest < oldest {
        Err(Problem::Value { seen, right })
    } else {
        Ok(())
    }
}
