//! Trust over the air, in its two forms.
//!
//! | folder | what it is |
//! |---|---|
//! | [`signed`] | broadcast messages that everybody may read and nobody may forge |
//! | [`channel`] | a conversation of two that nobody else can read or speak on |
//!
//! Nothing outside this module sees a key.

pub mod channel;
#[cfg(feature = "its")]
pub mod signed;

pub use channel::*;
#[cfg(feature = "its")]
pub use signed::*;
