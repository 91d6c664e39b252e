//! The 2.4 GHz air between ESP-NOW radios: reach, loss, collisions by air time, latency, RSSI.
//!
//! Figures (field measurements and data sheets, facts page on ESP-NOW): about 105 m between car and
//! station with PCB antennas at 1 Mbit/s; 1 to 10 % of broadcasts are lost within reach; the radio
//! listens before it speaks (DIFS 50 us, 0 to 31 slots of 20 us); a unicast frame is confirmed
//! and repeated, so that a lost confirmation makes a second copy. A broadcast is neither.

use std::sync::Arc;

use core::time::Duration;

use serde::Deserialize;
use v2x_units::{Instant, MacAddress};

use crate::chance::Chance;
use crate::grid::Grid;

/// What the air is like.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AirSettings {
    /// Where half of all frames are lost, m.
    pub reach_m: f64,
    /// Over how many metres that comes about.
    pub edge_m: f64,
    /// Part of frames that is lost nearby.
    pub loss: f64,
}

impl Default for AirSettings {
    fn default() -> Self {
        Self {
            reach_m: 105.0,
            edge_m: 8.0,
            loss: 0.03,
        }
    }
}

/// A unicast frame is tried so often.
const ATTEMPTS: u8 = 8;
const DIFS: Duration = Duration::from_micros(50);
const SLOT: Duration = Duration::from_micros(20);
const SLOTS: usize = 32;
/// A frame that is so much louder than another is understood all the same.
const CAPTURE_DB: f64 = 10.0;
/// How long ended frames are remembered, to see what they disturbed: longer than any frame.
const REMEMBER: Duration = Duration::from_millis(20);

/// A radio on the air.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct RadioId(usize);

impl RadioId {
    /// Which it is, in the order in which they joined.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0
    }
}

#[derive(Debug, Clone)]
struct Radio {
    address: MacAddress,
    east: f64,
    north: f64,
}

#[derive(Debug, Clone)]
struct Flight {
    from: usize,
    address: MacAddress,
    to: MacAddress,
    begins: Instant,
    ends: Instant,
    attempts: u8,
    payload: Arc<[u8]>,
    /// It was heard and is said again by somebody else.
    is_repeated: bool,
    landed: bool,
    /// Somebody has it already; the sender does not know.
    heard: bool,
}

/// What the air brings.
#[derive(Debug, Clone, PartialEq)]
pub enum AirEvent {
    /// A radio hears a frame.
    Heard {
        /// Which radio.
        by: RadioId,
        /// When its last bit came.
        at: Instant,
        /// The sender's address.
        from: MacAddress,
        /// The address it was sent to.
        to: MacAddress,
        /// dBm.
        rssi: i8,
        /// What it carried.
        payload: Arc<[u8]>,
    },
    /// A radio's frame is through, or given up.
    Ended {
        /// Whose.
        of: RadioId,
        /// Confirmed, or a broadcast.
        confirmed: bool,
    },
}

/// What happened on the air so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AirCounters {
    /// Frames that went out, repetitions included.
    pub sent: u64,
    /// Frames that a radio within reach understood.
    pub heard: u64,
    /// Frames that a radio within reach lost by noise.
    pub lost: u64,
    /// Frames that a radio within reach lost because another spoke at the same time.
    pub collided: u64,
}

/// The air.
#[derive(Debug, Clone)]
pub struct Air {
    settings: AirSettings,
    chance: Chance,
    radios: Vec<Radio>,
    flights: Vec<Flight>,
    counters: AirCounters,
    /// Until when somebody says again what he hears.
    repeats_until: Option<Instant>,
    /// Where the radios were when it was last looked at.
    grid: Grid,
    has_moved: bool,
}

/// Who says again what he hears does so after this time at the least and at the most, in seconds.
const REPEATED_AFTER: (f64, f64) = (0.005, 1.5);

impl Air {
    /// An air without radios.
    #[must_use]
    pub fn new(settings: AirSettings, chance: Chance) -> Self {
        Self {
            settings,
            chance,
            radios: Vec::new(),
            flights: Vec::new(),
            counters: AirCounters {
                sent: 0,
                heard: 0,
                lost: 0,
                collided: 0,
            },
            repeats_until: None,
            grid: Grid::default(),
            has_moved: false,
        }
    }

    /// Lets somebody with a radio beside each speaker say again what he hears, under the speaker's
    /// address.
    pub fn repeat_until(&mut self, until: Instant) {
        self.repeats_until = self.repeats_until.max(Some(until));
    }

    /// What happened so far.
    #[must_use]
    pub const fn counters(&self) -> AirCounters {
        self.counters
    }

    /// Adds a radio under its address.
    pub fn join(&mut self, address: MacAddress) -> RadioId {
        let (east, north) = (0.0, 0.0);
        self.radios.push(Radio {
            address,
            east,
            north,
        });
        self.has_moved = true;
        RadioId(self.radios.len() - 1)
    }

