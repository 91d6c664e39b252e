//! Under which names the car speaks, and when it changes all of them at once.
//!
//! | identifier | changes |
//! |---|---|
//! | certificate and key | another of the operator's batch, least used first, drawn by lot |
//! | station id, MAC and with it the GeoNetworking address | drawn |
//! | sequence numbers of GeoNetworking, DENM and vehicle data | drawn beginnings |
//! | path history | forgotten |
//!
//! When: after a way drawn from 800 to 1,500 m and a time drawn from 2 to 6 min, both; and when
//! the car sets out after it stood for 10 min. Not while an event of its own or a warning lasts,
//! for others follow the car through it; a certificate that ends is left all the same. The
//! figures are those of the C2C-CC basic system profile as far as they are remembered (not
//! checked against its text).

use alloc::vec::Vec;
use core::time::Duration;

use rand_core::CryptoRng;
use thiserror::Error;
use v2x_units::{Instant, MacAddress, MetersPerSecond};

use crate::deadlines::{PSEUDONYM_STAND, PSEUDONYM_TIME_MAX, PSEUDONYM_TIME_MIN};
use crate::limits::{PSEUDONYM_WAY_MAX_M, PSEUDONYM_WAY_MIN_M, PSEUDONYMS_MAX};
use crate::secure::{CertificateHash, SigningKey};
use crate::wire::certificate::{Certificate, HashedId8, Psid};
use crate::wire::its_time::GenerationTime;
use crate::wire::station::StationId;

/// The key is not the one that the certificate names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the private key does not belong to the ticket {:02x?}", .0.0)]
pub struct WrongKey(pub HashedId8);

/// A certificate without a name, and its key.
#[derive(Debug, Clone)]
pub struct Pseudonym {
    certificate: Certificate,
    hash: CertificateHash,
    key: SigningKey,
}

impl Pseudonym {
    /// Takes a ticket as the operator issued it, with its key.
    ///
    /// # Errors
    /// The key is not the ticket's.
    pub fn new(certificate: Certificate, key: SigningKey) -> Result<Self, WrongKey> {
        let hash = CertificateHash::of(&certificate);
        if key.public_key() != certificate.to_be_signed.verification_key {
            return Err(WrongKey(hash.name()));
        }
        Ok(Self {
            certificate,
            hash,
            key,
        })
    }

    /// The ticket.
    #[must_use]
    pub const fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// Its name in messages.
    #[must_use]
    pub const fn name(&self) -> HashedId8 {
        self.hash.name()
    }

    pub(crate) const fn hash(&self) -> CertificateHash {
        self.hash
    }

    pub(crate) const fn key(&self) -> &SigningKey {
        &self.key
    }

    /// Whether it may sign for an application.
    #[must_use]
    pub fn permits(&self, psid: Psid) -> bool {
        let permissions = self.certificate.to_be_signed.permissions.as_deref();
        permissions
            .unwrap_or_default()
            .iter()
            .any(|permission| permission.psid == psid)
    }

    /// Whether it holds at a moment.
    pub(crate) fn holds(&self, now: GenerationTime) -> bool {
        self.certificate.to_be_signed.validity.contains(now)
    }
}

/// Everything that tells one car from another, apart from the certificate.
#[derive(Debug, Clone, Copy)]
pub(super) struct Identifiers {
    pub(super) station: StationId,
    pub(super) address: MacAddress,
    pub(super) packet_sequence: u16,
    pub(super) event_sequence: u16,
    pub(super) data_sequence: u16,
}

impl Identifiers {
    fn draw(fixed: Option<MacAddress>, rng: &mut dyn CryptoRng) -> Self {
        let [a, b, c, d, e, f, ..] = rng.next_u64().to_le_bytes();
        // The bit of an address that nobody gave out is set, that of a group is not.
        let drawn = MacAddress::new([a & 0xFC | 0x02, b, c, d, e, f]);
        let sequences = rng.next_u64().to_le_bytes();
        let [a, b, c, d, e, f, ..] = sequences;
        Self {
            station: StationId::new(rng.next_u32().into()).unwrap_or(StationId::MIN),
            address: fixed.unwrap_or(drawn),
            packet_sequence: u16::from_le_bytes([a, b]),
            event_sequence: u16::from_le_bytes([c, d]),
            data_sequence: u16::from_le_bytes([e, f]),
        }
    }
}

/// One of the batch.
#[derive(Debug)]
struct Entry {
    pseudonym: Pseudonym,
    uses: u32,
}

/// When the present pseudonym has served its time.
#[derive(Debug, Clone, Copy)]
struct Term {
    since: Instant,
    way_m: f64,
    enough_way_m: f64,
    enough_time: Duration,
    moved: Instant,
    set_out: bool,
}

impl Term {
    fn draw(now: Instant, rng: &mut dyn CryptoRng) -> Self {
        let part = || f64::from(u32::MAX);
        let drawn = f64::from(rng.next_u32()) / part();
        let way = PSEUDONYM_WAY_MIN_M + drawn * (PSEUDONYM_WAY_MAX_M - PSEUDONYM_WAY_MIN_M);
        let drawn = f64::from(rng.next_u32()) / part();
        let time = (PSEUDONYM_TIME_MAX - PSEUDONYM_TIME_MIN).mul_f64(drawn) + PSEUDONYM_TIME_MIN;
        Self {
            since: now,
            way_m: 0.0,
            enough_way_m: way,
            enough_time: time,
            moved: now,
            set_out: false,
        }
    }

