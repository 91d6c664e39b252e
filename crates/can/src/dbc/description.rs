//! What a DBC says of a signal besides its bits, for those who show it.
//!
//! Where the bits lie and when they count is in `message`.

use std::time::Duration;

use can_dbc::{NumericValue, Signal};
use v2x_units::CanId;

use super::attributes;
use super::error::DbcFault;
use super::message::Builder;
use super::tables::Fault;
use crate::signal::{self, SignalInfo};

impl Builder<'_> {
    /// How often the message comes; `None` on events only.
    pub(super) fn cycle(&self) -> Result<Option<Duration>, Fault> {
        let attributes = &self.source.attributes;
        let seen = attributes.text(self.message.id, "", attributes::CYCLE_TIME);
        attributes::cycle(&seen).map_err(|expected| {
            let id = self.message.id.raw().to_string();
            let fault = DbcFault::BadAttribute {
                attribute: attributes::CYCLE_TIME,
                object: self.message.name.clone(),
                seen,
                expected,
            };
            let words = ["BA_", attributes::CYCLE_TIME, "BO_", &id];
            (self.source.lines.find(&words).unwrap_or(self.line), fault)
        })
    }

    /// Everything that is known of a signal of this message.
    pub(super) fn info(&self, signal: &Signal, id: CanId) -> Result<SignalInfo, Fault> {
        let object = (self.message.id, signal.name.as_str());
        let bad = |name: &'static str| {
            move |expected| self.at_attribute(signal, name, &self.attribute(signal, name), expected)
        };
        let read = |name| self.attribute(signal, name);
        let personal = attributes::personal(&read(attributes::PERSONAL_DATA))
            .map_err(bad(attributes::PERSONAL_DATA))?;
        let confidence = attributes::confidence(&read(attributes::CONFIDENCE))
            .map_err(bad(attributes::CONFIDENCE))?;
        let of_message = |name| self.source.attributes.text(self.message.id, "", name);
        let cycle = self.cycle()?;
        let own_source = Some(read(attributes::SIGNAL_SOURCE)).filter(|text| !text.is_empty());
        let table = self.source.labels.get(&object).copied().unwrap_or_default();
        let mut labels: Vec<_> = table
            .iter()
            .map(|label| (label.id, label.description.clone()))
            .collect();
        labels.sort();
        Ok(SignalInfo {
            message: self.message.name.clone(),
            name: signal.name.clone(),
            qualified: self.qualified(signal),
            id,
            unit: signal.unit.clone(),
            minimum: to_f64(signal.min),
            maximum: to_f64(signal.max),
            is_enum: !labels.is_empty() || signal.unit == "enum",
            personal,
            labels,
            comment: self
                .source
                .comments
                .get(&object)
                .copied()
                .unwrap_or_default()
                .to_owned(),
            decimals: signal::decimals(signal.factor, signal.offset),
            confidence,
            source: own_source.unwrap_or_else(|| of_message(attributes::MESSAGE_SOURCE)),
            cycle,
        })
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "limits are for display; f64 holds what people read"
)]
fn to_f64(number: NumericValue) -> f64 {
    match number {
        NumericValue::Uint(number) => number as f64,
        NumericValue::Int(number) => number as f64,
        NumericValue::Double(number) => number,
    }
}
