//! A place on the earth (WGS 84 degrees) and the distance between two places.
//!
//! Heights are kept beside a position, not in it: receivers often have one without the other.

use core::fmt;

use crate::quantity::{Degrees, Meters};

/// Mean radius of the earth, in metres (IUGG R1), for distances of a few kilometres.
const EARTH_RADIUS_M: f64 = 6_371_008.8;

/// A latitude and longitude that exist.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Position {
    latitude: Degrees,
    longitude: Degrees,
}

/// Why two numbers are no position.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum PositionError {
    /// The latitude is not a number from -90 to 90 degrees; carries what was seen.
    Latitude(f64),
    /// The longitude is not a number from -180 to 180 degrees; carries what was seen.
    Longitude(f64),
}

impl fmt::Display for PositionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Latitude(seen) => write!(f, "latitude is {seen}; it must be -90 to 90 degrees"),
            Self::Longitude(seen) => {
                write!(f, "longitude is {seen}; it must be -180 to 180 degrees")
            }
        }
    }
}

impl core::error::Error for PositionError {}

impl Position {
    /// Takes degrees north and degrees east.
    ///
    /// # Errors
    /// Names the coordinate that is outside the earth's range or not a number.
    pub fn new(latitude: Degrees, longitude: Degrees) -> Result<Self, PositionError> {
        if !(-90.0..=90.0).contains(&latitude.get()) {
            return Err(PositionError::Latitude(latitude.get()));
        }
        if !(-180.0..=180.0).contains(&longitude.get()) {
            return Err(PositionError::Longitude(longitude.get()));
        }
        Ok(Self {
            latitude,
            longitude,
        })
    }

    /// Degrees north of the equator, -90 to 90.
    #[must_use]
    pub const fn latitude(self) -> Degrees {
        self.latitude
    }

    /// Degrees east of Greenwich, -180 to 180.
    #[must_use]
    pub const fn longitude(self) -> Degrees {
        self.longitude
    }

    /// The great-circle distance to another place (haversine, mean earth radius).
    ///
    /// Good to 0.5 % anywhere; the error of a receiver is larger below a few hundred metres.
    #[must_use]
    pub fn distance_to(self, other: Self) -> Meters {
        let (lat_a, lat_b) = (
            self.latitude.get().to_radians(),
            other.latitude.get().to_radians(),
        );
        let sin_half_lat = libm::sin((lat_b - lat_a) / 2.0);
        let sin_half_lon =
            libm::sin((other.longitude.get() - self.longitude.get()).to_radians() / 2.0);
        let h = sin_half_lat * sin_half_lat
            + libm::cos(lat_a) * libm::cos(lat_b) * sin_half_lon * sin_half_lon;
        Meters::new(2.0 * EARTH_RADIUS_M * libm::asin(libm::sqrt(h).min(1.0)))
    }

    /// Whether both coordinates are exactly zero: what receivers and programs write for "none".
    #[must_use]
    pub fn is_null_island(self) -> bool {
        self.latitude.get() == 0.0 && self.longitude.get() == 0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(latitude: f64, longitude: f64) -> Position {
        Position::new(Degrees::new(latitude), Degrees::new(longitude)).unwrap()
    }

    #[test]
    fn coordinates_off_the_earth_are_refused_by_name() {
        let seen = Position::new(Degrees::new(90.1), Degrees::new(0.0));
        assert_eq!(seen, Err(PositionError::Latitude(90.1)));
        let seen = Position::new(Degrees::new(0.0), Degrees::new(-180.5));
        assert_eq!(seen, Err(PositionError::Longitude(-180.5)));
        assert!(Position::new(Degrees::new(f64::NAN), Degrees::new(0.0)).is_err());
    }

    #[test]
    fn one_minute_of_latitude_is_a_nautical_mile() {
        let distance = place(34.0, -6.0).distance_to(place(34.0 + 1.0 / 60.0, -6.0));
        assert!((distance.get() - 1852.0).abs() < 5.0, "{distance}");
    }
}
