//! A way through the town as a driver sees it: how far, how high, where to, how fast, where to
//! stop.
//!
//! Corners are driven round, not turned on the spot: near a bend the heading changes over some
//! metres, and the bend has a radius that a driver slows down for.

use super::Node;

/// Within so many metres before and after a node the heading turns.
const TURN_OVER: f64 = 6.0;

/// A Twizy turns round on 6.8 m between kerbs (maker's data).
const TIGHTEST: f64 = 3.4;

/// One point on a way.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Place {
    /// Metres east of the town's origin.
    pub east: f64,
    /// Metres north of the town's origin.
    pub north: f64,
    /// Metres above the sea.
    pub height: f64,
    /// Metres up per metre forward.
    pub grade: f64,
    /// Degrees from north, clockwise, 0 to below 360.
    pub heading: f64,
}

/// A place where the driver stops for a while.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stop {
    /// Metres from the beginning of the way.
    pub at: f64,
}

#[derive(Debug, Clone)]
struct Leg {
    /// Where it begins, in metres from the beginning of the way.
    begins: f64,
    length: f64,
    east: f64,
    north: f64,
    height: f64,
    /// Unit vector.
    toward: (f64, f64),
    grade: f64,
    heading: f64,
    limit: f64,
}

/// A bend: where it is, and its radius in metres.
#[derive(Debug, Clone, Copy)]
struct Bend {
    at: f64,
    radius: f64,
}

/// A way from a node to another.
#[derive(Debug, Clone)]
pub struct Way {
    legs: Vec<Leg>,
    bends: Vec<Bend>,
    stops: Vec<Stop>,
    length: f64,
    end: Place,
}

impl Way {
    pub(super) fn new<'a>(
        nodes: impl Iterator<Item = &'a Node>,
        limits: impl Iterator<Item = f64>,
    ) -> Self {
        let nodes: Vec<_> = nodes.collect();
        let mut legs: Vec<Leg> = Vec::new();
        let (mut bends, mut stops, mut begins) = (Vec::new(), Vec::new(), 0.0);
        for (pair, limit) in nodes.windows(2).zip(limits) {
            let (from, to) = (pair[0], pair[1]);
            let (east, north) = (to.east - from.east, to.north - from.north);
            let length = east.hypot(north);
            let heading = east.atan2(north).to_degrees().rem_euclid(360.0);
            if let Some(before) = legs.last() {
                let turn = between(before.heading, heading).abs();
                // The arc that leaves its leg TURN_OVER before the node and meets the next behind.
                let radius = TURN_OVER / (turn.to_radians() / 2.0).tan().abs().max(1e-3);
                let radius = radius.max(TIGHTEST);
                bends.push(Bend { at: begins, radius });
            }
            legs.push(Leg {
                begins,
                length,
                east: from.east,
                north: from.north,
                height: from.height,
                toward: (east / length, north / length),
                grade: (to.height - from.height) / length,
                heading,
                limit,
            });
            begins += length;
            if to.stop {
                stops.push(Stop { at: begins });
            }
        }
        let last = nodes.last();
        let end = Place {
            east: last.map_or(0.0, |node| node.east),
            north: last.map_or(0.0, |node| node.north),
            height: last.map_or(0.0, |node| node.height),
            grade: 0.0,
            heading: legs.last().map_or(0.0, |leg| leg.heading),
        };
        Self {
            legs,
            bends,
            stops,
            length: begins,
            end,
        }
    }

    /// Metres from the beginning to the end.
    #[must_use]
    pub const fn length(&self) -> f64 {
        self.length
    }

    /// The stop signs on the way, in order.
    #[must_use]
    pub fn stops(&self) -> &[Stop] {
        &self.stops
    }

    /// Where one is after so many metres; the end when that is beyond it.
    #[must_use]
    pub fn place(&self, travelled: f64) -> Place {
        let index = self.leg(travelled);
        let Some(leg) = self.legs.get(index).filter(|_| travelled < self.length) else {
            return self.end;
        };
        let along = travelled.max(0.0) - leg.begins;
        Place {
            east: leg.east + leg.toward.0 * along,
            north: leg.north + leg.toward.1 * along,
            height: leg.height + leg.grade * along,
            grade: leg.grade,
            heading: self.heading(index, along),
        }
    }

    fn heading(&self, index: usize, along: f64) -> f64 {
        let leg = &self.legs[index];
        let before = index.checked_sub(1).and_then(|at| self.legs.get(at));
        let (neighbour, into) = if along < TURN_OVER && before.is_some() {
            (before, TURN_OVER - along)
        } else {
            (self.legs.get(index + 1), along - (leg.length - TURN_OVER))
        };
        match neighbour {
            Some(other) if into > 0.0 => {
                // At the node itself half of the turn is done.
                let part = into / TURN_OVER / 2.0;
                (leg.heading + between(leg.heading, other.heading) * part).rem_euclid(360.0)
            }
            _ => leg.heading,
        }
    }

    /// The speed limit there, in metres per second.
    #[must_use]
    pub fn limit(&self, travelled: f64) -> f64 {
        self.legs
            .get(self.leg(travelled))
            .map_or(0.0, |leg| leg.limit)
    }

    /// The highest speed, in metres per second, from which a driver who slows down with
    /// `deceleration` and takes bends with `lateral` (both m/s²) can keep to what lies ahead.
    #[must_use]
    pub fn speed_ahead(&self, travelled: f64, deceleration: f64, lateral: f64) -> f64 {
        // Farther ahead than this nothing matters at a Twizy's speeds.
        let horizon = travelled + 300.0;
        let mut highest = self.limit(travelled);
        let mut keep = |at: f64, speed: f64| {
            let room = (at - travelled).max(0.0);
            highest = highest.min((speed * speed + 2.0 * deceleration * room).sqrt());
        };
        let ahead = |at: f64| (travelled - TURN_OVER..horizon).contains(&at);
        for bend in self.bends.iter().filter(|bend| ahead(bend.at)) {
            keep(bend.at - TURN_OVER, (lateral * bend.radius).sqrt());
        }
        for leg in self.legs.iter().filter(|leg| ahead(leg.begins)) {
            keep(leg.begins, leg.limit);
        }
        highest
    }

    fn leg(&self, travelled: f64) -> usize {
        let after = self.legs.partition_point(|leg| leg.begins <= travelled);
        after.saturating_sub(1)
    }
}

