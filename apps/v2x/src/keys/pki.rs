//! The operator's folder: its private keys, what it has issued, and its revocation list.
//!
//! | file | what it holds |
//! |---|---|
//! | `authority.key` | 32 bytes: signs credentials and revocation lists (secret) |
//! | `root.key`, `tickets.key` | 32 bytes each: root and authority of V2V (secret) |
//! | `root.cert`, `tickets.cert` | their certificates |
//! | `issued.jsonl` | the ledger |
//! | `revocations` | the newest revocation list; units read a copy of it |
//!
//! Pseudonyms are not revoked one by one, as in ETSI TS 103 097: they end by themselves, and a
//! revoked unit gets no new ones.

use std::path::Path;
use std::time::Duration;

use rand_core::CryptoRng;
use v2x_proto::secure::{
    Authority, RevocationList, Role, Serial, SigningKey, Subject, UtcSecond, Validity,
};
use v2x_proto::wire::Wire as _;
use v2x_proto::wire::certificate::Certificate;
use v2x_units::UtcTime;
use zeroize::Zeroizing;

use super::folder::{Folder, Secrecy};
use super::ledger::{Issued, Ledger};
use super::request::{Answer, Request};
use super::{certificates, hex};
use crate::failure::{Blame, Failure};

const AUTHORITY: &str = "authority.key";
const ROOT: &str = "root";
const TICKETS: &str = "tickets";
pub(super) const REVOCATIONS: &str = "revocations";

/// Clocks of units may be a little behind the operator's.
const BEHIND: Duration = Duration::from_secs(600);
/// How long root and authority of V2V hold; an operator makes new ones long before.
const ANCHORS: Duration = Duration::from_secs(20 * 365 * 86_400);

/// How long things hold.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lifetimes {
    pub(crate) credential: Duration,
    pub(crate) pseudonym: Duration,
    pub(crate) revocations: Duration,
}

/// An operator's folder, open.
pub(crate) struct Pki {
    folder: Folder,
    authority: Authority,
    root: Certificate,
    ticket_authority: Certificate,
    ticket_key: SigningKey,
    ledger: Ledger,
    revocations: Option<RevocationList>,
}

impl Pki {
    /// Makes a folder with new keys; refuses one in which there are some.
    pub(crate) fn init(
        path: &Path,
        name: &str,
        now: UtcTime,
        lifetimes: Lifetimes,
        rng: &mut dyn CryptoRng,
    ) -> Result<Self, Failure> {
        let folder = Folder::make(path)?;
        if folder.has(AUTHORITY) {
            let what = format_args!("{} holds keys of an operator already", path.display());
            return Err(Failure::new(Blame::Usage, what).hint(
                "new ones would make every unit's credential worthless; name another folder",
            ));
        }
        let authority = Authority::draw(rng);
        let (root_key, ticket_key) = (draw_key(rng), draw_key(rng));
        let begin = now - BEHIND;
        let anchors = certificates::anchors(name, &root_key.0, &ticket_key.0, begin, ANCHORS);
        let (root, ticket_authority) = anchors.ok_or_else(|| {
            let what = format_args!("no certificate can be named `{name}` and begin at {now}");
            Failure::new(Blame::Usage, what).hint("take a shorter name, and look at the clock")
        })?;
        for (file, key) in [(ROOT, &root_key), (TICKETS, &ticket_key)] {
            write_secret(&folder, &format!("{file}.key"), &key.1[..])?;
        }
        for (file, certificate) in [(ROOT, &root), (TICKETS, &ticket_authority)] {
            let text = format!("{}\n", hex::of(&certificate.encode()));
            folder.replace(&format!("{file}.cert"), Secrecy::Public, &text)?;
        }
        // Last: a folder without it counts as empty.
        write_secret(&folder, AUTHORITY, &Zeroizing::new(authority.expose())[..])?;
        let mut pki = Self {
            folder,
            authority,
            root,
            ticket_authority,
            ticket_key: ticket_key.0,
            ledger: Ledger::default(),
            revocations: None,
        };
        pki.ledger.write(&pki.folder)?;
        pki.sign_revocations(now, lifetimes)?;
        Ok(pki)
    }

