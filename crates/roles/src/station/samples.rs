//! Readings of boards and meters as samples of a slot.
//!
//! Not here: whether a sample is plausible (`charging`).

use v2x_charging::MeterSample;
use v2x_proto::legacy::evcs_line::{MeterForm, MeterLine};
use v2x_proto::link::message::MeterValues;
use v2x_units::{Hertz, Instant};

use super::SlotNumber;

/// The sample of a text line.
#[must_use]
pub fn of_line(at: Instant, line: &MeterLine) -> MeterSample {
    MeterSample {
        at,
        voltage: Some(line.voltage),
        current: Some(line.current),
        power: Some(line.power),
        energy: Some(line.energy),
        // The sender cuts the decimals: 49.9 Hz reads 49, which the range of a meter allows.
        frequency: Some(Hertz::new(f64::from(line.frequency_hz))),
        power_factor: Some(line.power_factor),
    }
}

/// The slot that a text line names; `None` for the form that has no number in it.
#[must_use]
pub fn slot_of_line(line: &MeterLine) -> Option<SlotNumber> {
    match line.form {
        MeterForm::Evse => None,
        MeterForm::EvseSlotUnspaced | MeterForm::EvcsSlot | MeterForm::EvseSlot => {
            SlotNumber::new(line.slot)
        }
    }
}

/// The sample of a meter that answered.
#[must_use]
pub fn of_values(at: Instant, values: &MeterValues) -> MeterSample {
    MeterSample {
        at,
        voltage: Some(values.voltage),
        current: Some(values.current),
        power: Some(values.power),
        energy: Some(values.energy),
        frequency: Some(Hertz::new(values.frequency_hz)),
        power_factor: Some(values.power_factor),
    }
}
