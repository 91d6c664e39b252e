//! Keys on disk: the operator's small authority, and what a car or a station needs of it.
//!
//! Not what keys are good for (`v2x_proto::secure`) and not the command line
//! (`commands/keys`). A private key leaves the folder in which it was drawn for its slot's
//! controller alone: a unit asks ([`request`]), the operator's folder ([`pki`]) answers, and the
//! unit installs the answer.
//!
//! | file | what it holds |
//! |---|---|
//! | `folder.rs` | folders and files with strict modes, replaced as a whole |
//! | `for_board.rs` | a slot's keys on their way to its controller |
//! | `hex.rs` | bytes as text |
//! | `pki.rs` | the operator's folder: root, authority, revocation list |
//! | `ledger.rs` | what the operator has issued, and what of it is revoked |
//! | `certificates.rs` | what root, authority and pseudonym certificates of V2V say |
//! | `request.rs` | the papers between unit and operator |
//! | `unit.rs` | the folder of a car or a station: drawn, asked for, installed |
//! | `loaded.rs` | what a daemon reads of a unit's folder, and the revocations that change |
//! | `device_key.rs` | a secret of this computer alone, and hashes with it |
//! | `random.rs` | the kernel's random numbers |

mod certificates;
mod device_key;
mod folder;
mod for_board;
pub(crate) mod hex;
mod ledger;
mod loaded;
mod pki;
mod random;
mod request;
mod unit;

pub(crate) use device_key::{device_key, keyed_hash};
pub(crate) use for_board::BoardKeys;
pub(crate) use ledger::Issued;
pub(crate) use loaded::{RevocationFile, TrustPolicy, UnitKeys};
pub(crate) use pki::{Lifetimes, Pki};
pub(crate) use random::Drawn;
pub(crate) use request::{Answer, Request, Wanted};
pub(crate) use unit::{Pseudonym as Ticket, Unit};
