//! What a daemon reads of a unit's folder at its start, and the revocation list that may change.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use v2x_proto::secure::{ClockUnknown, Identity, RevocationList, Role, Trust};
use v2x_proto::wire::certificate::Certificate;
use v2x_units::UtcTime;

use super::folder::Folder;
use super::pki::{REVOCATIONS, read_revocations};
use super::unit::{Pseudonym, Unit};
use crate::failure::{Blame, Failure};

/// Everything secret and trusted that a daemon speaks with.
pub(crate) struct UnitKeys {
    pub(crate) identity: Identity,
    pub(crate) trust: Trust,
    /// Root and authority of V2V.
    pub(crate) root: Certificate,
    pub(crate) ticket_authority: Certificate,
    /// Tickets of V2V: a car's pseudonyms, or a station's one.
    pub(crate) pseudonyms: Vec<Pseudonym>,
    pub(crate) revocations: RevocationFile,
}

/// Whom to believe while something is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct TrustPolicy {
    /// Believe credentials while the time is not known, and look again as soon as it is.
    pub(crate) without_clock: bool,
    /// Believe nobody while the revocation list is missing or stale.
    pub(crate) fresh_revocations: bool,
}

impl UnitKeys {
    /// Reads the folder of an enrolled unit.
    pub(crate) fn load(
        path: &Path,
        role: Role,
        policy: TrustPolicy,
        now: Option<UtcTime>,
    ) -> Result<Self, Failure> {
        let unit = Unit::open(path)?;
        let answer = unit.enrolment()?.ok_or_else(|| {
            let what = format_args!("{} is not enrolled", path.display());
            Failure::new(Blame::Configuration, what)
                .hint("run v2x keys enroll there, and give the request to the operator")
        })?;
        let seen = answer.credential.subject.role;
        if seen != role {
            let what = format_args!(
                "{} is enrolled as a {seen}; a {role} is wanted",
                path.display()
            );
            return Err(Failure::new(Blame::Configuration, what)
                .hint("name the folder that was enrolled for this computer"));
        }
        let clock = if policy.without_clock {
            ClockUnknown::AcceptForNow
        } else {
            ClockUnknown::Refuse
        };
        let trust = Trust::new(&[answer.authority], clock, policy.fresh_revocations);
        let trust = trust.map_err(|error| Failure::new(Blame::Configuration, error))?;
        let pseudonyms = unit.pseudonyms(&answer, now)?;
        let identity = Identity::new(unit.keys()?, answer.credential).map_err(|error| {
            Failure::new(
                Blame::Configuration,
                format_args!("{}: {error}", path.display()),
            )
            .hint("enrol the unit again")
        })?;
        Ok(Self {
            identity,
            trust,
            root: answer.root,
            ticket_authority: answer.ticket_authority,
            pseudonyms,
            revocations: RevocationFile {
                folder: unit.folder().clone(),
                path: unit.folder().path().join(REVOCATIONS),
                seen: None,
            },
        })
    }
}

/// The revocation list in a unit's folder, read again whenever somebody has replaced it.
pub(crate) struct RevocationFile {
    folder: Folder,
    path: PathBuf,
    seen: Option<SystemTime>,
}

impl RevocationFile {
    /// The list, if it is another than the last time; a damaged one is told and the last one stays.
    pub(crate) fn changed(&mut self) -> Result<Option<RevocationList>, Failure> {
        let changed = std::fs::metadata(&self.path)
            .and_then(|it| it.modified())
            .ok();
        if changed == self.seen {
            return Ok(None);
        }
        self.seen = changed;
        read_revocations(&self.folder)
    }
}
