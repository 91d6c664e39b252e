//! How a person drives along a way: gentle, hurried or delivering.
//!
//! The driver wants an acceleration; what pedals that needs is the car's business. Following
//! another car is the Intelligent Driver Model (Treiber, Hennecke and Helbing, 2000).

use crate::chance::Chance;
use crate::town::Way;

/// What kind of driver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DriverKind {
    /// Takes it easy.
    Gentle,
    /// Is late.
    Hurried,
    /// Stops at door after door.
    Delivering,
}

/// How a driver of a kind drives; metres and seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Style {
    /// The most that is asked of the accelerator, m/s².
    pub acceleration: f64,
    /// How hard is braked for what was seen in time, m/s².
    pub deceleration: f64,
    /// How fast bends are taken, m/s² sideways.
    pub lateral: f64,
    /// The speed as a part of what is allowed.
    pub of_limit: f64,
    /// How long a stop lasts, least and most, in seconds.
    pub dwell: (f64, f64),
    /// Time to the car ahead, in seconds.
    pub headway: f64,
    /// Metres between two doors; `None` for drivers who only stop where everybody does.
    pub doors: Option<(f64, f64)>,
}

impl DriverKind {
    /// How this kind drives.
    #[must_use]
    pub const fn style(self) -> Style {
        match self {
            Self::Gentle => Style {
                acceleration: 1.0,
                deceleration: 1.2,
                lateral: 1.5,
                of_limit: 0.85,
                dwell: (2.0, 5.0),
                headway: 2.0,
                doors: None,
            },
            Self::Hurried => Style {
                acceleration: 2.8,
                deceleration: 3.0,
                lateral: 3.0,
                of_limit: 1.1,
                dwell: (0.5, 1.5),
                headway: 1.0,
                doors: None,
            },
            Self::Delivering => Style {
                acceleration: 2.0,
                deceleration: 2.0,
                lateral: 2.2,
                of_limit: 1.0,
                dwell: (20.0, 60.0),
                headway: 1.5,
                doors: Some((80.0, 250.0)),
            },
        }
    }
}

/// The car ahead on the same way.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Leader {
    /// Metres between its rear and this car's front.
    pub gap: f64,
    /// Its speed, m/s.
    pub speed: f64,
}

/// What an emergency asks of the brake, m/s²: about what a Twizy's tyres hold.
pub const HARD_BRAKING: f64 = 6.5;
/// A stop counts as reached within so many metres.
const REACHED: f64 = 1.0;
/// How soon a wrong speed is mended, in seconds.
const REACTION: f64 = 0.5;

/// A driver on a way.
#[derive(Debug, Clone)]
pub struct Driver {
    style: Style,
    /// Where to stop, and for how long; the end of the way is the last, for good.
    stops: Vec<(f64, f64)>,
    next: usize,
    /// When the current stop is over.
    goes_on_at: Option<f64>,
    brakes_hard: bool,
}

impl Driver {
    /// A driver at the beginning of a way.
    pub fn new(kind: DriverKind, way: &Way, chance: &mut Chance) -> Self {
        let style = kind.style();
        let (least, most) = style.dwell;
        let mut stops: Vec<_> = (way.stops().iter())
            .map(|stop| (stop.at, chance.between(least, most).min(4.0)))
            .collect();
        if let Some((near, far)) = style.doors {
            let mut at = chance.between(near, far);
            while at < way.length() - near {
                stops.push((at, chance.between(least, most)));
                at += chance.between(near, far);
            }
        }
        stops.retain(|(at, _)| *at < way.length() - 2.0 * REACHED);
        stops.push((way.length(), f64::INFINITY));
        stops.sort_by(|a, b| a.0.total_cmp(&b.0));
        Self {
            style,
            stops,
            next: 0,
            goes_on_at: None,
            brakes_hard: false,
        }
    }

    /// A child, a ball: the brake as hard as it goes, until told otherwise.
    pub const fn brake_hard(&mut self, hard: bool) {
        self.brakes_hard = hard;
    }

    /// Whether the end of the way is reached, standing.
    #[must_use]
    pub fn has_arrived(&self) -> bool {
        self.goes_on_at == Some(f64::INFINITY)
    }

