//! ChargingStatus: every 5 s the car tells of its battery and hears what the meter says.
//!
//! The request is a battery report (`battery_report.rs`).
//!
//! | response | bytes | meaning |
//! |---|---|---|
//! | notification | 1 | code of [`Notification`] |
//! | voltage | 2 | 0.1 V, measured |
//! | current | 4 | 1 mA, measured |
//! | power | 4 | 0.1 W, measured |
//! | power factor | 2 | 0.01, measured |
//! | energy | 4 | Wh, of this session |
//! | cost | 12 | money, of this session so far |
//!
//! ISO 15118-2, ChargingStatusReq and ChargingStatusRes; the measurements are ours.

use v2x_units::{Amps, Volts, WattHours, Watts};

use crate::link::body::{BodyError, Reader, Writer, coded};
use crate::v2g::battery_report::BatteryReport;
use crate::v2g::field::{
    coded_byte, optional_u16, optional_u32, write_optional_u16, write_optional_u32,
};
use crate::v2g::money::Money;

coded! {
    /// What the station wants the car to do (EVSENotification).
    Notification {
        /// Go on.
        None = 0,
        /// Stop: the station has ended the power, or is about to.
        StopCharging = 1,
        /// Agree upon the parameters anew.
        Renegotiation = 2,
    }
}

/// The car tells of its battery.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ChargingStatusReq {
    /// The battery now.
    pub battery: BatteryReport,
}

impl ChargingStatusReq {
    const NAME: &'static str = "ChargingStatusReq";

    pub(super) fn parse(body: &[u8]) -> Result<Self, BodyError> {
        let mut from = Reader::new(Self::NAME, body);
        let battery = BatteryReport::parse(&mut from)?;
        from.end("battery")?;
        Ok(Self { battery })
    }

    pub(super) fn emit(&self, out: &mut [u8]) -> Result<usize, BodyError> {
        let mut to = Writer::new(Self::NAME, out);
        self.battery.emit(&mut to)?;
        Ok(to.used())
    }
}

/// What a slot's meter says and what it costs; what is not known is `None`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct MeterReading {
    /// Of the mains.
    pub voltage: Option<Volts>,
    /// Into the car.
    pub current: Option<Amps>,
    /// Into the car, real power.
    pub power: Option<Watts>,
    /// Real power by apparent power, 0 to 1.
    pub power_factor: Option<f64>,
    /// Of this session.
    pub energy: Option<WattHours>,
    /// Of this session so far.
    pub cost: Option<Money>,
}

/// The station tells what its meter says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChargingStatusRes {
    /// What it wants the car to do.
    pub notification: Notification,
    /// The meter now.
    pub meter: MeterReading,
}

impl ChargingStatusRes {
    const NAME: &'static str = "ChargingStatusRes";

    pub(super) fn parse(body: &[u8]) -> Result<Self, BodyError> {
        let mut from = Reader::new(Self::NAME, body);
        let notification = coded_byte(&mut from, "notification", Notification::from_code)?;
        let meter = MeterReading {
            voltage: optional_u16(&mut from, "voltage", 10.0)?.map(Volts::new),
            current: optional_u32(&mut from, "current", 1000.0)?.map(Amps::new),
            power: optional_u32(&mut from, "power", 10.0)?.map(Watts::new),
            power_factor: optional_u16(&mut from, "power factor", 100.0)?,
            energy: optional_u32(&mut from, "energy", 1.0)?.map(WattHours::new),
            cost: Money::parse(&mut from, "cost")?,
        };
        from.end("cost")?;
        Ok(Self {
            notification,
            meter,
        })
    }

    pub(super) fn emit(&self, out: &mut [u8]) -> Result<usize, BodyError> {
        let (mut to, meter) = (Writer::new(Self::NAME, out), &self.meter);
        to.u8("notification", self.notification.code())?;
        write_optional_u16(&mut to, "voltage", meter.voltage.map(Volts::get), 10.0)?;
        write_optional_u32(&mut to, "current", meter.current.map(Amps::get), 1000.0)?;
        write_optional_u32(&mut to, "power", meter.power.map(Watts::get), 10.0)?;
        write_optional_u16(&mut to, "power factor", meter.power_factor, 100.0)?;
        write_optional_u32(&mut to, "energy", meter.energy.map(WattHours::get), 1.0)?;
        Money::emit(meter.cost.as_ref(), &mut to, "cost")?;
        Ok(to.used())
    }
}
