//! One station in sight: what it claims, how far it is believed, how well it is heard.

use v2x_units::{Instant, MacAddress, Meters, Position};

use super::claim::Claim;
use super::confidence::Confidence;
use super::link_quality::LinkQuality;
use super::plausibility::{self, Implausible};
use crate::deadlines::NEIGHBOUR_AGE_MAX;
use crate::limits::{CAM_BURST, CAM_RATE};
use crate::wire::cam::ExteriorLights;
use crate::wire::certificate::HashedId8;
use crate::wire::its_time::ItsTime;
use crate::wire::station::{StationId, StationType};
use crate::wire::vehicle_data::VehicleData;

/// A station in sight.
#[derive(Debug, Clone, PartialEq)]
pub struct Neighbour {
    /// Its pseudonym.
    pub station: StationId,
    /// The certificate that signs for it.
    pub signer: HashedId8,
    /// What kind of station it is.
    pub station_type: StationType,
    /// The radio address it was last heard from.
    pub address: MacAddress,
    /// When it was first heard.
    pub first_heard: Instant,
    /// When its claim was heard.
    pub last_heard: Instant,
    /// What it claims.
    pub claim: Claim,
    /// Its lights, when it has told them.
    pub lights: Option<ExteriorLights>,
    /// What it told of its battery, and when that was heard.
    pub vehicle_data: Option<(Instant, VehicleData)>,
    /// How well it is heard.
    pub quality: LinkQuality,
    pub(super) confidence: Confidence,
    pub(super) tokens: f64,
    pub(super) tokens_at: Instant,
}

/// A CAM that is verified, with what is around it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Heard {
    pub(super) at: Instant,
    pub(super) station: StationId,
    pub(super) station_type: StationType,
    pub(super) signer: HashedId8,
    pub(super) address: MacAddress,
    pub(super) claim: Claim,
    pub(super) signed: ItsTime,
    pub(super) lights: Option<ExteriorLights>,
    /// What was found already, outside of the claim.
    pub(super) doubt: Option<Implausible>,
}

impl Neighbour {
    pub(super) fn new(heard: &Heard) -> Self {
        Self {
            station: heard.station,
            signer: heard.signer,
            station_type: heard.station_type,
            address: heard.address,
            first_heard: heard.at,
            last_heard: heard.at,
            claim: heard.claim,
            lights: heard.lights,
            vehicle_data: None,
            quality: LinkQuality::default(),
            confidence: Confidence::UNKNOWN,
            tokens: CAM_BURST - 1.0,
            tokens_at: heard.at,
        }
    }

    /// How far it is believed at a moment: what it has earned, less as its claim ages.
    #[must_use]
    pub fn confidence(&self, now: Instant) -> Confidence {
        let age = self.age(now).as_secs_f64() / NEIGHBOUR_AGE_MAX.as_secs_f64();
        self.confidence.times(1.0 - age)
    }

    /// How long ago its claim was heard.
    #[must_use]
    pub const fn age(&self, now: Instant) -> core::time::Duration {
        now.since(self.last_heard)
    }

    /// Where it is at a moment, if it goes on as it did.
    #[must_use]
    pub fn position(&self, now: Instant) -> Position {
        self.claim.position_after(self.age(now).as_secs_f64())
    }

    /// How far it is from a place at a moment.
    #[must_use]
    pub fn distance(&self, now: Instant, from: Position) -> Meters {
        self.position(now).distance_to(from)
    }

    /// Takes what it claims now.
    ///
    /// # Errors
    /// It cannot be so; nothing but the confidence has changed.
    pub(super) fn take(&mut self, heard: &Heard) -> Result<Option<Implausible>, Implausible> {
        let verdict = self.judge(heard);
        match verdict {
            Err(_) => self.confidence = self.confidence.refuted(),
            Ok(doubt) => {
                let doubt = doubt.or(heard.doubt);
                self.confidence = if doubt.is_some() {
                    self.confidence.doubted()
                } else {
                    self.confidence.raised()
                };
                self.accept(heard);
                return Ok(doubt);
            }
        }
        verdict
    }

    fn judge(&mut self, heard: &Heard) -> Result<Option<Implausible>, Implausible> {
        if heard.station != self.station {
            return Err(Implausible::StationIdChanged);
        }
        let filled = heard.at.since(self.tokens_at).as_secs_f64() * CAM_RATE;
        self.tokens = (self.tokens + filled).min(CAM_BURST);
        self.tokens_at = heard.at;
        if self.tokens < 1.0 {
            return Err(Implausible::Rate);
        }
        self.tokens -= 1.0;
        plausibility::after(&self.claim, &heard.claim)
    }

    fn accept(&mut self, heard: &Heard) {
        let millis = heard.claim.at.as_millis() - self.claim.at.as_millis();
        let interval = core::time::Duration::from_millis(millis.unsigned_abs());
        let delay = core::time::Duration::from_millis(
            (heard.signed.as_millis() - heard.claim.at.as_millis()).unsigned_abs(),
        );
        self.quality.take(Some(interval), delay);
        self.last_heard = heard.at;
        self.address = heard.address;
        self.station_type = heard.station_type;
        self.claim = heard.claim;
        self.lights = heard.lights.or(self.lights);
    }
}
