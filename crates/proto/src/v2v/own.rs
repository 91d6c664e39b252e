//! Where the own car is at any moment: reckoned on from the last fix by speed and direction.
//!
//! A receiver says a place once a second; at 14 m/s CAM asks for three and a half. What is
//! reckoned says so by a larger ellipse, and no more is reckoned than [`OWN_POSITION_AGE_MAX`].

use core::time::Duration;

use v2x_units::{Degrees, Instant, Meters, MetersPerSecond, MetersPerSecondSquared, Position};

use super::geometry::Step;
use super::input::{Accuracy, Condition, Motion, OwnPosition};
use super::output::Silence;
use crate::deadlines::{ACCELERATION_SPAN_MIN, OWN_MOTION_AGE_MAX, OWN_POSITION_AGE_MAX};

/// Below this speed a course over ground means nothing (EN 302 637-2 leaves the figure open).
const COURSE_SPEED_MIN: f64 = 1.0;
/// How much speed and direction may be off while the car reckons, as a part of the way.
const RECKONING_ERROR: f64 = 0.1;

/// What the car knows of itself.
#[derive(Debug, Clone, Default)]
pub(super) struct Own {
    position: Option<OwnPosition>,
    motion: Option<Motion>,
    heading: Option<Degrees>,
    slope: Slope,
    pub(super) condition: Condition,
}

/// The own car at one moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct OwnNow {
    pub(super) position: Position,
    pub(super) accuracy: Option<Accuracy>,
    pub(super) altitude: Option<Meters>,
    /// The direction of the movement; the last one while the car stands.
    pub(super) heading: Option<Degrees>,
    /// Whether the direction was measured while moving.
    pub(super) heading_is_current: bool,
    pub(super) speed: Option<MetersPerSecond>,
    pub(super) acceleration: Option<MetersPerSecondSquared>,
    /// How it moves besides, if that is fresh.
    pub(super) motion: Option<Motion>,
}

/// The slope of the speed, over spans long enough to mean something.
#[derive(Debug, Clone, Copy, Default)]
struct Slope {
    from: Option<(Instant, MetersPerSecond)>,
    latest: Option<MetersPerSecondSquared>,
}

impl Slope {
    fn take(&mut self, at: Instant, speed: Option<MetersPerSecond>) {
        let Some(speed) = speed else {
            *self = Self::default();
            return;
        };
        let Some((since, before)) = self.from else {
            self.from = Some((at, speed));
            return;
        };
        let span = at.since(since);
        if span < ACCELERATION_SPAN_MIN {
            return;
        }
        self.latest = (span <= OWN_MOTION_AGE_MAX)
            .then(|| MetersPerSecondSquared::new((speed - before).get() / span.as_secs_f64()));
        self.from = Some((at, speed));
    }
}

impl Own {
    pub(super) fn position(&mut self, position: OwnPosition) {
        let moves = self
            .motion
            .and_then(|motion| motion.speed)
            .is_none_or(|speed| speed.get() >= COURSE_SPEED_MIN);
        if moves && position.course.is_some() {
            self.heading = position.course;
        }
        self.position = Some(position);
    }

    pub(super) fn motion(&mut self, motion: Motion) {
        self.slope.take(motion.at, motion.speed);
        self.motion = Some(motion);
    }

    fn fresh_motion(&self, now: Instant) -> Option<Motion> {
        self.motion
            .filter(|motion| now.since(motion.at) <= OWN_MOTION_AGE_MAX)
    }

    /// How it moves, if that is fresh.
    pub(super) fn motion_at(&self, now: Instant) -> Option<Motion> {
        self.fresh_motion(now)
    }

    /// The acceleration as it was measured, else the slope of the speed.
    pub(super) fn acceleration_at(&self, now: Instant) -> Option<MetersPerSecondSquared> {
        let motion = self.fresh_motion(now)?;
        motion.acceleration.or(self.slope.latest)
    }