/// The turn from one heading to another, -180 to 180 degrees.
fn between(from: f64, to: f64) -> f64 {
    (to - from + 180.0).rem_euclid(360.0) - 180.0
}

#[cfg(test)]
mod tests {
    use super::super::tests::halfway;

    #[test]
    fn place_and_height_follow_the_road() {
        let way = halfway().way(&["mill", "hill"]).unwrap();
        let middle = way.place(way.length() / 2.0);
        assert!((middle.east - 850.0).abs() < 1e-6 && (middle.north - 190.0).abs() < 1e-6);
        assert!((middle.height - 34.0).abs() < 1e-6);
        assert!((middle.grade - 24.0 / way.length()).abs() < 1e-9);
        let end = way.place(way.length() + 5.0);
        assert!((end.east - 1000.0).abs() < 1e-9 && end.grade == 0.0);
    }

    #[test]
    fn heading_turns_over_some_metres_and_not_at_a_point() {
        let way = halfway().way(&["yard", "gate", "chapel"]).unwrap();
        let headings: Vec<_> = [20.0, 37.0, 40.0, 43.0, 60.0]
            .map(|at| way.place(at).heading)
            .to_vec();
        assert_eq!(headings, [0.0, 337.5, 315.0, 292.5, 270.0]);
    }

    #[test]
    fn driver_slows_down_before_a_bend_and_not_behind_it() {
        let way = halfway().way(&["yard", "gate", "chapel"]).unwrap();
        let speed = |at| way.speed_ahead(at, 2.0, 2.0);
        assert!(speed(34.0) < 4.0, "{}", speed(34.0));
        assert!(speed(10.0) > speed(30.0));
        assert!(speed(60.0) > 13.0);
    }
}
