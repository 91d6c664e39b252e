//! Serial lines: a port in full raw mode, who else has it, and a pseudo-terminal that stands in
//! for one.
//!
//! What travels over them is `v2x_proto`'s business.

mod holder;
mod port;
mod port_error;
mod pseudo_terminal;

pub(crate) use holder::{Holder, holders};
pub(crate) use port::{Arrival, Port};
pub(crate) use port_error::PortError;
pub(crate) use pseudo_terminal::PseudoTerminal;
