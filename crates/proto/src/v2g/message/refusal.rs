//! Refusal: the station's answer to any request that it does not carry out.
//!
//! | response | bytes | meaning |
//! |---|---|---|
//! | request | 1 | the type that is refused |
//! | code | 1 | code of [`ResponseCode`] |
//!
//! ISO 15118-2 puts a ResponseCode into every response and leaves the rest of a refusing one
//! meaningless; here a refusal is a message of its own, and every other response is an OK.

use crate::link::body::{BodyError, Reader, Writer, coded};
use crate::v2g::field::coded_byte;

coded! {
    /// Why a request is not carried out.
    ResponseCode {
        /// This request may not come now (FAILED_SequenceError).
        SequenceError = 1,
        /// No session of this car has this number (FAILED_UnknownSession).
        UnknownSession = 2,
        /// The slot's session belongs to another car. Ours.
        SlotOccupied = 3,
        /// No plug is in the slot. Ours.
        NotPlugged = 4,
        /// The countersignature is not the car's (FAILED_MeteringSignatureNotValid).
        MeteringSignatureNotValid = 5,
        /// The station gives no power now (FAILED_PowerDeliveryNotApplied).
        PowerDeliveryNotApplied = 6,
        /// The body is not what the type promises. Ours.
        Malformed = 7,
        /// The credential does not permit battery data. Ours.
        NotPermitted = 8,
        /// The receipt cannot be written (FAILED).
        Failed = 9,
        /// The car is plugged in elsewhere: its mains came at another moment. Ours.
        OtherPlug = 10,
        /// No receipt: that the car is in this slot was never confirmed. Ours.
        PlugNotConfirmed = 11,
    }
}

/// The station does not carry a request out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal {
    /// The type of the request.
    pub request: u8,
    /// Why.
    pub code: ResponseCode,
}

impl Refusal {
    const NAME: &'static str = "Refusal";

    pub(super) fn parse(body: &[u8]) -> Result<Self, BodyError> {
        let mut from = Reader::new(Self::NAME, body);
        let refusal = Self {
            request: from.u8("request")?,
            code: coded_byte(&mut from, "code", ResponseCode::from_code)?,
        };
        from.end("code")?;
        Ok(refusal)
    }

    pub(super) fn emit(&self, out: &mut [u8]) -> Result<usize, BodyError> {
        let mut to = Writer::new(Self::NAME, out);
        to.u8("request", self.request)?;
        to.u8("code", self.code.code())?;
        Ok(to.used())
    }
}
