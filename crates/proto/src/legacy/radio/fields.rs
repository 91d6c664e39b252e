//! Fields at fixed places of the prototype's structs, little-endian, each with what is plausible.
//!
//! Not which fields a struct has: each is a file of its own beside this one. The prototype's
//! compilers leave padding between fields; it is passed over when read and zero when written.

use heapless::Vec;
use v2x_units::{Degrees, MacAddress, Meters, Position, StateOfCharge};

use super::error::{RadioError, Seen};

/// The most bytes of any struct of the prototype: the newest `Item`.
pub const LONGEST: usize = 88;

/// A struct of the prototype, written.
pub type RadioBytes = Vec<u8, LONGEST>;

/// Smaller numbers than this, but for zero, no prototype sends.
const ALMOST_NOTHING: f64 = 1e-12;

/// What numbers of a field are plausible.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plausible {
    low: f64,
    high: f64,
    expected: &'static str,
}

impl Plausible {
    const fn new(low: f64, high: f64, expected: &'static str) -> Self {
        Self {
            low,
            high,
            expected,
        }
    }

    pub(super) const PACK_VOLTAGE: Self = Self::new(0.0, 100.0, "0 to 100 V");
    pub(super) const PACK_CURRENT: Self = Self::new(-600.0, 600.0, "-600 to 600 A");
    pub(super) const PACK_ENERGY: Self = Self::new(0.0, 50.0, "0 to 50 kWh");
    /// The prototype takes 1.7 km/h off, so a car at rest goes backwards.
    pub(super) const SPEED: Self = Self::new(-10.0, 150.0, "-10 to 150 km/h");
    pub(super) const DISTANCE: Self = Self::new(0.0, 1e6, "0 to 1 000 000 km");
    pub(super) const ACCELERATION: Self = Self::new(-50.0, 50.0, "-50 to 50 m/s2");
    pub(super) const HEADING: Self = Self::new(0.0, 360.0, "0 to 360 degrees");
    pub(super) const PERCENT: Self = Self::new(0.0, 100.0, "0 to 100 %");
    pub(super) const PEDAL: Self = Self::new(0.0, 110.0, "0 to 110 %");
    pub(super) const ALTITUDE: Self = Self::new(-500.0, 9_000.0, "-500 to 9000 m");
    pub(super) const MAINS_VOLTAGE: Self = Self::new(0.0, 500.0, "0 to 500 V");
    pub(super) const MAINS_CURRENT: Self = Self::new(0.0, 100.0, "0 to 100 A");
    pub(super) const MAINS_POWER: Self = Self::new(0.0, 70_000.0, "0 to 70 000 W");
    pub(super) const SESSION_ENERGY: Self = Self::new(0.0, 1_000.0, "0 to 1000 kWh");
    pub(super) const MONEY: Self = Self::new(0.0, 1e6, "0 to 1 000 000 currency units");
    const LATITUDE: Self = Self::new(-90.0, 90.0, "-90 to 90 degrees");
    const LONGITUDE: Self = Self::new(-180.0, 180.0, "-180 to 180 degrees");
}

/// Where a prototype car or station says it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ItemFix {
    /// The place, to 0.4 m: the prototype keeps degrees in 32 bits.
    pub position: Position,
    /// Metres above the sea, as its receiver says.
    pub altitude: Meters,
    /// The byte `gps_valid`, not 0: the sender's local hour, 1 to 24, by a mistake of its own. It
    /// says nothing about whether or when the receiver last had a fix.
    pub hour: u8,
}

/// Where the parts of an [`ItemFix`] stand.
#[derive(Debug, Clone, Copy)]
pub(super) struct FixAt {
    pub(super) latitude: usize,
    pub(super) longitude: usize,
    pub(super) altitude: usize,
    /// Where `gps_valid` stands; one layout has none.
    pub(super) valid: Option<usize>,
}

/// The bytes of a struct whose length is right, and its name for errors.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fields<'a> {
    message: &'static str,
    bytes: &'a [u8],
}

impl<'a> Fields<'a> {
    pub(super) const fn new(message: &'static str, bytes: &'a [u8]) -> Self {
        Self { message, bytes }
    }

    pub(super) const fn refuse(
        &self,
        field: &'static str,
        at: usize,
        seen: Seen,
        expected: &'static str,
    ) -> RadioError {
        RadioError::Implausible {
            message: self.message,
            field,
            at,
            seen,
            expected,
        }
    }

    pub(super) fn array<const N: usize>(&self, at: usize) -> Result<[u8; N], RadioError> {
        let field = self.bytes.get(at..).and_then(<[u8]>::first_chunk);
        field.copied().ok_or(RadioError::Length {
            have: self.bytes.len(),
        })
    }

    pub(super) fn u8(&self, at: usize) -> Result<u8, RadioError> {
        self.array(at).map(u8::from_le_bytes)
    }

    pub(super) fn u32(&self, at: usize) -> Result<u32, RadioError> {
        self.array(at).map(u32::from_le_bytes)
    }

    pub(super) fn mac(&self, at: usize) -> Result<MacAddress, RadioError> {
        self.array(at).map(MacAddress::new)
    }

