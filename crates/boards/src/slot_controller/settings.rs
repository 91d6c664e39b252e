//! What a slot is, as its owner set it: meter, relay, plug input, who may use it.
//!
//! Not here: what the settings mean for a session (`v2x_charging::session::config`).

use v2x_charging::{MeterLimits, Policy, SlotConfig};
use v2x_proto::pzem;
use v2x_proto::secure::ClockUnknown;
use v2x_units::Instant;

use super::relay::Relay;
use crate::chassis::settings::{on_or_off, one_of, whole};
use crate::chassis::{NAME, Setting, Settings};
use crate::slot_meter::{self, ADDRESS};

const RELAY: &str = "relay";
const PLUG: &str = "plug";
const POLICY: &str = "policy";
const KIND: &str = "slot";
const SHUNT: &str = "meter.range";
const CHANNEL: &str = "radio.channel";
const POWER: &str = "radio.power";
/// Whether cars are believed while the time is not known, and looked at again once it is.
const WITHOUT_CLOCK: &str = "v2g.noclock";
/// Whether nobody is believed while the revocation list is missing or stale.
const FRESH_REVOCATIONS: &str = "v2g.fresh";

/// What a slot controller has beside the settings of its meter and its text line.
const OWN: [Setting; 9] = [
    Setting {
        number: 20,
        key: RELAY,
        default: "none",
        secret: false,
        check: |value| {
            let kinds = &["none", "plain", "feedback"];
            one_of(value, kinds, "none, plain or feedback")
        },
    },
    Setting {
        number: 21,
        key: PLUG,
        default: "off",
        secret: false,
        check: on_or_off,
    },
    Setting {
        number: 22,
        key: POLICY,
        default: "free",
        secret: false,
        check: |value| {
            let policies = &["free", "operator", "known"];
            one_of(value, policies, "free, operator or known")
        },
    },
    Setting {
        number: 23,
        key: KIND,
        default: "ev",
        secret: false,
        check: |value| one_of(value, &["ev", "small"], "ev or small"),
    },
    Setting {
        number: 24,
        key: SHUNT,
        default: "100",
        secret: false,
        check: |value| one_of(value, &["10", "100"], "10 or 100 A, as on the meter's back"),
    },
    Setting {
        number: 25,
        key: CHANNEL,
        default: "1",
        secret: false,
        check: |value| whole(value, 1, 14, "1 to 14"),
    },
    Setting {
        number: 26,
        key: POWER,
        default: "15",
        secret: false,
        check: |value| whole(value, 2, 20, "2 to 20 dBm"),
    },
    Setting {
        number: 27,
        key: WITHOUT_CLOCK,
        default: "on",
        secret: false,
        check: on_or_off,
    },
    Setting {
        number: 28,
        key: FRESH_REVOCATIONS,
        default: "off",
        secret: false,
        check: on_or_off,
    },
];

/// The settings of a slot controller: those of a slot meter, and its own.
pub const SETTINGS: &[Setting] = &{
    const OF_METER: usize = slot_meter::SETTINGS.len();
    let mut all = [NAME; OF_METER + OWN.len()];
    let mut row = 0;
    while row < all.len() {
        all[row] = if row < OF_METER {
            slot_meter::SETTINGS[row]
        } else {
            OWN[row - OF_METER]
        };
        row += 1;
    }
    all
};

pub(super) fn slot(settings: &Settings) -> SlotConfig {
    let kind = match settings.text(KIND) {
        "small" => SlotConfig::small_device(),
        _ => SlotConfig::ev(),
    };
    SlotConfig {
        has_relay: settings.text(RELAY) != "none",
        policy: match settings.text(POLICY) {
            "operator" => Policy::OperatorRelease,
            "known" => Policy::KnownCars,
            _ => Policy::FreeVend,
        },
        ..kind
    }
}

pub(super) fn limits(settings: &Settings) -> MeterLimits {
    match settings.text(SHUNT) {
        "10" => MeterLimits::pzem_004t_10a(),
        _ => MeterLimits::pzem_004t_100a(),
    }
}

pub(super) fn relay(settings: &Settings, now: Instant) -> Relay {
    let kind = settings.text(RELAY);
    Relay::new(kind != "none", kind == "feedback", now)
}

pub(super) fn address(settings: &Settings) -> u8 {
    settings
        .number(ADDRESS.key)
        .unwrap_or(pzem::GENERAL_ADDRESS)
}

pub(super) fn has_plug_input(settings: &Settings) -> bool {
    settings.is_on(PLUG)
}

/// The Wi-Fi channel of a slot's radio.
#[must_use]
pub fn radio_channel(settings: &Settings) -> u8 {
    settings.number(CHANNEL).unwrap_or(1)
}

/// The power of a slot's radio in dBm.
#[must_use]
pub fn radio_power(settings: &Settings) -> u8 {
    settings.number(POWER).unwrap_or(15)
}

/// Whom to believe while something is not known.
pub(super) fn trust(settings: &Settings) -> (ClockUnknown, bool) {
    let clock = if settings.is_on(WITHOUT_CLOCK) {
        ClockUnknown::AcceptForNow
    } else {
        ClockUnknown::Refuse
    };
    (clock, settings.is_on(FRESH_REVOCATIONS))
}
