//! The names that credentials give: EVSEID of a station's slot, EVCCID of a car.
//!
//! Not a person's identity: a car's name is what its operator calls it. ISO 15118-2, evseIDType
//! and evccIDType.

use core::fmt;

use heapless::String;
use thiserror::Error;

use crate::limits::NAME_MAX;

/// The name of a slot or a car: 1 to 37 visible ASCII characters, as `MA*HEL*E0001*1`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name(String<NAME_MAX>);

/// A text that is no name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a name has 1 to {NAME_MAX} visible ASCII characters; this text of {0} bytes is none")]
pub struct NameError(usize);

impl Name {
    /// Takes a text.
    ///
    /// # Errors
    /// When it is empty, too long, or has blanks or characters outside ASCII.
    pub fn new(text: &str) -> Result<Self, NameError> {
        let error = NameError(text.len());
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(error);
        }
        String::try_from(text).map(Self).map_err(|_| error)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Name({})", self.0)
    }
}
