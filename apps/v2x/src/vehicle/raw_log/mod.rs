//! The raw log: every frame, in candump files that are closed in time and never written again.
//!
//! ```text
//! candump_000041_20261124T101500Z.log.zst   closed and compressed
//! candump_000042_20261124T104500Z.log       being written
//! ```
//!
//! | file | what it does |
//! |---|---|
//! | [`name`] | the names, whose order is the order of writing whatever the clock said |
//! | [`writer`] | the file that is being written, and when the next one begins |
//! | [`archive`] | what becomes of closed files: compressed, and removed when they are too many |

pub(super) mod archive;
pub(super) mod name;
pub(super) mod writer;