    /// Moves a radio.
    pub fn place(&mut self, radio: RadioId, east: f64, north: f64) {
        let radio = &mut self.radios[radio.0];
        if (radio.east, radio.north) != (east, north) {
            (radio.east, radio.north) = (east, north);
            self.has_moved = true;
        }
    }

    /// Gives a radio another address.
    pub fn set_address(&mut self, radio: RadioId, address: MacAddress) {
        self.radios[radio.0].address = address;
    }

    /// Takes a frame from a radio; `takes` is how long it is on the air.
    pub fn send(
        &mut self,
        now: Instant,
        from: RadioId,
        to: MacAddress,
        payload: &[u8],
        takes: Duration,
    ) {
        let begins = self.turn(now, from.0);
        self.flights.push(Flight {
            from: from.0,
            address: self.radios[from.0].address,
            to,
            begins,
            ends: begins + takes,
            attempts: 1,
            payload: payload.into(),
            is_repeated: false,
            landed: false,
            heard: false,
        });
    }

    /// When a radio that wants to speak now gets its turn: it waits for whoever it hears, and draws
    /// how long after that. Two that draw the same slot do not hear each other in time.
    fn turn(&mut self, now: Instant, from: usize) -> Instant {
        let mut begins = now;
        loop {
            let slots = u32::try_from(self.chance.below(SLOTS)).unwrap_or(0);
            begins = begins + DIFS + SLOT * slots;
            let flying = self.flights.iter().filter(|flight| !flight.landed);
            let audible = flying.filter(|flight| {
                flight.from == from || self.distance(flight.from, from) < self.settings.reach_m
            });
            let heard = audible.filter(|it| it.begins + SLOT <= begins && it.ends > begins);
            match heard.map(|flight| flight.ends).max() {
                Some(ends) => begins = ends,
                None => return begins,
            }
        }
    }

    /// What has come about until `now`, in order.
    pub fn poll(&mut self, now: Instant) -> Vec<AirEvent> {
        let mut events = Vec::new();
        let is_due = |flight: &Flight| !flight.landed && flight.ends <= now;
        let flying = self.flights.iter().enumerate();
        let due = flying.filter(|(_, flight)| is_due(flight));
        let mut due: Vec<_> = due.map(|(index, flight)| (flight.ends, index)).collect();
        if due.is_empty() {
            self.forget(now);
            return events;
        }
        // The last one is the next.
        due.sort_unstable_by(|a, b| b.cmp(a));
        if std::mem::take(&mut self.has_moved) {
            let places: Vec<_> = self.radios.iter().map(|it| (it.east, it.north)).collect();
            self.grid.sort(self.farthest(), &places);
        }
        while let Some((_, index)) = due.pop() {
            let known = self.flights.len();
            self.land(index, &mut events);
            for (index, flight) in self.flights.iter().enumerate().skip(known) {
                if is_due(flight) {
                    let entry = (flight.ends, index);
                    let place = due.partition_point(|other| *other > entry);
                    due.insert(place, entry);
                }
            }
        }
        self.forget(now);
        events
    }

    fn forget(&mut self, now: Instant) {
        self.flights
            .retain(|flight| !flight.landed || flight.ends + REMEMBER > now);
    }

    /// Beyond this nobody hears anything, m.
    fn farthest(&self) -> f64 {
        self.settings.reach_m + 6.0 * self.settings.edge_m
    }

    fn land(&mut self, index: usize, events: &mut Vec<AirEvent>) {
        let flight = self.flights[index].clone();
        self.counters.sent += 1;
        let (mut confirmed, mut reached) = (flight.to.is_group(), flight.heard);
        let (mut near, from) = (Vec::new(), &self.radios[flight.from]);
        self.grid.near((from.east, from.north), &mut near);
        let others = self.flights.iter().enumerate();
        let disturbing = others.filter(|(other, theirs)| {
            *other != index && theirs.begins < flight.ends && flight.begins < theirs.ends
        });
        let disturbing: Vec<_> = disturbing.map(|(_, theirs)| theirs.from).collect();
        for by in near {
            let is_for = flight.to.is_group() || self.radios[by].address == flight.to;
            if by == flight.from || !is_for {
                continue;
            }
            let distance = self.distance(flight.from, by);
            if !self.is_understood(distance, by, &disturbing) {
                continue;
            }
            reached = true;
            events.push(AirEvent::Heard {
                by: RadioId(by),
                at: flight.ends,
                from: flight.address,
                to: flight.to,
                rssi: self.rssi(distance),
                payload: Arc::clone(&flight.payload),
            });
            confirmed |= !self.chance.happens(self.loss(distance));
        }
        let again = !confirmed && flight.attempts < ATTEMPTS;
        self.flights[index].landed = true;
        if flight.is_repeated {
            return;
        }
        self.repeat(&flight);
        if again {
            let begins = self.turn(flight.ends, flight.from);
            self.flights.push(Flight {
                begins,
                ends: begins + flight.ends.since(flight.begins),
                attempts: flight.attempts + 1,
                heard: reached,
                ..flight
            });
        } else {
            events.push(AirEvent::Ended {
                of: RadioId(flight.from),
                confirmed,
            });
        }
    }

