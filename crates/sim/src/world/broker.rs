//! A broker that is not always there: it loses connections before and after it has taken a message.

use std::collections::BTreeSet;

use crate::chance::Chance;

/// The broker.
#[derive(Debug)]
pub(super) struct Broker {
    is_there: bool,
    chance: Chance,
    /// Part of messages that it takes and whose acknowledgement is lost.
    loses_answers: f64,
    /// What it has, by device and payload.
    taken: BTreeSet<(usize, Vec<u8>)>,
    pub(super) again: u64,
}

impl Broker {
    pub(super) const fn new(chance: Chance, loses_answers: f64) -> Self {
        Self {
            is_there: true,
            chance,
            loses_answers,
            taken: BTreeSet::new(),
            again: 0,
        }
    }

    pub(super) const fn set_there(&mut self, is_there: bool) {
        self.is_there = is_there;
    }

    /// Takes a message; whether its sender hears so.
    pub(super) fn takes(&mut self, device: usize, payload: &[u8]) -> bool {
        if !self.is_there {
            return false;
        }
        if !self.taken.insert((device, payload.to_vec())) {
            self.again += 1;
        }
        !self.chance.happens(self.loses_answers)
    }

    pub(super) fn has(&self, device: usize, payload: &[u8]) -> bool {
        self.taken.contains(&(device, payload.to_vec()))
    }
}
