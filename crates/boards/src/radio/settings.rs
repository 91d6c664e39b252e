//! What a radio board's owner can set: channel, power, rate, limits, encrypted peers.
//!
//! Not here: the driver. Which channels and powers are allowed is a matter of the country.

use heapless::Vec;
use v2x_proto::link::limits::RADIO_PAYLOAD_MAX;
use v2x_proto::link::message::RadioRate;
use v2x_units::MacAddress;

use super::Key;
use super::peers::{ENCRYPTED_MAX, Peers};
use crate::chassis::settings::{one_of, whole};
use crate::chassis::{NAME, Setting, Settings};

const MODE: &str = "mode";
const CHANNEL: &str = "radio.channel";
const POWER: &str = "radio.power";
const RATE: &str = "radio.rate";
const VERSION: &str = "radio.version";
const AIR_TIME: &str = "radio.airtime";
const PRIMARY_KEY: &str = "radio.key";
const PEERS: [&str; 4] = [
    "radio.peer.1",
    "radio.peer.2",
    "radio.peer.3",
    "radio.peer.4",
];

/// The longest payload that every ESP-NOW radio takes.
const VERSION_1_MAX: usize = 250;

/// A rate by its name, in Mbit/s; `lr` is Espressif's long range.
const RATES: [(&str, RadioRate); 10] = [
    ("1", RadioRate::Mbps1),
    ("2", RadioRate::Mbps2),
    ("5.5", RadioRate::Mbps5),
    ("11", RadioRate::Mbps11),
    ("6", RadioRate::Mbps6),
    ("12", RadioRate::Mbps12),
    ("24", RadioRate::Mbps24),
    ("54", RadioRate::Mbps54),
    ("lr250", RadioRate::LongRange250),
    ("lr500", RadioRate::LongRange500),
];

const fn peer(number: u8, key: &'static str) -> Setting {
    Setting {
        number,
        key,
        default: "",
        secret: true,
        check: |value| {
            if value.is_empty() || parse_peer(value).is_some() {
                Ok(())
            } else {
                Err("a MAC address, a comma and a key of 32 hex digits, or nothing")
            }
        },
    }
}

/// The settings of a radio board.
pub const SETTINGS: &[Setting] = &[
    NAME,
    Setting {
        number: 2,
        key: MODE,
        default: "link",
        secret: false,
        check: |value| one_of(value, &["link", "item"], "link or item"),
    },
    Setting {
        number: 30,
        key: CHANNEL,
        default: "1",
        secret: false,
        check: |value| whole(value, 1, 14, "1 to 14"),
    },
    Setting {
        number: 31,
        key: POWER,
        default: "15",
        secret: false,
        check: |value| whole(value, 2, 20, "2 to 20 dBm"),
    },
    Setting {
        number: 32,
        key: RATE,
        default: "1",
        secret: false,
        check: |value| match RATES.iter().any(|(name, _)| *name == value) {
            true => Ok(()),
            false => Err("1, 2, 5.5, 11, 6, 12, 24, 54, lr250 or lr500"),
        },
    },
    Setting {
        number: 33,
        key: VERSION,
        default: "1",
        secret: false,
        check: |value| one_of(value, &["1", "2"], "1 (250 bytes) or 2 (1470 bytes)"),
    },
    Setting {
        number: 34,
        key: AIR_TIME,
        default: "100",
        secret: false,
        check: |value| {
            whole(
                value,
                1,
                1000,
                "thousandths of the time, 1 to 1000 (no limit)",
            )
        },
    },
    Setting {
        number: 35,
        key: PRIMARY_KEY,
        default: "",
        secret: true,
        check: |value| {
            if value.is_empty() || parse_key(value).is_some() {
                Ok(())
            } else {
                Err("32 hex digits, or nothing")
            }
        },
    },
    peer(36, PEERS[0]),
    peer(37, PEERS[1]),
    peer(38, PEERS[2]),
    peer(39, PEERS[3]),
];

fn parse_key(text: &str) -> Option<Key> {
    let digits = text.as_bytes();
    if digits.len() != 32 || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let mut key = [0; 16];
    for (byte, pair) in key.iter_mut().zip(digits.chunks(2)) {
        let pair = core::str::from_utf8(pair).ok()?;
        *byte = u8::from_str_radix(pair, 16).ok()?;
    }
    Some(key)
}

fn parse_peer(text: &str) -> Option<(MacAddress, Key)> {
    let (address, key) = text.split_once(',')?;
    let address: MacAddress = address.parse().ok()?;
    if address.is_group() {
        return None;
    }
    Some((address, parse_key(key)?))
}

pub(super) fn speaks_items(settings: &Settings) -> bool {
    settings.text(MODE) == "item"
}

pub(super) fn channel(settings: &Settings) -> u8 {
    settings.number(CHANNEL).unwrap_or(1)
}

pub(super) fn power(settings: &Settings) -> i8 {
    settings
        .number::<i8>(POWER)
        .map_or(60, |dbm| dbm.saturating_mul(4))
}

pub(super) fn rate(settings: &Settings) -> RadioRate {
    let name = settings.text(RATE);
    let found = RATES.iter().find(|(known, _)| *known == name);
    found.map_or(RadioRate::Mbps1, |(_, rate)| *rate)
}

pub(super) fn length_max(settings: &Settings) -> usize {
    if settings.text(VERSION) == "2" {
        RADIO_PAYLOAD_MAX
    } else {
        VERSION_1_MAX
    }
}

pub(super) fn permille(settings: &Settings) -> u16 {
    settings.number(AIR_TIME).unwrap_or(100)
}

pub(super) fn primary_key(settings: &Settings) -> Option<Key> {
    parse_key(settings.text(PRIMARY_KEY))
}

pub(super) fn peers(settings: &Settings) -> Peers {
    let named = PEERS
        .iter()
        .filter_map(|key| parse_peer(settings.text(key)));
    let encrypted: Vec<_, ENCRYPTED_MAX> = named.collect();
    Peers::new(&encrypted)
}
