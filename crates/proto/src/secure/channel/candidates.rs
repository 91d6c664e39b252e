//! Who has answered a car's call, until one of them has proven a credential.
//!
//! Anybody can answer a call with a key that he has just made up, and then be silent. So whoever
//! answers first keeps nobody out: the next ones are tried too, each a little later, and the first
//! one whose credential counts is the station. Not what makes it count (`trust.rs`).

use core::time::Duration;

use heapless::Vec;
use v2x_units::{Instant, MacAddress};

use super::datagram::{Datagram, Sealed};
use super::record::Record;
use super::tunnel::{OpenError, Tunnel};
use crate::deadlines::{Backoff, NEXT_ANSWER_AFTER, RETRY_MAX};
use crate::limits::CANDIDATES_MAX;

/// Somebody who has answered the call.
pub(super) struct Candidate {
    pub(super) station: MacAddress,
    /// The X25519 key that he has proven to own.
    pub(super) key: [u8; 32],
    pub(super) tunnel: Tunnel,
    /// Handshake 3 for him, until his credential comes.
    message_3: Datagram,
    next_try: Instant,
    backoff: Backoff,
}

/// Everybody who has answered the call.
#[derive(Default)]
pub(super) struct Candidates {
    them: Vec<Candidate, CANDIDATES_MAX>,
    since: Option<Instant>,
}

impl Candidates {
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    pub(super) fn is_empty(&self) -> bool {
        self.them.is_empty()
    }

    /// When the first one answered.
    pub(super) const fn since(&self) -> Option<Instant> {
        self.since
    }

    /// Whether this one has answered before.
    pub(super) fn knows(&self, station: MacAddress, key: &[u8; 32]) -> bool {
        self.them
            .iter()
            .any(|it| it.station == station && it.key == *key)
    }

    /// Takes one more, in place of the oldest where there is no room. The first is tried at once.
    pub(super) fn add(
        &mut self,
        now: Instant,
        station: MacAddress,
        key: [u8; 32],
        tunnel: Tunnel,
        message_3: Datagram,
    ) {
        self.since.get_or_insert(now);
        let wait = if self.them.is_empty() {
            Duration::ZERO
        } else {
            NEXT_ANSWER_AFTER
        };
        if self.them.is_full() {
            self.them.remove(0);
        }
        let candidate = Candidate {
            station,
            key,
            tunnel,
            message_3,
            next_try: now + wait,
            backoff: Backoff::up_to(RETRY_MAX),
        };
        self.them
            .push(candidate)
            .unwrap_or_else(|_| unreachable!("room was just made"));
    }

    /// What is to be sent now, and to whom.
    pub(super) fn poll(&mut self, now: Instant) -> Option<(MacAddress, Datagram)> {
        let due = self.them.iter_mut().find(|it| it.next_try <= now)?;
        due.next_try = now + due.backoff.step();
        Some((due.station, due.message_3.clone()))
    }

    /// When something is to be sent.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.them.iter().map(|it| it.next_try).min()
    }

    /// Opens what came from this address: whose it is, and what it says. `None`: from nobody who
    /// has answered.
    pub(super) fn open(
        &mut self,
        from: MacAddress,
        sealed: &Sealed<'_>,
    ) -> Option<Result<(usize, Record), OpenError>> {
        let mut refused = None;
        for (at, candidate) in self.them.iter_mut().enumerate() {
            if candidate.station != from || candidate.tunnel.channel() != sealed.channel {
                continue;
            }
            match candidate.tunnel.open(sealed) {
                Ok(record) => return Some(Ok((at, record))),
                Err(error) => refused = Some(error),
            }
        }
        refused.map(Err)
    }

    /// Takes this one out, and with it whoever else showed the same key.
    pub(super) fn take(&mut self, at: usize) -> Candidate {
        let taken = self.them.remove(at);
        self.them.retain(|it| it.key != taken.key);
        taken
    }
}