    /// The car at a moment.
    ///
    /// # Errors
    /// Its position is not known, or was known too long ago.
    pub(super) fn at(&self, now: Instant) -> Result<OwnNow, Silence> {
        let fix = self.position.ok_or(Silence::PositionUnknown)?;
        let age = now.since(fix.at);
        if age > OWN_POSITION_AGE_MAX {
            return Err(Silence::PositionUnknown);
        }
        let motion = self.fresh_motion(now);
        let speed = motion.and_then(|motion| motion.speed);
        let (position, reckoned) = reckon(&fix, speed, self.heading, age);
        Ok(OwnNow {
            position: position.ok_or(Silence::PositionUnknown)?,
            accuracy: fix.accuracy.map(|accuracy| widened(accuracy, reckoned)),
            altitude: fix.altitude,
            heading: self.heading,
            heading_is_current: speed.is_none_or(|speed| speed.get() >= COURSE_SPEED_MIN)
                && fix.course.is_some(),
            speed,
            acceleration: self.acceleration_at(now),
            motion,
        })
    }
}

/// The place after so long, and how far from the fix that is. Without a speed or a direction it
/// is the fix itself.
fn reckon(
    fix: &OwnPosition,
    speed: Option<MetersPerSecond>,
    heading: Option<Degrees>,
    age: Duration,
) -> (Option<Position>, f64) {
    match (speed, heading) {
        (Some(speed), Some(heading)) => {
            let way = speed.get() * age.as_secs_f64();
            (Step::towards(heading, way).from(fix.position), way)
        }
        _ => (Some(fix.position), 0.0),
    }
}

fn widened(accuracy: Accuracy, reckoned: f64) -> Accuracy {
    let more = Meters::new(reckoned * RECKONING_ERROR);
    Accuracy {
        semi_major: accuracy.semi_major + more,
        semi_minor: accuracy.semi_minor + more,
        ..accuracy
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Instant {
        Instant::BOOT + Duration::from_millis(millis)
    }

    fn fix(millis: u64) -> OwnPosition {
        OwnPosition {
            at: at(millis),
            position: Position::new(Degrees::new(34.0), Degrees::new(-6.8)).unwrap(),
            accuracy: Some(Accuracy::circle(Meters::new(3.0))),
            altitude: None,
            course: Some(Degrees::new(90.0)),
        }
    }

    #[test]
    fn place_is_reckoned_on_between_fixes_and_its_ellipse_grows() {
        let mut own = Own::default();
        own.motion(Motion::speed(at(0), MetersPerSecond::new(10.0)));
        own.position(fix(0));
        own.motion(Motion::speed(at(900), MetersPerSecond::new(10.0)));
        let then = own.at(at(1000)).unwrap();
        let way = fix(0).position.distance_to(then.position);
        assert!((way.get() - 10.0).abs() < 0.1, "{way}");
        assert_eq!(then.accuracy.unwrap().semi_major, Meters::new(4.0));
    }

    #[test]
    fn fix_that_is_too_old_is_no_position() {
        let mut own = Own::default();
        assert_eq!(own.at(at(0)), Err(Silence::PositionUnknown));
        own.position(fix(0));
        let last = OWN_POSITION_AGE_MAX;
        assert!(own.at(Instant::BOOT + last).is_ok());
        let later = Instant::BOOT + last + Duration::from_millis(1);
        assert_eq!(own.at(later), Err(Silence::PositionUnknown));
    }

    #[test]
    fn direction_of_a_car_that_stands_is_its_last_one() {
        let mut own = Own::default();
        own.motion(Motion::speed(at(0), MetersPerSecond::new(10.0)));
        own.position(fix(0));
        own.motion(Motion::speed(at(1000), MetersPerSecond::ZERO));
        own.position(OwnPosition {
            course: Some(Degrees::new(211.0)),
            ..fix(1000)
        });
        let then = own.at(at(1100)).unwrap();
        assert_eq!(then.heading, Some(Degrees::new(90.0)));
        assert!(!then.heading_is_current);
    }

    #[test]
    fn acceleration_is_the_slope_of_the_speed_and_nothing_after_a_gap() {
        let mut own = Own::default();
        own.motion(Motion::speed(at(0), MetersPerSecond::new(10.0)));
        own.motion(Motion::speed(at(500), MetersPerSecond::new(8.0)));
        let slope = own.acceleration_at(at(500)).unwrap();
        assert!((slope.get() + 4.0).abs() < 1e-9, "{slope}");
        own.motion(Motion::speed(at(5000), MetersPerSecond::new(1.0)));
        assert_eq!(own.acceleration_at(at(5000)), None);
    }
}
