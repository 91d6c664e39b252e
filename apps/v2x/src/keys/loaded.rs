//! What a daemon reads of a unit's folder at its start, and the revocation list that may change.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use v2x_proto::secure::{ClockUnknown, Identity, RevocationList, Role, Trust};
use v2x_proto::wire::certificate::Certificate;
use v2x_units::UtcTime;

use super::pki::{REVOCATIONS, parse_revocations};
use super::unit::{Pseudonym, Unit};
use crate::failure::{Blame, Failure};

/// The most bytes of a list as text that are read: 2,150 in hexadecimal are 4,300.
const LIST_TEXT_MAX: u64 = 8192;

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
            revocations: RevocationFile::at(unit.folder().path().join(REVOCATIONS)),
        })
    }
}

/// A revocation list on disk, read again whenever somebody has replaced it.
pub(crate) struct RevocationFile {
    path: PathBuf,
    seen: Option<SystemTime>,
}

impl RevocationFile {
    /// The list in this file, which may come later.
    pub(crate) const fn at(path: PathBuf) -> Self {
        Self { path, seen: None }
    }

    /// The list, if it is another than the last time; a damaged one is told and the last one stays.
    pub(crate) fn changed(&mut self) -> Result<Option<RevocationList>, Failure> {
        let changed = std::fs::metadata(&self.path)
            .and_then(|it| it.modified())
            .ok();
        if changed == self.seen {
            return Ok(None);
        }
        self.seen = changed;
        if changed.is_none() {
            return Ok(None);
        }
        read_list(&self.path).map(Some)
    }
}

fn read_list(path: &Path) -> Result<RevocationList, Failure> {
    let what = || format!("revocation list {}", path.display());
    let unreadable = |error: &_| Failure::unreadable(Blame::Input, what(), error);
    let mut file = File::open(path).map_err(|error| unreadable(&error))?;
    let mut text = String::new();
    // A longer one is cut, and cut it is no list.
    let read = (&mut file).take(LIST_TEXT_MAX).read_to_string(&mut text);
    read.map_err(|error| unreadable(&error))?;
    parse_revocations(&text).map_err(|why| {
        Failure::new(Blame::Input, format_args!("{}: {why}", what()))
            .hint("copy the operator's file `revocations` there anew")
    })
}
