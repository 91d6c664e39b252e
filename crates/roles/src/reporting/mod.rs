//! What of a row is worth sending: by change, by interval, and within what a month may cost.
//!
//! A row has every value that is fresh. Not all of them say something new: [`Reporter`] picks those
//! that changed by more than they may, and those that nobody heard of for long. [`Budget`] says by
//! how much those intervals are to be stretched so that a month's bytes last for the month. Neither
//! knows what a row is made of or how it is sent; what is kept on the disk is not their business.
//!
//! | file | what it decides |
//! |---|---|
//! | [`rule`] | how much a value may change unreported, and for how long |
//! | [`reporter`] | which values of a row are reported |
//! | [`budget`] | how much was spent this month, and how far intervals are stretched |

pub mod budget;
pub mod reporter;
pub mod rule;

pub use budget::{Budget, Spent};
pub use reporter::{Reporter, Value};
pub use rule::{Change, Rule, RuleError, Rules, parse_overrides};
