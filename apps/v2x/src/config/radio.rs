//! Which air a daemon speaks on and with which keys; the same words for vehicle and station.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::path::PathBuf;

use serde::Deserialize;

use crate::air::{Group, Medium};
use crate::keys::TrustPolicy;

/// What may stand for an air without a board.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum AirWord {
    /// None.
    #[default]
    None,
    /// UDP multicast.
    Udp,
}

/// The radio as it was configured.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct RadioConfig {
    pub(crate) port: Option<PathBuf>,
    pub(crate) air: AirWord,
    pub(crate) group: Option<SocketAddrV4>,
    pub(crate) interface: Option<Ipv4Addr>,
    /// The folder of an enrolled unit.
    pub(crate) keys: Option<PathBuf>,
    pub(crate) policy: TrustPolicy,
    /// Whether prototypes are spoken with.
    pub(crate) legacy: bool,
}

/// The group that holds without a setting: one that no network routes outwards (RFC 2365).
pub(crate) const GROUP: &str = "239.255.71.71:47471";

impl RadioConfig {
    /// The air; `None` when there is none.
    pub(crate) fn medium(&self) -> Option<Medium> {
        if let Some(port) = &self.port {
            return Some(Medium::Board(port.clone()));
        }
        match self.air {
            AirWord::None => None,
            AirWord::Udp => Some(Medium::Multicast(Group {
                address: self.group.unwrap_or(default_group()),
                interface: self.interface.unwrap_or(Ipv4Addr::LOCALHOST),
            })),
        }
    }

    /// Whether the settings go together.
    pub(crate) fn check(&self) -> Result<(), String> {
        if self.port.is_some() && self.air == AirWord::Udp {
            return Err("radio.port and radio.air = \"udp\" are both given; keep one".to_owned());
        }
        match self.group {
            Some(group) if !group.ip().is_multicast() => Err(format!(
                "radio.udp_group is {group}; it must be 224.0.0.0 to 239.255.255.255 and a port"
            )),
            _ => Ok(()),
        }
    }
}

fn default_group() -> SocketAddrV4 {
    GROUP.parse().expect("the default is an address and a port")
}