    /// Somebody who heard a frame says it again a little later.
    fn repeat(&mut self, flight: &Flight) {
        if self.repeats_until.is_some_and(|until| flight.ends < until) {
            let (least, most) = REPEATED_AFTER;
            let after = Duration::from_secs_f64(self.chance.between(least, most));
            let begins = flight.ends + after;
            self.flights.push(Flight {
                begins,
                ends: begins + flight.ends.since(flight.begins),
                is_repeated: true,
                landed: false,
                ..flight.clone()
            });
        }
    }

    /// Whether a radio understands a frame from so far away while others speak, and counts why
    /// not.
    fn is_understood(&mut self, distance: f64, by: usize, disturbing: &[usize]) -> bool {
        if distance > self.farthest() {
            return false;
        }
        let disturbed = disturbing.iter().any(|theirs| {
            let theirs_at = self.distance(*theirs, by);
            // A radio hears nothing while it speaks itself.
            let drowns = || loudness(distance) - loudness(theirs_at) < CAPTURE_DB;
            theirs_at < self.settings.reach_m && (*theirs == by || drowns())
        });
        if disturbed {
            self.counters.collided += 1;
            return false;
        }
        if self.chance.happens(self.loss(distance)) {
            self.counters.lost += 1;
            return false;
        }
        self.counters.heard += 1;
        true
    }

    /// The probability that a frame is lost over a distance.
    fn loss(&self, distance: f64) -> f64 {
        let settings = self.settings;
        let by_distance = 1.0 / (1.0 + ((settings.reach_m - distance) / settings.edge_m).exp());
        settings.loss + (1.0 - settings.loss) * by_distance
    }

    fn distance(&self, a: usize, b: usize) -> f64 {
        let (a, b) = (&self.radios[a], &self.radios[b]);
        let (east, north) = (a.east - b.east, a.north - b.north);
        (east * east + north * north).sqrt()
    }

    #[expect(clippy::cast_possible_truncation, reason = "a decibel is enough")]
    fn rssi(&mut self, distance: f64) -> i8 {
        (loudness(distance) + 2.0 * self.chance.normal()).clamp(-100.0, -20.0) as i8
    }
}

/// dBm of a frame over a distance: -45 at a metre, -98 (what 1 Mbit/s needs) at 105 m.
fn loudness(distance: f64) -> f64 {
    -45.0 - 26.2 * distance.max(1.0).log10()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::Seed;

    fn address(last: u8) -> MacAddress {
        MacAddress::new([2, 0, 0, 0, 0, last])
    }

    /// Frames of 200 bytes ten times a second; how many of them arrive.
    fn delivered(distance: f64, speakers: u8, unicast: bool) -> (f64, AirCounters) {
        let mut air = Air::new(AirSettings::default(), Seed(3).stream("air"));
        let listener = air.join(address(0));
        let radios: Vec<_> = (1..=speakers).map(|it| air.join(address(it))).collect();
        for radio in &radios {
            air.place(*radio, distance, 0.0);
        }
        let to = if unicast {
            address(0)
        } else {
            MacAddress::BROADCAST
        };
        let takes = Duration::from_micros(2140);
        let (mut now, mut heard) = (Instant::BOOT, 0_u32);
        for _ in 0..1000 {
            for radio in &radios {
                air.send(now, *radio, to, &[0; 200], takes);
            }
            now = now + Duration::from_millis(100);
            let events = air.poll(now).into_iter();
            let ours =
                |event: &AirEvent| matches!(event, AirEvent::Heard { by, .. } if *by == listener);
            heard += u32::try_from(events.filter(ours).count()).unwrap();
        }
        (
            f64::from(heard) / 1000.0 / f64::from(speakers),
            air.counters(),
        )
    }

    #[test]
    fn broadcasts_are_lost_by_distance_as_in_the_field() {
        let near = delivered(20.0, 1, false).0;
        let edge = delivered(105.0, 1, false).0;
        let beyond = delivered(160.0, 1, false).0;
        assert!((0.90..0.99).contains(&near), "{near}");
        assert!((0.40..0.60).contains(&edge), "{edge}");
        assert!(beyond < 0.01, "{beyond}");
    }

    #[test]
    fn unicast_is_repeated_until_confirmed_and_may_arrive_twice() {
        let (delivered, counters) = delivered(90.0, 1, true);
        assert!(delivered > 1.0, "{delivered}");
        assert!(counters.sent > 1000, "{counters:?}");
    }

    #[test]
    fn radios_that_begin_together_collide_more_often_the_more_they_are() {
        let (few, _) = delivered(20.0, 2, false);
        let (many, counters) = delivered(20.0, 20, false);
        assert!(counters.collided > 0, "{counters:?}");
        assert!(many < few, "{many} of many, {few} of few");
    }
}
