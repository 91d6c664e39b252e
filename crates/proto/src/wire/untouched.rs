//! Parts of a message that go through as they came: not interpreted, not altered, not lost.
//!
//! Extension additions of later versions are the exception: the decoder skips them.

use super::error::WireError;
use super::uper;

/// A part that was received, kept so that the message can be sent on unchanged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Untouched<T>(T);

impl<T: rasn::Encode + Clone> Untouched<T> {
    /// Takes a part that can be encoded again.
    pub(crate) fn new(field: &'static str, part: T) -> Result<Self, WireError> {
        uper::can_encode(field, &part)?;
        Ok(Self(part))
    }

    pub(crate) fn to_asn1(&self) -> T {
        self.0.clone()
    }

    pub(crate) const fn get(&self) -> &T {
        &self.0
    }
}
