//! When our certificate goes out, and whose we ask for.
//!
//! | what | when |
//! |---|---|
//! | our certificate | once per second; with the first DENM of an event; after a change of pseudonym; when a verified message asks for it or an unknown signer is heard, but not within 300 ms of the last |
//! | a request | in each CAM, for up to three signers that were heard in the last 3 s and are not known |

use alloc::vec::Vec;

use v2x_units::Instant;

use crate::deadlines::{
    CERTIFICATE_PACE, CERTIFICATE_PERIOD, CERTIFICATE_SPACING, CERTIFICATE_WANTED,
};
use crate::limits::{CERTIFICATE_BURST, REQUESTS_MAX, WANTED_MAX};
use crate::wire::certificate::{HashedId3, HashedId8};

/// When our certificate goes out, and whose we ask for.
#[derive(Debug)]
pub(super) struct CertificateExchange {
    sent: Option<Instant>,
    asked_for: bool,
    /// Signers that are not known, the one heard last at the end.
    wanted: Vec<(HashedId8, Instant)>,
    tokens: u32,
    counted_to: Instant,
}

impl CertificateExchange {
    pub(super) const fn new() -> Self {
        Self {
            sent: None,
            asked_for: true,
            wanted: Vec::new(),
            tokens: CERTIFICATE_BURST,
            counted_to: Instant::BOOT,
        }
    }

    /// Somebody wants our certificate.
    pub(super) const fn ask(&mut self) {
        self.asked_for = true;
    }

    /// Whether ours is due.
    pub(super) fn due(&self, now: Instant) -> bool {
        let Some(sent) = self.sent else {
            return true;
        };
        let wait = if self.asked_for {
            CERTIFICATE_SPACING
        } else {
            CERTIFICATE_PERIOD
        };
        now.since(sent) >= wait
    }

    /// Takes down that it went out.
    pub(super) const fn sent(&mut self, now: Instant) {
        self.sent = Some(now);
        self.asked_for = false;
    }

    /// It is another one from now on.
    pub(super) const fn changed(&mut self) {
        self.sent = None;
        self.asked_for = true;
    }

    /// An unknown signer was heard.
    pub(super) fn unknown(&mut self, now: Instant, signer: HashedId8) {
        self.known(signer);
        if self.wanted.len() >= WANTED_MAX {
            self.wanted.remove(0);
        }
        self.wanted.push((signer, now));
        self.asked_for = true;
    }

    /// A signer is known now.
    pub(super) fn known(&mut self, signer: HashedId8) {
        self.wanted.retain(|(wanted, _)| *wanted != signer);
    }

    /// Whom the next CAM asks for.
    pub(super) fn requests(&mut self, now: Instant) -> Vec<HashedId3> {
        self.wanted
            .retain(|(_, heard)| now.since(*heard) <= CERTIFICATE_WANTED);
        let latest = self.wanted.iter().rev().take(REQUESTS_MAX);
        latest.map(|(signer, _)| signer.short()).collect()
    }

    /// Whether another certificate of a stranger may be checked now.
    pub(super) fn may_check(&mut self, now: Instant) -> bool {
        let passed = now.since(self.counted_to).as_micros() / CERTIFICATE_PACE.as_micros();
        let passed = u32::try_from(passed).unwrap_or(u32::MAX);
        self.tokens = self.tokens.saturating_add(passed).min(CERTIFICATE_BURST);
        if self.tokens == CERTIFICATE_BURST {
            self.counted_to = now;
        } else {
            self.counted_to = self.counted_to + CERTIFICATE_PACE * passed;
        }
        let may = self.tokens > 0;
        self.tokens -= u32::from(may);
        may
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use super::*;

    fn at(millis: u64) -> Instant {
        Instant::BOOT + Duration::from_millis(millis)
    }

    #[test]
    fn certificate_goes_out_once_a_second_and_sooner_when_asked_for() {
        let mut exchange = CertificateExchange::new();
        assert!(exchange.due(at(0)));
        exchange.sent(at(0));
        assert!(!exchange.due(at(999)));
        assert!(exchange.due(at(1000)));
        exchange.ask();
        assert!(!exchange.due(at(299)), "not at once, whoever asks");
        assert!(exchange.due(at(300)));
    }

    #[test]
    fn unknown_signers_are_asked_for_until_they_are_known_or_gone() {
        let mut exchange = CertificateExchange::new();
        for signer in 0..5 {
            exchange.unknown(at(u64::from(signer)), HashedId8([signer; 8]));
        }
        exchange.known(HashedId8([3; 8]));
        let asked = exchange.requests(at(10));
        assert_eq!(asked, [4, 2, 1].map(|it| HashedId3([it; 3])));
        assert_eq!(exchange.requests(at(3010)), []);
    }

    #[test]
    fn wanted_signers_when_full_lose_the_oldest() {
        let mut exchange = CertificateExchange::new();
        for signer in 0..=u64::try_from(WANTED_MAX).unwrap() {
            exchange.unknown(at(signer), HashedId8(signer.to_be_bytes()));
        }
        assert_eq!(exchange.wanted.len(), WANTED_MAX);
        assert_eq!(exchange.wanted[0].0, HashedId8(1_u64.to_be_bytes()));
    }

    #[test]
    fn flood_of_certificates_gets_the_burst_and_then_one_per_pace() {
        let mut exchange = CertificateExchange::new();
        let checked = (0..10_000).filter(|ms| exchange.may_check(at(*ms))).count();
        assert_eq!(checked, 64 + 499);
    }
}
