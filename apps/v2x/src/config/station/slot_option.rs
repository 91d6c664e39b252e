//! The option `--slot`: `1=PORT` for a board, `1=pzem:PORT` or `1=pzem:PORT@ADDRESS` for a meter.

use std::path::PathBuf;
use std::str::FromStr;

use v2x_roles::station::{SlotNumber, pzem};

use super::{Dialect, METER_INTERVAL, SlotSettings, Source};

/// One slot on the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SlotOption {
    number: SlotNumber,
    path: PathBuf,
    /// The address of the meter that is asked directly.
    meter: Option<u8>,
}

impl SlotOption {
    pub(super) fn settings(&self) -> SlotSettings {
        let source = match self.meter {
            None => Source::Board(Dialect::Either),
            Some(address) => Source::Meter {
                address,
                interval: METER_INTERVAL,
            },
        };
        SlotSettings::on(self.number, self.path.clone(), source)
    }
}

impl FromStr for SlotOption {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let right =
            "it must be NUMBER=PORT or NUMBER=pzem:PORT@ADDRESS, with a number from 1 to 16";
        let (number, port) = (text.split_once('=')).ok_or_else(|| right.to_owned())?;
        let number = number.parse().ok().and_then(SlotNumber::new);
        let number = number.ok_or_else(|| right.to_owned())?;
        let (path, meter) = match port.strip_prefix("pzem:") {
            None => (port, None),
            Some(port) => match port.rsplit_once('@') {
                None => (port, Some(pzem::GENERAL_ADDRESS)),
                Some((path, address)) => {
                    let address = address.parse().ok();
                    let address = address.filter(|address| pzem::is_address(*address));
                    (path, Some(address.ok_or("a meter's address is 1 to 247")?))
                }
            },
        };
        if path.is_empty() {
            return Err(right.to_owned());
        }
        Ok(Self {
            number,
            path: path.into(),
            meter,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_read_with_port_and_address() {
        let read = |text: &str| {
            let option: SlotOption = text.parse().unwrap();
            (option.number.get(), option.path, option.meter)
        };
        assert_eq!(read("1=/dev/ttyUSB0"), (1, "/dev/ttyUSB0".into(), None));
        assert_eq!(read("16=pzem:/dev/a"), (16, "/dev/a".into(), Some(0xF8)));
        assert_eq!(read("2=pzem:/dev/a@5"), (2, "/dev/a".into(), Some(5)));
    }

    #[test]
    fn slot_that_does_not_exist_is_refused_with_what_is_right() {
        for text in ["0=/dev/a", "17=/dev/a", "/dev/a", "x=/dev/a", "1="] {
            let said = text.parse::<SlotOption>().unwrap_err();
            assert!(said.contains("from 1 to 16"), "{text}: {said}");
        }
        let said = "1=pzem:/dev/a@250".parse::<SlotOption>().unwrap_err();
        assert_eq!(said, "a meter's address is 1 to 247");
    }
}