    /// The acceleration wanted at `now` (seconds), in m/s²; negative is braking.
    pub fn wants(
        &mut self,
        now: f64,
        way: &Way,
        travelled: f64,
        speed: f64,
        leader: Option<Leader>,
    ) -> f64 {
        let style = self.style;
        if self.brakes_hard {
            return -HARD_BRAKING;
        }
        if let Some(until) = self.goes_on_at {
            if now < until {
                return -style.deceleration;
            }
            self.goes_on_at = None;
            self.next += 1;
        }
        let (stop, dwell) = self
            .stops
            .get(self.next)
            .copied()
            .unwrap_or((0.0, f64::INFINITY));
        let room = stop - travelled;
        if room < REACHED && (speed < 1.0 || room < REACHED / 2.0) {
            self.goes_on_at = Some(now + dwell);
            return -style.deceleration;
        }
        let seen = way.speed_ahead(travelled, style.deceleration, style.lateral);
        let mut wanted = (seen * style.of_limit - speed) / REACTION;
        // Aims at half a metre before the stop, so as not to end behind it.
        let needed = speed * speed / (2.0 * (room - REACHED / 2.0).max(0.1));
        if needed > 0.8 * style.deceleration {
            wanted = wanted.min(-needed);
        }
        if let Some(leader) = leader {
            wanted = wanted.min(style.follow(speed, leader));
        }
        wanted.clamp(-2.0 * style.deceleration, style.acceleration)
    }
}

impl Style {
    /// What the car ahead allows.
    fn follow(&self, speed: f64, leader: Leader) -> f64 {
        const STANDING_GAP: f64 = 2.0;
        let closing = speed - leader.speed;
        let comfort = 2.0 * (self.acceleration * self.deceleration).sqrt();
        let wanted = STANDING_GAP + (speed * self.headway + speed * closing / comfort).max(0.0);
        self.acceleration * (1.0 - (wanted / leader.gap.max(0.1)).powi(2))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::Seed;
    use crate::town::{HALFWAY, Town};

    /// Drives a point mass; gives speeds, times and places.
    fn drive(kind: DriverKind, nodes: &[&str]) -> Vec<(f64, f64, f64)> {
        let town = Town::from_toml("halfway.toml", HALFWAY).unwrap();
        let way = town.way(nodes).unwrap();
        let mut driver = Driver::new(kind, &way, &mut Seed(1).stream("driver"));
        let (mut now, mut at, mut speed) = (0.0, 0.0, 0.0_f64);
        let mut seen = Vec::new();
        while !driver.has_arrived() {
            let wanted = driver.wants(now, &way, at, speed, None);
            speed = (speed + wanted * 0.05).max(0.0);
            at += speed * 0.05;
            now += 0.05;
            seen.push((now, at, speed));
            assert!(now < 3600.0, "stuck at {at} m of {} m", way.length());
        }
        assert!((at - way.length()).abs() < 1.5, "{at} of {}", way.length());
        seen
    }

    #[test]
    fn each_kind_arrives_and_the_hurried_one_first() {
        let round = ["yard", "market", "west_end", "harbour", "yard"];
        let time = |kind| drive(kind, &round).last().unwrap().0;
        let gentle = time(DriverKind::Gentle);
        let hurried = time(DriverKind::Hurried);
        let delivering = time(DriverKind::Delivering);
        assert!(hurried < 0.8 * gentle, "{hurried} s, {gentle} s");
        assert!(delivering > 1.5 * gentle, "{delivering} s, {gentle} s");
    }

    #[test]
    fn everybody_stands_at_the_stop_sign() {
        let seen = drive(DriverKind::Hurried, &["mill", "hill", "quarry"]);
        let sign = 372.0;
        let standing = (seen.iter()).any(|(_, at, speed)| *speed == 0.0 && (at - sign).abs() < 1.5);
        assert!(standing);
    }

    #[test]
    fn follower_keeps_clear_of_a_leader_who_stops() {
        let style = DriverKind::Hurried.style();
        let (mut gap, mut speed) = (60.0, 13.0_f64);
        for _ in 0..400 {
            let leader = Leader { gap, speed: 0.0 };
            let wanted = style.follow(speed, leader).clamp(-6.5, style.acceleration);
            speed = (speed + wanted * 0.05).max(0.0);
            gap -= speed * 0.05;
        }
        assert!((0.5..10.0).contains(&gap), "{gap} m");
    }
}
