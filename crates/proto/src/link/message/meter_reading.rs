//! Type 8, meter reading: what a PZEM-004T answered, or why there is no answer.
//!
//! | field | bytes | meaning |
//! |---|---|---|
//! | address | 1 | Modbus address of the meter |
//! | status | 1 | 0 good, otherwise a code of [`MeterFault`], and nothing follows |
//! | voltage | 2 | 0.1 V |
//! | current | 4 | 0.001 A |
//! | power | 4 | 0.1 W |
//! | energy | 4 | Wh, the meter's own total |
//! | frequency | 2 | 0.1 Hz |
//! | power factor | 1 | 0.01 |
//! | alarm | 1 | 1 while power is above the meter's threshold, otherwise 0 |
//!
//! The steps are those of the meter's registers, so nothing is rounded. Whether a reading is
//! plausible is the `charging` crate's business.

use v2x_units::{Amps, Volts, WattHours, Watts};

use crate::link::body::{BodyError, Reader, Writer, coded};

const NAME: &str = "meter reading";

/// The status of a reading that holds values.
const GOOD: u8 = 0;

const TENTHS: f64 = 10.0;
const HUNDREDTHS: f64 = 100.0;
const THOUSANDTHS: f64 = 1000.0;

coded! {
    /// Why a meter gave no values.
    MeterFault {
        /// No answer: no mains on the measuring side, no cable, or another address.
        Silent = 1,
        /// An answer with a wrong checksum.
        Checksum = 2,
        /// An answer of a wrong length or to another question.
        Malformed = 3,
        /// The meter answered with a Modbus exception.
        Exception = 4,
    }
}

/// The values of one good answer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MeterValues {
    /// AC voltage, in steps of 0.1 V.
    pub voltage: Volts,
    /// AC current without direction, in steps of 0.001 A.
    pub current: Amps,
    /// Active power without direction, in steps of 0.1 W.
    pub power: Watts,
    /// The meter's own total since its last reset, in whole watt hours.
    pub energy: WattHours,
    /// Mains frequency in Hz, in steps of 0.1.
    pub frequency_hz: f64,
    /// Power factor 0 to 1, in steps of 0.01.
    pub power_factor: f64,
    /// Whether power is above the meter's alarm threshold.
    pub alarm: bool,
}

/// One attempt to read a meter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MeterReading {
    /// Modbus address of the meter.
    pub address: u8,
    /// What it answered, or why there is nothing.
    pub values: Result<MeterValues, MeterFault>,
}

impl MeterReading {
    /// The type number.
    pub const TYPE: u8 = 8;

    /// Reads a body.
    ///
    /// # Errors
    /// Names the field that is cut or has no meaning.
    pub fn parse(body: &[u8]) -> Result<Self, BodyError> {
        let mut from = Reader::new(NAME, body);
        let address = from.u8("address")?;
        let values = match from.code("status", status)? {
            None => Ok(MeterValues::read(&mut from)?),
            Some(fault) => Err(fault),
        };
        from.end("alarm")?;
        Ok(Self { address, values })
    }

    /// Writes a body.
    ///
    /// # Errors
    /// Names the field that has no room for its value, or says that `out` is too short.
    pub fn emit(&self, out: &mut [u8]) -> Result<usize, BodyError> {
        let mut to = Writer::new(NAME, out);
        to.u8("address", self.address)?;
        match &self.values {
            Ok(values) => {
                to.u8("status", GOOD)?;
                values.write(&mut to)?;
            }
            Err(fault) => to.u8("status", fault.code())?,
        }
        Ok(to.used())
    }
}

fn status(code: u8) -> Option<Option<MeterFault>> {
    match code {
        GOOD => Some(None),
        other => MeterFault::from_code(other).map(Some),
    }
}

impl MeterValues {
    fn read(from: &mut Reader<'_>) -> Result<Self, BodyError> {
        Ok(Self {
            voltage: Volts::new(f64::from(from.u16("voltage")?) / TENTHS),
            current: Amps::new(f64::from(from.u32("current")?) / THOUSANDTHS),
            power: Watts::new(f64::from(from.u32("power")?) / TENTHS),
            energy: WattHours::new(f64::from(from.u32("energy")?)),
            frequency_hz: f64::from(from.u16("frequency")?) / TENTHS,
            power_factor: f64::from(from.u8("power factor")?) / HUNDREDTHS,
            alarm: from.flag("alarm")?,
        })
    }

    fn write(&self, to: &mut Writer<'_>) -> Result<(), BodyError> {
        to.scaled("voltage", self.voltage.get(), TENTHS, u16::to_le_bytes)?;
        to.scaled("current", self.current.get(), THOUSANDTHS, u32::to_le_bytes)?;
        to.scaled("power", self.power.get(), TENTHS, u32::to_le_bytes)?;
        to.scaled("energy", self.energy.get(), 1.0, u32::to_le_bytes)?;
        to.scaled("frequency", self.frequency_hz, TENTHS, u16::to_le_bytes)?;
        to.scaled(
            "power factor",
            self.power_factor,
            HUNDREDTHS,
            u8::to_le_bytes,
        )?;
        to.u8("alarm", u8::from(self.alarm))
    }
}
