//! BatteryData: after unplugging, the car tells the station of its battery as long as it is near.
//!
//! | request | bytes | meaning |
//! |---|---|---|
//! | battery | 15 | a battery report (`battery_report.rs`) |
//! | speed | 2 | 0.1 km/h |
//! | position | 4 + 4 | latitude, longitude, 10^-7 degrees |
//!
//! The response is empty; without it the car does not know that it is still heard. Ours: ISO
//! 15118-2 ends with the plug.

use v2x_units::{KilometersPerHour, Position};

use crate::link::body::{BodyError, Reader, Writer};
use crate::v2g::battery_report::BatteryReport;
use crate::v2g::field::{optional_u16, place, write_optional_u16, write_place};

/// The car tells of its battery.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct BatteryDataReq {
    /// The battery now.
    pub battery: BatteryReport,
    /// How fast it goes.
    pub speed: Option<KilometersPerHour>,
    /// Where it is.
    pub position: Option<Position>,
}

/// The station has heard it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatteryDataRes;

impl BatteryDataReq {
    const NAME: &'static str = "BatteryDataReq";

    pub(super) fn parse(body: &[u8]) -> Result<Self, BodyError> {
        let mut from = Reader::new(Self::NAME, body);
        let message = Self {
            battery: BatteryReport::parse(&mut from)?,
            speed: optional_u16(&mut from, "speed", 10.0)?.map(KilometersPerHour::new),
            position: place(&mut from, "position")?,
        };
        from.end("position")?;
        Ok(message)
    }

    pub(super) fn emit(&self, out: &mut [u8]) -> Result<usize, BodyError> {
        let mut to = Writer::new(Self::NAME, out);
        self.battery.emit(&mut to)?;
        write_optional_u16(
            &mut to,
            "speed",
            self.speed.map(KilometersPerHour::get),
            10.0,
        )?;
        write_place(&mut to, "position", self.position)?;
        Ok(to.used())
    }
}

impl BatteryDataRes {
    pub(super) fn parse(body: &[u8]) -> Result<Self, BodyError> {
        Reader::new("BatteryDataRes", body).end("type")?;
        Ok(Self)
    }

    pub(super) fn emit(&self, _: &mut [u8]) -> Result<usize, BodyError> {
        Ok(0)
    }
}