    pub(super) fn number(
        &self,
        at: usize,
        field: &'static str,
        plausible: Plausible,
    ) -> Result<f64, RadioError> {
        let seen = f64::from(f32::from_le_bytes(self.array(at)?));
        // What is almost nothing is no measurement, but bytes that stand where others belong.
        let is_shifted = seen != 0.0 && seen.abs() < ALMOST_NOTHING;
        if (plausible.low..=plausible.high).contains(&seen) && !is_shifted {
            Ok(seen)
        } else {
            Err(self.refuse(field, at, Seen::Number(seen), plausible.expected))
        }
    }

    pub(super) fn flag(&self, at: usize, field: &'static str) -> Result<bool, RadioError> {
        match self.u8(at)? {
            0 => Ok(false),
            1 => Ok(true),
            other => Err(self.refuse(field, at, Seen::number(other), "0 or 1")),
        }
    }

    /// A state of charge in whole percent.
    pub(super) fn soc(&self, at: usize, field: &'static str) -> Result<StateOfCharge, RadioError> {
        let seen = u16::from_le_bytes(self.array(at)?);
        StateOfCharge::from_percent(seen.into())
            .ok_or_else(|| self.refuse(field, at, Seen::number(seen), Plausible::PERCENT.expected))
    }

    /// A state of charge with a fraction.
    pub(super) fn percent(
        &self,
        at: usize,
        field: &'static str,
    ) -> Result<StateOfCharge, RadioError> {
        let seen = self.number(at, field, Plausible::PERCENT)?;
        StateOfCharge::from_percent(seen)
            .ok_or_else(|| self.refuse(field, at, Seen::Number(seen), Plausible::PERCENT.expected))
    }

    /// A place that must be on the earth, and is `None` when it is the null island.
    pub(super) fn position(
        &self,
        latitude: usize,
        longitude: usize,
    ) -> Result<Option<Position>, RadioError> {
        let north = self.number(latitude, "latitude", Plausible::LATITUDE)?;
        let east = self.number(longitude, "longitude", Plausible::LONGITUDE)?;
        let place = Position::new(Degrees::new(north), Degrees::new(east)).ok();
        Ok(place.filter(|place| !place.is_null_island()))
    }

    /// A fix, or `None` when the sender says that it has none or stands on the null island.
    pub(super) fn fix(&self, at: FixAt) -> Result<Option<ItemFix>, RadioError> {
        let hour = at.valid.map_or(Ok(1), |at| self.u8(at))?;
        if hour > 24 {
            let place = at.valid.unwrap_or_default();
            return Err(self.refuse("gps_valid", place, Seen::number(hour), "0 to 24"));
        }
        let position = self.position(at.latitude, at.longitude)?;
        let altitude = self.number(at.altitude, "altitude", Plausible::ALTITUDE)?;
        Ok(position.filter(|_| hour != 0).map(|position| ItemFix {
            position,
            altitude: Meters::new(altitude),
            hour,
        }))
    }
}

/// A struct that is being written: zeros wherever nothing is put.
#[derive(Debug)]
pub(super) struct Out(RadioBytes);

impl Out {
    /// Begins a struct of so many bytes, at most [`LONGEST`].
    pub(super) fn new(length: usize) -> Self {
        let mut bytes = RadioBytes::new();
        bytes
            .resize_default(length)
            .expect("no struct is longer than the longest");
        Self(bytes)
    }

    pub(super) fn finish(self) -> RadioBytes {
        self.0
    }

    pub(super) fn put(&mut self, at: usize, field: &[u8]) {
        let room = self.0.get_mut(at..at + field.len());
        room.expect("a field lies within its struct")
            .copy_from_slice(field);
    }

    pub(super) fn number(&mut self, at: usize, value: f64) {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the prototype's numbers have 32 bits; what becomes infinite is refused"
        )]
        let short = value as f32;
        self.put(at, &short.to_le_bytes());
    }

    pub(super) fn u32(&mut self, at: usize, value: u32) {
        self.put(at, &value.to_le_bytes());
    }

    pub(super) fn flag(&mut self, at: usize, value: bool) {
        self.put(at, &[value.into()]);
    }

    pub(super) fn mac(&mut self, at: usize, mac: MacAddress) {
        self.put(at, &mac.octets());
    }

    pub(super) fn soc(&mut self, at: usize, percent: f64) {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "0 to 100, rounded to whole percent"
        )]
        let percent = (percent + 0.5) as u16;
        self.put(at, &percent.to_le_bytes());
    }

    pub(super) fn position(&mut self, latitude: usize, longitude: usize, place: Position) {
        self.number(latitude, place.latitude().get());
        self.number(longitude, place.longitude().get());
    }

    pub(super) fn fix(&mut self, at: FixAt, fix: Option<ItemFix>) {
        let Some(fix) = fix else { return };
        self.position(at.latitude, at.longitude, fix.position);
        self.number(at.altitude, fix.altitude.get());
        if let Some(valid) = at.valid {
            self.put(valid, &[fix.hour]);
        }
    }
}
