//! BTP-B, the basic transport protocol: which service a message is for.
//!
//! Standard: ETSI EN 302 636-5-1. Four bytes, big-endian; BTP-A (with a source port) is not
//! spoken.

use alloc::vec::Vec;

use super::reader::Reader;
use super::{Wire, WireError};

/// The service that a message is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BtpPort(u16);

impl BtpPort {
    /// Cooperative awareness.
    pub const CAM: Self = Self(2001);
    /// Environmental notification.
    pub const DENM: Self = Self(2002);
    /// Charging spot notification.
    pub const EVCSN: Self = Self(2010);
    /// Charging spot reservation.
    pub const EV_RSR: Self = Self(2012);
    /// Certificates that travel by themselves: our own, not from a standard, taken from the end of
    /// the range so that it meets none of the registered ones.
    pub const CERTIFICATES: Self = Self(0xFE01);
    /// Vehicle data that no CAM has a place for: our own, like the one before.
    pub const VEHICLE_DATA: Self = Self(0xFE02);

    /// Takes the number of a port.
    #[must_use]
    pub const fn new(number: u16) -> Self {
        Self(number)
    }

    /// The number of the port.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0
    }
}

/// The header of BTP-B.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BtpB {
    /// The service that the message is for.
    pub port: BtpPort,
    /// What else the service wants to know; 0 for all services named here.
    pub port_info: u16,
}

impl BtpB {
    /// Bytes of the header.
    pub const LEN: usize = 4;

    /// A message for this service.
    #[must_use]
    pub const fn to(port: BtpPort) -> Self {
        Self { port, port_info: 0 }
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, WireError> {
        Ok(Self {
            port: BtpPort(reader.u16("BTP-B destination port")?),
            port_info: reader.u16("BTP-B destination port info")?,
        })
    }

    pub(super) fn write(self, out: &mut Vec<u8>) {
        out.extend(self.port.0.to_be_bytes());
        out.extend(self.port_info.to_be_bytes());
    }
}

impl Wire for BtpB {
    const NAME: &'static str = "BTP-B header";

    fn parse(bytes: &[u8]) -> Result<Self, WireError> {
        let mut reader = Reader::new(bytes);
        let header = Self::read(&mut reader)?;
        reader.end(Self::NAME)?;
        Ok(header)
    }

    fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(Self::LEN);
        self.write(&mut out);
        out
    }
}
