//! The text line of the prototype's slots, for a monitor that still reads it.
//!
//! Not here: how a line looks (`v2x_proto::legacy::evcs_line`). Reference: the page on the
//! prototype's wire formats, section (d): a line every two seconds, and a line of text in its place
//! when the meter could not be read.

use core::fmt::Write as _;
use core::time::Duration;

use v2x_proto::legacy::evcs_line::{MeterForm, MeterLine, emit_meter};
use v2x_proto::link::message::{MeterFault, MeterReading, MeterValues};
use v2x_units::{Amps, Degrees, Instant, Position};

use crate::chassis::settings::{one_of, whole};
use crate::chassis::{Chassis, Setting, Settings};
use crate::collector::prototype_text::say;

/// The speed of its line.
pub const BAUD: u32 = 115_200;

const EVERY: Duration = Duration::from_secs(2);
/// Whole degrees and up to seven decimals.
const DEGREES: &str = "degrees as 33.986242";

/// `link`, or the prototype's `text`.
pub const MODE: Setting = Setting {
    number: 2,
    key: "mode",
    default: "link",
    secret: false,
    check: |value| one_of(value, &["link", "text"], "link or text"),
};
/// Which of the prototype's four forms.
pub const FORM: Setting = Setting {
    number: 11,
    key: "text.form",
    default: "evse",
    secret: false,
    check: |value| {
        let forms = &["evse", "evse_slot", "evse_slot_unspaced", "evcs2_slot"];
        one_of(
            value,
            forms,
            "evse, evse_slot, evse_slot_unspaced or evcs2_slot",
        )
    },
};
/// The slot's number in the line.
pub const SLOT: Setting = Setting {
    number: 12,
    key: "text.slot",
    default: "1",
    secret: false,
    check: |value| whole(value, 1, 16, "1 to 16"),
};
/// From which current on the line says "vehicle connected".
pub const THRESHOLD: Setting = Setting {
    number: 13,
    key: "text.threshold",
    default: "0.5",
    secret: false,
    check: |value| match value.parse::<f64>() {
        Ok(amps) if (0.0..=100.0).contains(&amps) => Ok(()),
        _ => Err("amperes, 0 to 100"),
    },
};
/// Where the station is, north positive.
pub const LATITUDE: Setting = Setting {
    number: 14,
    key: "text.latitude",
    default: "0",
    secret: false,
    check: |value| degrees(value, 90.0),
};
/// Where the station is, east positive.
pub const LONGITUDE: Setting = Setting {
    number: 15,
    key: "text.longitude",
    default: "0",
    secret: false,
    check: |value| degrees(value, 180.0),
};

fn degrees(value: &str, largest: f64) -> Result<(), &'static str> {
    match value.parse::<f64>() {
        Ok(degrees) if degrees.abs() <= largest => Ok(()),
        _ => Err(DEGREES),
    }
}

/// What the line needs to know.
#[derive(Debug)]
pub struct PrototypeText {
    form: MeterForm,
    slot: u8,
    threshold: Amps,
    position: Position,
    newest: Result<MeterValues, MeterFault>,
    say_at: Instant,
}

impl PrototypeText {
    /// What the settings ask for; `None` when they ask for the link.
    #[must_use]
    pub fn of(settings: &Settings, now: Instant) -> Option<Self> {
        if settings.text(MODE.key) != "text" {
            return None;
        }
        let form = match settings.text(FORM.key) {
            "evse_slot" => MeterForm::EvseSlot,
            "evse_slot_unspaced" => MeterForm::EvseSlotUnspaced,
            "evcs2_slot" => MeterForm::EvcsSlot,
            _ => MeterForm::Evse,
        };
        let degrees = |key| Degrees::new(settings.number(key).unwrap_or(0.0));
        Some(Self {
            form,
            slot: settings.number(SLOT.key).unwrap_or(1),
            threshold: Amps::new(settings.number(THRESHOLD.key).unwrap_or(0.5)),
            position: Position::new(degrees(LATITUDE.key), degrees(LONGITUDE.key)).ok()?,
            newest: Err(MeterFault::Silent),
            say_at: now + EVERY,
        })
    }

    /// The meter was read.
    pub(crate) const fn reading(&mut self, reading: &MeterReading) {
        self.newest = reading.values;
    }

    pub(crate) const fn deadline(&self) -> Instant {
        self.say_at
    }

    /// Says the line that is due.
    pub(crate) fn poll(&mut self, now: Instant, chassis: &mut Chassis) {
        if now < self.say_at {
            return;
        }
        self.say_at = (self.say_at + EVERY).max(now);
        match &self.newest {
            Ok(values) => {
                let line = self.line(values);
                say(chassis, |out| emit_meter(&line, out).map_err(|_| ()));
            }
            Err(_) => say(chassis, |out| {
                out.write_str("ERROR: PZEM sensor reading failed")
                    .map_err(|_| ())
            }),
        }
    }

    fn line(&self, values: &MeterValues) -> MeterLine {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the prototype cuts the fraction off; a meter shows 0 to 6553 Hz"
        )]
        let frequency_hz = values.frequency_hz as u16;
        MeterLine {
            form: self.form,
            slot: self.slot,
            vehicle_connected: values.current > self.threshold,
            position: self.position,
            voltage: values.voltage,
            current: values.current,
            power: values.power,
            energy: values.energy,
            frequency_hz,
            power_factor: values.power_factor,
        }
    }
}
