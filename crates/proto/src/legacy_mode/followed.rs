//! Which of several prototype stations is the one that our car charges at.
//!
//! No message says so. A station whose session runs comes before one that waits for a car; of two
//! such the nearer, where both places are known; then the one heard last. What was chosen is kept
//! until it is silent for 15 s, or waits for a car while another charges one.

use core::cmp::Ordering;

use heapless::Vec;
use v2x_units::{Instant, MacAddress, Position};

use crate::deadlines::LEGACY_SILENCE;
use crate::legacy::radio::EvcsToVehicle;
use crate::limits::LEGACY_STATIONS_MAX;

/// A station that was heard lately.
#[derive(Debug, Clone, Copy)]
pub(super) struct HeardStation {
    pub(super) mac: MacAddress,
    pub(super) said: EvcsToVehicle,
    at: Instant,
}

impl HeardStation {
    /// Whether it says that it charges a car.
    pub(super) const fn charges(&self) -> bool {
        !self.said.charging_available
    }
}

/// The stations heard lately, and which of them is followed.
#[derive(Debug, Default)]
pub(super) struct Stations {
    heard: Vec<HeardStation, LEGACY_STATIONS_MAX>,
    followed: Option<MacAddress>,
}

impl Stations {
    /// Takes what a station says; true when another had to make room for it.
    pub(super) fn take(&mut self, now: Instant, mac: MacAddress, said: EvcsToVehicle) -> bool {
        let station = HeardStation { mac, said, at: now };
        if let Some(known) = self.heard.iter_mut().find(|known| known.mac == mac) {
            *known = station;
            return false;
        }
        let is_full = self.heard.is_full();
        if is_full {
            let followed = self.followed;
            let others = self.heard.iter().enumerate();
            let others = others.filter(|(_, known)| Some(known.mac) != followed);
            if let Some((longest_silent, _)) = others.min_by_key(|(_, known)| known.at) {
                self.heard.swap_remove(longest_silent);
            }
        }
        self.heard
            .push(station)
            .unwrap_or_else(|_| unreachable!("room was just made"));
        is_full
    }

    /// Forgets who is silent for too long.
    pub(super) fn forget_silent(&mut self, now: Instant) {
        self.heard
            .retain(|known| now.since(known.at) < LEGACY_SILENCE);
    }

    /// When the next of them will have been silent for too long.
    pub(super) fn next_silence(&self) -> Option<Instant> {
        let ends = self.heard.iter().map(|known| known.at + LEGACY_SILENCE);
        ends.min()
    }

    /// The one that is followed, while it is heard.
    pub(super) fn followed(&self) -> Option<&HeardStation> {
        let mac = self.followed?;
        self.heard.iter().find(|known| known.mac == mac)
    }

    /// Keeps to the one that is followed, or chooses another; gives it.
    pub(super) fn choose(&mut self, own: Option<Position>) -> Option<&HeardStation> {
        let is_kept = self
            .followed()
            .is_some_and(|known| known.charges() || !self.heard.iter().any(HeardStation::charges));
        if !is_kept {
            let best = self.heard.iter().min_by(|a, b| order(a, b, own));
            self.followed = best.map(|best| best.mac);
        }
        self.followed()
    }

    /// Follows nobody.
    pub(super) fn leave(&mut self) {
        self.followed = None;
    }
}

/// The better station first.
fn order(a: &HeardStation, b: &HeardStation, own: Option<Position>) -> Ordering {
    let distance = |station: &HeardStation| {
        own.zip(station.said.position)
            .map_or(f64::INFINITY, |(own, place)| own.distance_to(place).get())
    };
    b.charges()
        .cmp(&a.charges())
        .then_with(|| distance(a).total_cmp(&distance(b)))
        .then_with(|| b.at.cmp(&a.at))
}