    /// Opens a folder that [`Pki::init`] made.
    pub(crate) fn open(path: &Path) -> Result<Self, Failure> {
        let folder = Folder::open(path)?;
        let authority = secret::<32>(&folder, AUTHORITY)?;
        let authority = Authority::from_bytes(&authority)
            .map_err(|error| damaged(&folder, AUTHORITY, &error.to_string()))?;
        let key_name = format!("{TICKETS}.key");
        let ticket_key = SigningKey::from_bytes(&*secret::<32>(&folder, &key_name)?)
            .map_err(|error| damaged(&folder, &key_name, &error.to_string()))?;
        Ok(Self {
            root: certificate(&folder, &format!("{ROOT}.cert"))?,
            ticket_authority: certificate(&folder, &format!("{TICKETS}.cert"))?,
            ticket_key,
            ledger: Ledger::read(&folder)?,
            revocations: read_revocations(&folder)?,
            authority,
            folder,
        })
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Who signs, as units know it.
    pub(crate) fn authority(&self) -> String {
        v2x_proto::secure::credential::AuthorityId::of(&self.authority.public()).to_string()
    }

    /// What was issued, oldest first.
    pub(crate) fn issued(&self) -> &[Issued] {
        &self.ledger.0
    }

    /// The newest revocation list.
    pub(crate) const fn revocations(&self) -> Option<&RevocationList> {
        self.revocations.as_ref()
    }

    /// Answers a unit's request; the ledger has it before anybody gets it.
    pub(crate) fn issue(
        &mut self,
        request: &Request,
        now: UtcTime,
        lifetimes: Lifetimes,
        rng: &mut dyn CryptoRng,
    ) -> Result<Answer, Failure> {
        let wanted = &request.wanted;
        let validity = validity(now, lifetimes.credential)?;
        self.check_name_is_free(request, validity.not_before)?;
        let serial = loop {
            let serial = Serial(rng.next_u64());
            if serial.0 != 0 && !self.ledger.has(serial) {
                break serial;
            }
        };
        let subject = Subject {
            role: wanted.role,
            name: wanted.name.clone(),
            battery_data_after_unplugging: wanted.battery_data_after_unplugging
                && wanted.role == Role::Vehicle,
            serial,
            validity,
        };
        let credential = self.authority.issue(subject, request.keys);
        let (key_of, issuer) = (&self.ticket_key, &self.ticket_authority);
        let begin = now - BEHIND;
        let ticket = |key| match wanted.role {
            Role::Vehicle => {
                let lasts = lifetimes.pseudonym + BEHIND;
                certificates::ticket(key_of, issuer, key, begin, lasts, wanted.vehicle_data)
            }
            // It has nothing to hide, and what it announces the session proves anew.
            Role::Station => {
                let lasts = lifetimes.credential + BEHIND;
                certificates::station_ticket(key_of, issuer, key, begin, lasts)
            }
        };
        let wants_none = wanted.role == Role::Station && !certificates::gives_to_stations(issuer);
        let keys = request.pseudonyms.iter().filter(|_| !wants_none);
        let tickets: Option<Vec<_>> = keys.map(|key| ticket(*key)).collect();
        let tickets = tickets.ok_or_else(|| clock_is_wrong(now))?;
        self.ledger.0.push(Issued {
            serial: serial.to_string(),
            role: wanted.role.to_string(),
            name: wanted.name.to_string(),
            not_before: validity.not_before.0,
            not_after: validity.not_after.0,
            handshake_key: hex::of(&request.keys.handshake),
            fingerprint: credential.fingerprint().to_string(),
            pseudonyms: tickets.len(),
            revoked: None,
        });
        self.ledger.write(&self.folder)?;
        Ok(Answer {
            credential,
            authority: self.authority.public(),
            revocations: self.revocations.clone(),
            root: self.root.clone(),
            ticket_authority: self.ticket_authority.clone(),
            tickets,
        })
    }

    /// A name belongs to one unit, for sessions are bound to it. The unit itself may renew.
    fn check_name_is_free(&self, request: &Request, now: UtcSecond) -> Result<(), Failure> {
        let name = request.wanted.name.as_str();
        let key = hex::of(&request.keys.handshake);
        let other = self.ledger.0.iter().find(|issued| {
            let is_valid = issued.revoked.is_none() && !issued.has_expired(now);
            issued.name == name && is_valid && issued.handshake_key != key
        });
        let Some(other) = other else { return Ok(()) };
        let what = format_args!("`{name}` is the name of another {} already", other.role);
        Err(Failure::new(Blame::Usage, what).hint(format_args!(
            "give every slot and every car its own name, or revoke the other one, {}, first",
            other.serial
        )))
    }

    /// Revokes everything that goes by a serial or a name, and signs a new list.
    pub(crate) fn revoke(
        &mut self,
        which: &str,
        now: UtcTime,
        lifetimes: Lifetimes,
    ) -> Result<Vec<Issued>, Failure> {
        let moment = UtcSecond::of(now).ok_or_else(|| clock_is_wrong(now))?;
        let mut revoked = Vec::new();
        let wanted = |issued: &&mut Issued| issued.serial == which || issued.name == which;
        for issued in self.ledger.0.iter_mut().filter(wanted) {
            if !issued.has_expired(moment) {
                issued.revoked.get_or_insert(moment.0);
                revoked.push(issued.clone());
            }
        }
        if revoked.is_empty() {
            let what = format_args!("nothing valid was issued to `{which}`");
            let hint = format!("v2x keys show '{}' lists what was", self.path().display());
            return Err(Failure::new(Blame::Usage, what).hint(hint));
        }
        self.ledger.write(&self.folder)?;
        self.sign_revocations(now, lifetimes)?;
        Ok(revoked)
    }

    /// Signs a list of everything that is revoked and has not expired by itself.
    pub(crate) fn sign_revocations(
        &mut self,
        now: UtcTime,
        lifetimes: Lifetimes,
    ) -> Result<(), Failure> {
        let issued = UtcSecond::of(now).ok_or_else(|| clock_is_wrong(now))?;
        let next = UtcSecond::of(now + lifetimes.revocations).ok_or_else(|| clock_is_wrong(now))?;
        let still =
            (self.ledger.0.iter()).filter(|it| it.revoked.is_some() && !it.has_expired(issued));
        let serials: Vec<_> = still.filter_map(Issued::number).collect();
        let number = self.revocations.as_ref().map_or(1, |list| list.number + 1);
        let list = self.authority.revoke(number, issued, next, &serials);
        let list = list.map_err(|error| {
            Failure::new(Blame::Runtime, error)
                .hint("make a new operator's folder, and enrol every unit that is still good there")
        })?;
        let text = format!("{}\n", hex::of(&list.emit()));
        self.folder.replace(REVOCATIONS, Secrecy::Public, &text)?;
        self.revocations = Some(list);
        Ok(())
    }
}

fn validity(now: UtcTime, lasts: Duration) -> Result<Validity, Failure> {
    let (begin, end) = (UtcSecond::of(now - BEHIND), UtcSecond::of(now + lasts));
    match (begin, end) {
        (Some(not_before), Some(not_after)) => Ok(Validity {
            not_before,
            not_after,
        }),
        _ => Err(clock_is_wrong(now)),
    }
}

fn clock_is_wrong(now: UtcTime) -> Failure {
    let what = format_args!("nothing can be signed at {now}");
    Failure::new(Blame::Runtime, what).hint("set the clock of this computer first")
}

/// A P-256 key with its bytes, for the file that keeps it.
type DrawnKey = (SigningKey, Zeroizing<[u8; 32]>);

/// Draws a key; nearly every number of 32 bytes is one.
pub(super) fn draw_key(rng: &mut dyn CryptoRng) -> DrawnKey {
    loop {
        let mut bytes = Zeroizing::new([0; 32]);
        rng.fill_bytes(&mut bytes[..]);
        if let Ok(key) = SigningKey::from_bytes(&bytes) {
            return (key, bytes);
        }
    }
}

pub(super) fn write_secret(folder: &Folder, name: &str, bytes: &[u8]) -> Result<(), Failure> {
    let mut text = Zeroizing::new(hex::of(bytes));
    text.push('\n');
    folder.replace(name, Secrecy::Secret, &text)
}

/// Reads a secret of a certain length.
pub(super) fn secret<const N: usize>(
    folder: &Folder,
    name: &str,
) -> Result<Zeroizing<[u8; N]>, Failure> {
    let text = folder.read(name, Secrecy::Secret)?.ok_or_else(|| {
        let what = format_args!("{} has no {name}", folder.path().display());
        Failure::new(Blame::Input, what)
            .hint("v2x keys init makes an operator's folder, v2x keys enroll a unit's")
    })?;
    hex::read_array(text.trim_end())
        .map(Zeroizing::new)
        .ok_or_else(|| damaged(folder, name, "it must be hexadecimal digits on one line"))
}

fn certificate(folder: &Folder, name: &str) -> Result<Certificate, Failure> {
    let text = folder.read(name, Secrecy::Public)?.unwrap_or_default();
    let bytes = hex::read(text.trim_end()).unwrap_or_default();
    Certificate::parse(&bytes).map_err(|error| damaged(folder, name, &error.to_string()))
}

/// The revocation list of a folder, whoever's it is.
pub(super) fn read_revocations(folder: &Folder) -> Result<Option<RevocationList>, Failure> {
    let Some(text) = folder.read(REVOCATIONS, Secrecy::Public)? else {
        return Ok(None);
    };
    let list = parse_revocations(&text);
    list.map(Some)
        .map_err(|why| damaged(folder, REVOCATIONS, &why))
}

/// A revocation list as its file has it.
pub(super) fn parse_revocations(text: &str) -> Result<RevocationList, String> {
    let bytes = hex::read(text.trim_end()).unwrap_or_default();
    RevocationList::parse(&bytes).map_err(|error| error.to_string())
}

pub(super) fn damaged(folder: &Folder, name: &str, why: &str) -> Failure {
    let path = folder.path().join(name);
    Failure::new(Blame::Input, format_args!("{}: {why}", path.display()))
        .hint("put the file back from a backup")
}
