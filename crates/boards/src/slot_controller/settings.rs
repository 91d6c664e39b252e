//! What a slot is, as its owner set it: meter, relay, plug input, who may use it.
//!
//! Not here: what the settings mean for a session (`v2x_charging::session::config`).

use v2x_charging::{MeterLimits, Policy, SlotConfig};
use v2x_proto::pzem;
use v2x_units::Instant;

use super::relay::Relay;
use crate::chassis::settings::{on_or_off, one_of};
use crate::chassis::{NAME, Setting, Settings};
use crate::slot_meter::{self, ADDRESS};

const RELAY: &str = "relay";
const PLUG: &str = "plug";
const POLICY: &str = "policy";
const KIND: &str = "slot";
const SHUNT: &str = "meter.range";

/// What a slot controller has beside the settings of its meter and its text line.
const OWN: [Setting; 5] = [
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
        check: |value| one_of(value, &["free", "operator"], "free or operator"),
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
