//! How often what happened: everything that came in is counted somewhere.

use alloc::collections::BTreeMap;

/// Counts of a car's V2V since it began.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct V2vCounters {
    /// Payloads that the radio heard.
    pub heard: u64,
    /// Of these: no GeoNetworking at all, as the messages of V2G.
    pub foreign: u64,
    /// Of these: for services that are not V2V's, as reservations of charging spots.
    pub other_services: u64,
    /// Of these: our own, sent back by the air.
    pub own_echoes: u64,
    /// CAMs that were verified and taken.
    pub cams: u64,
    /// DENMs that were verified and taken.
    pub denms: u64,
    /// Vehicle data that were verified and taken.
    pub vehicle_data: u64,
    /// Announcements of charging stations that were verified and taken.
    pub announcements: u64,
    /// Certificates of others that were new and hold.
    pub certificates: u64,
    /// Certificates of others that were known.
    pub certificates_known: u64,
    /// CAMs that were sent.
    pub sent_cams: u64,
    /// DENMs that were sent.
    pub sent_denms: u64,
    /// Our certificate, each time it was sent.
    pub sent_certificates: u64,
    /// Vehicle data that were sent.
    pub sent_vehicle_data: u64,
    /// Messages that were built and did not fit into a frame.
    pub too_long: u64,
    /// How often the pseudonym changed.
    pub pseudonym_changes: u64,
    refused: BTreeMap<&'static str, u64>,
    doubted: BTreeMap<&'static str, u64>,
}

impl V2vCounters {
    /// What was heard and changed nothing, by reason.
    pub fn refused(&self) -> impl Iterator<Item = (&'static str, u64)> {
        self.refused.iter().map(|(reason, count)| (*reason, *count))
    }

    /// How often something was refused for a reason.
    #[must_use]
    pub fn refused_for(&self, reason: &str) -> u64 {
        self.refused.get(reason).copied().unwrap_or(0)
    }

    /// What was taken with a doubt, by reason.
    pub fn doubted(&self) -> impl Iterator<Item = (&'static str, u64)> {
        self.doubted.iter().map(|(reason, count)| (*reason, *count))
    }

    /// How often something was taken with a doubt of a kind.
    #[must_use]
    pub fn doubted_for(&self, reason: &str) -> u64 {
        self.doubted.get(reason).copied().unwrap_or(0)
    }

    pub(super) fn refuse(&mut self, reason: &'static str) {
        *self.refused.entry(reason).or_default() += 1;
    }

    pub(super) fn doubt(&mut self, reason: &'static str) {
        *self.doubted.entry(reason).or_default() += 1;
    }
}
