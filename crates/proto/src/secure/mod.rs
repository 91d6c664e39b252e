//! Trust over the air, in its two forms.
//!
//! | folder | what it is |
//! |---|---|
//! | [`signed`] | broadcast messages that everybody may read and nobody may forge |
//! | [`channel`] | a conversation of two that nobody else can read or speak on |
//!
//! Nothing outside this module sees a key.

pub mod channel;
pub mod signed;

pub use channel::*;
pub use signed::*;
