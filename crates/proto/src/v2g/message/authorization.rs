//! Authorization: the car asks to charge. Both messages are empty: the credentials have spoken.
//!
//! ISO 15118-2, AuthorizationReq and AuthorizationRes. Refusals are in `refusal.rs`.

use crate::link::body::{BodyError, Reader};

/// The car asks to charge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuthorizationReq;

/// The station lets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuthorizationRes;

impl AuthorizationReq {
    pub(super) fn parse(body: &[u8]) -> Result<Self, BodyError> {
        Reader::new("AuthorizationReq", body).end("type")?;
        Ok(Self)
    }

    pub(super) fn emit(&self, _: &mut [u8]) -> Result<usize, BodyError> {
        Ok(0)
    }
}

impl AuthorizationRes {
    pub(super) fn parse(body: &[u8]) -> Result<Self, BodyError> {
        Reader::new("AuthorizationRes", body).end("type")?;
        Ok(Self)
    }

    pub(super) fn emit(&self, _: &mut [u8]) -> Result<usize, BodyError> {
        Ok(0)
    }
}
