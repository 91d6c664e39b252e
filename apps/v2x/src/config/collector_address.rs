//! Where the collector is: the path of a serial port, or the name of a CAN interface.
//!
//! Nothing is opened here; whether there is such a thing is found out by `vehicle/source/`.

use std::fmt;
use std::path::{Path, PathBuf};

/// What stands before the name of an interface that cannot be told from a port by its name.
const INTERFACE_MARK: &str = "socketcan:";
/// How interfaces are usually called, before their number.
const INTERFACE_NAMES: [&str; 3] = ["can", "vcan", "slcan"];

/// Where frames and fixes come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum CollectorAddress {
    /// A serial port, by its path.
    Serial(PathBuf),
    /// A CAN interface, by its name.
    Interface(String),
}

impl From<PathBuf> for CollectorAddress {
    /// Reads `can0`, `socketcan:NAME`, or a path; `./can0` is a path.
    fn from(given: PathBuf) -> Self {
        match interface_name(&given) {
            Some(name) => Self::Interface(name.to_owned()),
            None => Self::Serial(given),
        }
    }
}

fn interface_name(given: &Path) -> Option<&str> {
    let text = given.to_str()?;
    if let Some(name) = text.strip_prefix(INTERFACE_MARK) {
        return Some(name);
    }
    let is_usual = INTERFACE_NAMES.iter().any(|name| {
        let number = text.strip_prefix(name).unwrap_or_default();
        !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
    });
    is_usual.then_some(text)
}

impl fmt::Display for CollectorAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Serial(path) => path.display().fmt(f),
            Self::Interface(name) => write!(f, "{INTERFACE_MARK}{name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_names_and_marked_ones_are_interfaces() {
        for (given, name) in [
            ("can0", "can0"),
            ("vcan12", "vcan12"),
            ("slcan1", "slcan1"),
            ("socketcan:twizy", "twizy"),
        ] {
            let address = CollectorAddress::from(PathBuf::from(given));
            assert_eq!(address, CollectorAddress::Interface(name.to_owned()));
        }
    }

    #[test]
    fn everything_else_is_the_path_of_a_port() {
        for given in ["/dev/ttyUSB0", "./can0", "can", "canbus0", "/dev/can0"] {
            let address = CollectorAddress::from(PathBuf::from(given));
            assert_eq!(address, CollectorAddress::Serial(PathBuf::from(given)));
        }
    }
}