    fn is_over(&self, now: Instant) -> bool {
        let driven = self.way_m >= self.enough_way_m && now.since(self.since) >= self.enough_time;
        driven || self.set_out
    }
}

/// The batch of pseudonyms and the one in use.
#[derive(Debug)]
pub(super) struct Pseudonyms {
    batch: Vec<Entry>,
    current: Option<(usize, Identifiers, Term)>,
    refused: u64,
}

impl Pseudonyms {
    pub(super) const fn new() -> Self {
        Self {
            batch: Vec::new(),
            current: None,
            refused: 0,
        }
    }

    /// Takes more. Those that have ended make room; what does not fit is refused and counted.
    pub(super) fn add(&mut self, now: Option<GenerationTime>, more: Vec<Pseudonym>) {
        if let Some(now) = now {
            self.forget_ended(now);
        }
        for pseudonym in more {
            let known = |entry: &Entry| entry.pseudonym.name() == pseudonym.name();
            if self.batch.iter().any(known) {
                continue;
            }
            if self.batch.len() >= PSEUDONYMS_MAX {
                self.refused += 1;
            } else {
                self.batch.push(Entry { pseudonym, uses: 0 });
            }
        }
    }

    /// Gives up what the operator revoked.
    pub(super) fn revoke(&mut self, names: &[HashedId8]) {
        self.retain(|pseudonym| !names.contains(&pseudonym.name()));
    }

    fn forget_ended(&mut self, now: GenerationTime) {
        self.retain(|pseudonym| pseudonym.certificate.to_be_signed.validity.end() > now);
    }

    fn retain(&mut self, keep: impl Fn(&Pseudonym) -> bool) {
        let used = self.current().map(|(pseudonym, _)| pseudonym.name());
        self.batch.retain(|entry| keep(&entry.pseudonym));
        let place = self
            .batch
            .iter()
            .position(|entry| Some(entry.pseudonym.name()) == used);
        self.current = match (place, self.current) {
            (Some(place), Some((_, identifiers, term))) => Some((place, identifiers, term)),
            _ => None,
        };
    }

    /// How many were refused because there was no room.
    pub(super) const fn refused(&self) -> u64 {
        self.refused
    }

    /// How many hold at a moment.
    pub(super) fn holding(&self, now: GenerationTime) -> usize {
        let holds = |entry: &&Entry| entry.pseudonym.holds(now);
        self.batch.iter().filter(holds).count()
    }

    /// Whether a certificate is one of these.
    pub(super) fn has(&self, name: HashedId8) -> bool {
        self.batch
            .iter()
            .any(|entry| entry.pseudonym.name() == name)
    }

    /// The one in use.
    pub(super) fn current(&self) -> Option<(&Pseudonym, &Identifiers)> {
        let (place, identifiers, _) = self.current.as_ref()?;
        Some((&self.batch.get(*place)?.pseudonym, identifiers))
    }

    pub(super) fn identifiers_mut(&mut self) -> Option<&mut Identifiers> {
        self.current.as_mut().map(|(_, identifiers, _)| identifiers)
    }

    /// Counts the way, in a time at a speed.
    pub(super) fn drive(&mut self, now: Instant, speed: Option<MetersPerSecond>, time: Duration) {
        let Some((_, _, term)) = &mut self.current else {
            return;
        };
        let speed = speed.map_or(0.0, MetersPerSecond::get);
        if speed > 0.0 {
            term.set_out |= now.since(term.moved) >= PSEUDONYM_STAND;
            term.way_m += speed * time.as_secs_f64();
            term.moved = now;
        }
    }

    /// Changes everything when it is time, unless the car is being followed for a good reason.
    /// Says whether it did.
    pub(super) fn change_when_due(
        &mut self,
        now: Instant,
        time: GenerationTime,
        followed: bool,
        fixed: Option<MacAddress>,
        rng: &mut dyn CryptoRng,
    ) -> bool {
        let holds = self
            .current()
            .is_some_and(|(pseudonym, _)| pseudonym.holds(time));
        let over = self.current.is_some_and(|(_, _, term)| term.is_over(now));
        if holds && (!over || followed) {
            return false;
        }
        let Some(next) = self.next(time, rng) else {
            if !holds {
                self.current = None;
            }
            return false;
        };
        let identifiers = Identifiers::draw(fixed, rng);
        self.batch[next].uses = self.batch[next].uses.saturating_add(1);
        self.current = Some((next, identifiers, Term::draw(now, rng)));
        true
    }

    /// Another one than the present: one of those least used, by lot.
    fn next(&self, time: GenerationTime, rng: &mut dyn CryptoRng) -> Option<usize> {
        let present = self.current.map(|(place, _, _)| place);
        let others = || {
            let entries = self.batch.iter().enumerate();
            entries.filter(move |(place, entry)| {
                Some(*place) != present && entry.pseudonym.holds(time)
            })
        };
        let least = others().map(|(_, entry)| entry.uses).min()?;
        let least_used = || others().filter(|(_, entry)| entry.uses == least);
        let count = u64::try_from(least_used().count()).ok()?;
        let drawn = usize::try_from(rng.next_u64() % count).ok()?;
        least_used().nth(drawn).map(|(place, _)| place)
    }
}
