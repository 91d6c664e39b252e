//! `v2x session`: questions about charging sessions, answered from a station's store.
use crate::cli;
use crate::failure::Failure;
pub(super) fn run(_arguments: &cli::Session) -> Result<(), Failure> {
    Ok(())
}
