//! What can happen to a car's V2V, and what its owner has set.
//!
//! Not what follows from it (`station.rs`).

use alloc::vec::Vec;
use core::time::Duration;

use v2x_units::{
    Degrees, DegreesPerSecond, Instant, MacAddress, Meters, MetersPerSecond,
    MetersPerSecondSquared, Position, UtcTime,
};

use super::congestion::AirRate;
use super::pseudonym::Pseudonym;
use crate::deadlines::CAM_INTERVAL_MIN;
use crate::v2g::BatteryReport;
use crate::wire::cam::ExteriorLights;
use crate::wire::certificate::HashedId8;
use crate::wire::motion::DriveDirection;
use crate::wire::packet::EspNow;
use crate::wire::station::{ActionId, StationType};

/// What can happen.
#[derive(Debug)]
pub enum V2vInput<'a> {
    /// A fix of the car's own receiver. A fix that is not good is not handed in.
    Position(OwnPosition),
    /// How the car moves, as its bus tells it.
    Motion(Motion),
    /// How the car is: battery, faults.
    Condition(Condition),
    /// The radio heard these bytes. Hand in everything it hears, also what is not for V2V: it
    /// tells how busy the channel is.
    Heard(Heard<'a>),
    /// The channel was busy for so long with what was not handed in: frames of others that the
    /// radio heard and dropped, or its own that V2V did not ask for.
    ChannelBusy(Duration),
    /// What the wall clock says; `None` when it is known to be wrong. Without it nothing is sent
    /// and nothing believed.
    Clock(Option<UtcTime>),
    /// The owner has set something else.
    Settings(V2vSettings),
    /// More pseudonyms, as the operator issued them.
    Pseudonyms(Vec<Pseudonym>),
    /// Certificates that are to be believed no more, from the operator's list.
    Revoked(&'a [HashedId8]),
    /// Whether somebody speaks with the car under its present address and would lose it with that:
    /// a charging station. Pseudonym and address do not change meanwhile; a change that was due
    /// follows at once.
    InConversation(bool),
    /// Somebody aboard says that what another station reports is not there: a negation is sent.
    Gone(ActionId),
}

/// What the radio heard.
#[derive(Debug, Clone, Copy)]
pub struct Heard<'a> {
    /// The sender's address, as the frame claims it. It proves nothing.
    pub from: MacAddress,
    /// Received signal strength, in dBm, where the radio measures it.
    pub rssi_dbm: Option<i8>,
    /// What was sent.
    pub payload: &'a [u8],
}

/// Where the car is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OwnPosition {
    /// When it was there.
    pub at: Instant,
    /// Where, in WGS 84.
    pub position: Position,
    /// How accurate that is; `None` when the receiver does not say.
    pub accuracy: Option<Accuracy>,
    /// Height above the ellipsoid (not above the sea).
    pub altitude: Option<Meters>,
    /// The direction of the movement over ground, clockwise from true north; in reverse it points
    /// backwards. `None` when the car stands or the receiver does not say.
    pub course: Option<Degrees>,
}

/// The ellipse that holds the true position in 95 % of cases.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Accuracy {
    /// The longer half axis.
    pub semi_major: Meters,
    /// The shorter half axis.
    pub semi_minor: Meters,
    /// The direction of the longer axis, clockwise from true north.
    pub orientation: Degrees,
}

impl Accuracy {
    /// A circle.
    #[must_use]
    pub const fn circle(radius: Meters) -> Self {
        Self {
            semi_major: radius,
            semi_minor: radius,
            orientation: Degrees::ZERO,
        }
    }
}

/// How the car moves; what is not known is `None`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Motion {
    /// When it moved so.
    pub at: Instant,
    /// The amount of its speed, 0 or more.
    pub speed: Option<MetersPerSecond>,
    /// Which way it drives.
    pub direction: Option<DriveDirection>,
    /// Forward positive. When `None`, it is reckoned from the speeds.
    pub acceleration: Option<MetersPerSecondSquared>,
    /// How fast it turns, left positive.
    pub yaw_rate: Option<DegreesPerSecond>,
    /// Whether the driver brakes.
    pub brake_pedal: Option<bool>,
    /// Whether the driver accelerates.
    pub accelerator_pedal: Option<bool>,
    /// Switches of the lights that were really read; both turn signals are hazard lights.
    pub lights: ExteriorLights,
}

impl Motion {
    /// A speed and nothing else.
    #[must_use]
    pub const fn speed(at: Instant, speed: MetersPerSecond) -> Self {
        Self {
            at,
            speed: Some(speed),
            direction: None,
            acceleration: None,
            yaw_rate: None,
            brake_pedal: None,
            accelerator_pedal: None,
            lights: ExteriorLights::empty(),
        }
    }
}

/// What keeps a car from driving on: the sub-causes of cause 91, vehicle breakdown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fault {
    /// Something that the car does not tell: its STOP lamp is on.
    Unknown,
    /// The battery is empty.
    BatteryEmpty,
    /// Motor or its controller.
    Engine,
    /// Transmission.
    Transmission,
    /// Too hot.
    Cooling,
    /// Brakes.
    Brakes,
    /// Steering.
    Steering,
    /// A tyre.
    Tyre,
}

impl Fault {
    /// The sub-cause in the standard's table.
    #[must_use]
    pub const fn sub_cause(self) -> u8 {
        match self {
            Self::Unknown => 0,
            Self::BatteryEmpty => 2,
            Self::Engine => 3,
            Self::Transmission => 4,
            Self::Cooling => 5,
            Self::Brakes => 6,
            Self::Steering => 7,
            Self::Tyre => 8,
        }
    }
}

/// How the car is; what is not known is `None`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Condition {
    /// Its battery.
    pub battery: BatteryReport,
    /// What keeps it from driving on.
    pub fault: Option<Fault>,
    /// Whether the car limits its own power to spare the battery.
    pub power_limited: Option<bool>,
}

/// What the owner has set.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct V2vSettings {
    /// What kind of station the car is; a Twizy counts as a passenger car.
    pub station_type: StationType,
    /// How long it is.
    pub length: Meters,
    /// How wide it is, without mirrors.
    pub width: Meters,
    /// What a frame may carry. Version 2 only where every radio in reach is known to speak it: a
    /// broadcast has no one to ask.
    pub radio: EspNow,
    /// How fast the radio sends.
    pub rate: AirRate,
    /// The radio's own address, where it cannot take another. Then the address does not change
    /// with the pseudonym, and the car can be followed by it.
    pub fixed_address: Option<MacAddress>,
    /// The shortest time between two CAMs, 0.1 to 1 s (`T_GenCamMin` of EN 302 637-2); a busy
    /// channel makes it longer.
    pub cam_interval_min: Duration,
    /// Whether vehicle data are broadcast in clear. They link the pseudonyms of the car. The
    /// ticket must permit it too.
    pub vehicle_data: bool,
    /// How far the clocks of others may be off before the time in their CAMs is misread.
    pub clock_tolerance: Duration,
}

impl Default for V2vSettings {
    /// A Twizy that keeps its data to itself.
    fn default() -> Self {
        Self {
            station_type: StationType::PASSENGER_CAR,
            length: Meters::new(2.338),
            width: Meters::new(1.237),
            radio: EspNow::V1,
            rate: AirRate::MBPS_1,
            fixed_address: None,
            cam_interval_min: CAM_INTERVAL_MIN,
            vehicle_data: false,
            clock_tolerance: Duration::from_secs(1),
        }
    }
}
