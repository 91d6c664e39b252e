//! SessionStop: the car ends the session. Both messages are empty.
//!
//! ISO 15118-2, SessionStopReq with ChargingSession Terminate (Pause is not offered), -Res.

use crate::link::body::{BodyError, Reader};

/// The car ends the session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionStopReq;

/// The station has ended it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionStopRes;

impl SessionStopReq {
    pub(super) fn parse(body: &[u8]) -> Result<Self, BodyError> {
        Reader::new("SessionStopReq", body).end("type")?;
        Ok(Self)
    }

    pub(super) fn emit(&self, _: &mut [u8]) -> Result<usize, BodyError> {
        Ok(0)
    }
}

impl SessionStopRes {
    pub(super) fn parse(body: &[u8]) -> Result<Self, BodyError> {
        Reader::new("SessionStopRes", body).end("type")?;
        Ok(Self)
    }

    pub(super) fn emit(&self, _: &mut [u8]) -> Result<usize, BodyError> {
        Ok(0)
    }
}
