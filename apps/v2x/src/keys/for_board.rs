//! A slot's keys on their way to its controller: read, checked, handed over and wiped.

use std::path::Path;

use v2x_proto::secure::{Identity, Role};
use zeroize::Zeroizing;

use super::request::point;
use super::unit::Unit;
use crate::failure::{Blame, Failure};

/// What a slot controller keeps of its slot's folder.
pub(crate) struct BoardKeys {
    /// The slot's name, for the person.
    pub(crate) name: String,
    pub(crate) private: Zeroizing<[u8; 64]>,
    pub(crate) credential: Vec<u8>,
    pub(crate) authority: [u8; 33],
    pub(crate) revocations: Option<Vec<u8>>,
}

impl BoardKeys {
    /// Reads the folder of an enrolled slot.
    pub(crate) fn load(path: &Path) -> Result<Self, Failure> {
        let unit = Unit::open(path)?;
        let answer = unit.enrolment()?.ok_or_else(|| {
            let what = format_args!("{} is not enrolled", path.display());
            Failure::new(Blame::Configuration, what)
                .hint("run v2x keys enroll there, and give the request to the operator")
        })?;
        let role = answer.credential.subject.role;
        if role != Role::Station {
            let what = format_args!("{} is enrolled as a {role}", path.display());
            return Err(Failure::new(Blame::Configuration, what)
                .hint("a slot controller takes the keys of a slot: --role station"));
        }
        let keys = unit.keys()?;
        let private = Zeroizing::new(keys.expose());
        let revocations = unit.revocations()?.map(|list| list.emit().to_vec());
        let credential = answer.credential.emit().to_vec();
        let name = answer.credential.subject.name.to_string();
        Identity::new(keys, answer.credential).map_err(|error| {
            let what = format_args!("{}: {error}", path.display());
            Failure::new(Blame::Configuration, what).hint("enrol the slot again")
        })?;
        Ok(Self {
            name,
            private,
            credential,
            authority: point(&answer.authority),
            revocations,
        })
    }
}
