//! PowerDelivery: the car asks that power begins, ends, or is agreed upon anew.
//!
//! | request | bytes | meaning |
//! |---|---|---|
//! | charge progress | 1 | code of [`ChargeProgress`] |
//!
//! The response is empty. ISO 15118-2, PowerDeliveryReq and PowerDeliveryRes.

use crate::link::body::{BodyError, Reader, Writer, coded};
use crate::v2g::field::coded_byte;

coded! {
    /// What the car wants of the power.
    ChargeProgress {
        /// It may begin to flow.
        Start = 1,
        /// It is to end.
        Stop = 2,
        /// It flows on while the parameters are agreed upon anew.
        Renegotiate = 3,
    }
}

/// The car asks for power, or for its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PowerDeliveryReq {
    /// What it wants.
    pub progress: ChargeProgress,
}

/// The station does so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PowerDeliveryRes;

impl PowerDeliveryReq {
    const NAME: &'static str = "PowerDeliveryReq";

    pub(super) fn parse(body: &[u8]) -> Result<Self, BodyError> {
        let mut from = Reader::new(Self::NAME, body);
        let progress = coded_byte(&mut from, "charge progress", ChargeProgress::from_code)?;
        from.end("charge progress")?;
        Ok(Self { progress })
    }

    pub(super) fn emit(&self, out: &mut [u8]) -> Result<usize, BodyError> {
        let mut to = Writer::new(Self::NAME, out);
        to.u8("charge progress", self.progress.code())?;
        Ok(to.used())
    }
}

impl PowerDeliveryRes {
    pub(super) fn parse(body: &[u8]) -> Result<Self, BodyError> {
        Reader::new("PowerDeliveryRes", body).end("type")?;
        Ok(Self)
    }

    pub(super) fn emit(&self, _: &mut [u8]) -> Result<usize, BodyError> {
        Ok(0)
    }
}
