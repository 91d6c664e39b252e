//! `vehicle_v2v_data_t`: what one build of the prototype, of 21 August 2025, says between cars.
//!
//! | offset | field | type | unit |
//! |---|---|---|---|
//! | 0 | `mac` | 6 bytes | |
//! | 8, 12 | `latitude`, `longitude` | f32 | degrees |
//! | 16 | `speed` | f32 | km/h |
//! | 20 | `acceleration` | f32 | m/s² |
//! | 24 | `brake` | u8 | 0 or 1 |
//! | 25 | `gear` | u8 | 0 P, 1 R, 2 N, 3 D |
//! | 28 | `heading` | f32 | degrees |
//! | 32 | `timestamp` | u32 | ms since its start |
//! | 36 | `message_type` | u8 | 2 |

use v2x_units::{Degrees, KilometersPerHour, MacAddress, MetersPerSecondSquared, Position};

use super::error::{RadioError, Seen};
use super::fields::{Fields, Out, Plausible, RadioBytes};

const MESSAGE: &str = "vehicle_v2v_data_t";

/// Its length in bytes.
const LENGTH: usize = 40;

/// What stands at its end, where the struct to a station has 1.
const MESSAGE_TYPE: u8 = 2;

/// The selector of this build.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Selector {
    /// Parked.
    Park,
    /// Backwards.
    Reverse,
    /// Neutral.
    Neutral,
    /// Forwards.
    Drive,
}

impl Selector {
    const ALL: [Self; 4] = [Self::Park, Self::Reverse, Self::Neutral, Self::Drive];
}

/// What a car of this build says to other cars. Nobody has proven any of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct VehicleV2vData {
    /// The car's own address.
    pub mac: MacAddress,
    /// Where it is; `None` for the null island.
    pub position: Option<Position>,
    /// How fast it is.
    pub speed: KilometersPerHour,
    /// How it gets faster.
    pub acceleration: MetersPerSecondSquared,
    /// Whether it brakes.
    pub brake: bool,
    /// What is selected.
    pub gear: Selector,
    /// Where it heads, clockwise from north.
    pub heading: Degrees,
    /// Milliseconds since its start.
    pub uptime_ms: u32,
}

impl VehicleV2vData {
    /// Reads the struct.
    ///
    /// # Errors
    /// [`RadioError`] when the length is not 40 or a field is implausible.
    pub fn parse(bytes: &[u8]) -> Result<Self, RadioError> {
        if bytes.len() != LENGTH {
            let have = bytes.len();
            return Err(RadioError::Length { have });
        }
        let fields = Fields::new(MESSAGE, bytes);
        let kind = fields.u8(36)?;
        if kind != MESSAGE_TYPE {
            return Err(fields.refuse("message_type", 36, Seen::number(kind), "1 or 2"));
        }
        let gear = fields.u8(25)?;
        let selector = Selector::ALL.get(usize::from(gear));
        let acceleration = fields.number(20, "acceleration", Plausible::ACCELERATION)?;
        Ok(Self {
            mac: fields.mac(0)?,
            position: fields.position(8, 12)?,
            speed: KilometersPerHour::new(fields.number(16, "speed", Plausible::SPEED)?),
            acceleration: MetersPerSecondSquared::new(acceleration),
            brake: fields.flag(24, "brake")?,
            gear: *selector
                .ok_or_else(|| fields.refuse("gear", 25, Seen::number(gear), "0 to 3"))?,
            heading: Degrees::new(fields.number(28, "heading", Plausible::HEADING)?),
            uptime_ms: fields.u32(32)?,
        })
    }

    /// Writes the struct.
    ///
    /// # Errors
    /// [`RadioError::Implausible`] for a value that [`Self::parse`] would refuse.
    pub fn emit(&self) -> Result<RadioBytes, RadioError> {
        let mut out = Out::new(LENGTH);
        out.mac(0, self.mac);
        if let Some(position) = self.position {
            out.position(8, 12, position);
        }
        out.number(16, self.speed.get());
        out.number(20, self.acceleration.get());
        out.flag(24, self.brake);
        let gear = match self.gear {
            Selector::Park => 0,
            Selector::Reverse => 1,
            Selector::Neutral => 2,
            Selector::Drive => 3,
        };
        out.put(25, &[gear]);
        out.number(28, self.heading.get());
        out.u32(32, self.uptime_ms);
        out.put(36, &[MESSAGE_TYPE]);
        let bytes = out.finish();
        Self::parse(&bytes).map(|_| bytes)
    }
}
