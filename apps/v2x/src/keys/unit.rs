//! The folder of a car or a station: its keys are drawn here and stay here.
//!
//! | file | what it holds |
//! |---|---|
//! | `unit.key` | 64 bytes, X25519 and P-256: handshakes and receipts (secret) |
//! | `pseudonyms.key` | 32 bytes a line: the keys of V2V's pseudonyms (secret) |
//! | `request.json` | what the operator is asked for |
//! | `enrolment.json` | what the operator has given |
//! | `revocations` | the operator's newest revocation list, renewed by whoever copies it here |

use std::path::Path;

use rand_core::CryptoRng;
use v2x_proto::secure::credential::AuthorityId;
use v2x_proto::secure::{
    CertificateStore, ClockUnknown, Identity, PrivateKeys, RevocationList, SigningKey, Trust,
};
use v2x_proto::wire::certificate::Certificate;
use v2x_proto::wire::its_time::GenerationTime;
use v2x_units::UtcTime;
use zeroize::Zeroizing;

use super::folder::{Folder, Secrecy};
use super::hex;
use super::pki::{REVOCATIONS, damaged, draw_key, read_revocations, secret, write_secret};
use super::request::{Answer, Request, Wanted};
use crate::failure::{Blame, Failure};

const UNIT: &str = "unit.key";
const PSEUDONYMS: &str = "pseudonyms.key";
const REQUEST: &str = "request.json";
const ENROLMENT: &str = "enrolment.json";

/// A unit's folder, open.
pub(crate) struct Unit {
    folder: Folder,
}

/// A pseudonym: its key and the ticket that speaks of it.
pub(crate) type Pseudonym = (SigningKey, Certificate);

impl Unit {
    /// Makes the folder if it is not there.
    pub(crate) fn make(path: &Path) -> Result<Self, Failure> {
        Folder::make(path).map(|folder| Self { folder })
    }

    /// Opens a folder that is there.
    pub(crate) fn open(path: &Path) -> Result<Self, Failure> {
        Folder::open(path).map(|folder| Self { folder })
    }

    /// Whether a folder is a unit's.
    pub(crate) fn is_one(path: &Path) -> bool {
        path.join(UNIT).exists()
    }

    pub(super) const fn folder(&self) -> &Folder {
        &self.folder
    }

    /// The revocation list that lies in the folder now.
    pub(crate) fn revocations(&self) -> Result<Option<RevocationList>, Failure> {
        read_revocations(&self.folder)
    }

    /// Writes a request: new keys for pseudonyms, and for the unit where it has none yet.
    pub(crate) fn ask(
        &self,
        wanted: Wanted,
        pseudonyms: usize,
        rng: &mut dyn CryptoRng,
    ) -> Result<Request, Failure> {
        if !self.folder.has(UNIT) {
            let keys = Zeroizing::new(PrivateKeys::draw(rng).expose());
            write_secret(&self.folder, UNIT, &keys[..])?;
        }
        let drawn: Vec<_> = (0..pseudonyms).map(|_| draw_key(rng)).collect();
        let mut bytes = self.pseudonym_bytes()?;
        bytes.extend(drawn.iter().map(|(_, bytes)| bytes.clone()));
        self.write_pseudonyms(&bytes)?;
        let request = Request {
            wanted,
            keys: self.keys()?.public(),
            pseudonyms: drawn.iter().map(|(key, _)| key.public_key()).collect(),
        };
        let text = request.to_text();
        self.folder.replace(REQUEST, Secrecy::Public, &text)?;
        Ok(request)
    }

    /// Takes over what the operator has given, once it is seen to be whole, ours and genuine.
    pub(crate) fn install(&self, answer: &Answer, other_operator: bool) -> Result<(), Failure> {
        self.check_operator(answer, other_operator)?;
        check_genuine(answer)?;
        let credential = answer.credential.clone();
        Identity::new(self.keys()?, credential).map_err(|error| {
            let what = format_args!("this enrolment is not for {}: {error}", self.named());
            Failure::new(Blame::Input, what).hint("give it to the unit that asked for it")
        })?;
        // First the tickets: a key whose ticket is gone helps nobody, a ticket without key neither.
        let text = answer.to_text();
        self.folder.replace(ENROLMENT, Secrecy::Public, &text)?;
        if let Some(list) = &answer.revocations {
            let text = format!("{}\n", hex::of(&list.emit()));
            self.folder.replace(REVOCATIONS, Secrecy::Public, &text)?;
        }
        let mut kept = Vec::new();
        for bytes in self.pseudonym_bytes()? {
            let has_ticket = SigningKey::from_bytes(&bytes).is_ok_and(|key| {
                let public = key.public_key();
                let tickets = answer.tickets.iter();
                tickets
                    .into_iter()
                    .any(|it| it.to_be_signed.verification_key == public)
            });
            if has_ticket {
                kept.push(bytes);
            }
        }
        self.write_pseudonyms(&kept)
    }

    /// What the operator has given.
    pub(crate) fn enrolment(&self) -> Result<Option<Answer>, Failure> {
        let text = self.folder.read(ENROLMENT, Secrecy::Public)?;
        let from = self.folder.path().join(ENROLMENT).display().to_string();
        text.map(|text| Answer::parse(&text, &from)).transpose()
    }

    pub(super) fn keys(&self) -> Result<PrivateKeys, Failure> {
        let bytes = secret::<64>(&self.folder, UNIT)?;
        PrivateKeys::from_bytes(&bytes)
            .map_err(|error| damaged(&self.folder, UNIT, &error.to_string()))
    }

    /// The pseudonyms of an enrolment that have not ended at a moment.
    pub(super) fn pseudonyms(
        &self,
        answer: &Answer,
        now: Option<UtcTime>,
    ) -> Result<Vec<Pseudonym>, Failure> {
        let now = now.and_then(GenerationTime::from_utc);
        let mut found = Vec::new();
        for bytes in self.pseudonym_bytes()? {
            let Ok(key) = SigningKey::from_bytes(&bytes) else {
                let why = "a line is no private key";
                return Err(damaged(&self.folder, PSEUDONYMS, why));
            };
            let public = key.public_key();
            let ticket = (answer.tickets.iter()).find(|ticket| {
                let says = &ticket.to_be_signed;
                let is_over = now.is_some_and(|now| says.validity.end() <= now);
                says.verification_key == public && !is_over
            });
            found.extend(ticket.map(|ticket| (key, ticket.clone())));
        }
        Ok(found)
    }

    fn pseudonym_bytes(&self) -> Result<Vec<Zeroizing<[u8; 32]>>, Failure> {
        let text = self.folder.read(PSEUDONYMS, Secrecy::Secret)?;
        let text = text.unwrap_or_default();
        let bytes = text
            .lines()
            .map(hex::read_array)
            .map(|it| it.map(Zeroizing::new));
        let bytes: Option<Vec<_>> = bytes.collect();
        bytes.ok_or_else(|| damaged(&self.folder, PSEUDONYMS, "a line is no key of 32 bytes"))
    }

    fn write_pseudonyms(&self, keys: &[Zeroizing<[u8; 32]>]) -> Result<(), Failure> {
        let mut text = Zeroizing::new(String::with_capacity(keys.len() * 65));
        for key in keys {
            text.push_str(&Zeroizing::new(hex::of(&key[..])));
            text.push('\n');
        }
        self.folder.replace(PSEUDONYMS, Secrecy::Secret, &text)
    }

    /// A unit changes its operator only when somebody says so: an answer could be a stranger's.
    fn check_operator(&self, answer: &Answer, other_operator: bool) -> Result<(), Failure> {
        let Some(before) = self.enrolment()? else {
            return Ok(());
        };
        if before.authority == answer.authority || other_operator {
            return Ok(());
        }
        let (old, new) = (
            AuthorityId::of(&before.authority),
            AuthorityId::of(&answer.authority),
        );
        let what = format_args!(
            "{} belongs to the operator {old}; this enrolment is by {new}",
            self.named()
        );
        Err(Failure::new(Blame::Usage, what)
            .hint("add --other-operator if the unit changes hands, and compare the numbers"))
    }

    fn named(&self) -> String {
        self.folder.path().display().to_string()
    }
}

/// Whether everything in an answer hangs together, whenever it holds.
fn check_genuine(answer: &Answer) -> Result<(), Failure> {
    let wrong = |what: String| {
        Failure::new(Blame::Input, what).hint("ask the operator again; this file is not genuine")
    };
    let credential = &answer.credential;
    let trust = Trust::new(&[answer.authority], ClockUnknown::AcceptForNow, false);
    let mut trust = trust.map_err(|error| wrong(error.to_string()))?;
    let (bytes, key) = (credential.emit(), credential.handshake_key);
    let role = credential.subject.role;
    trust
        .prove(&bytes, &key, role, None)
        .map_err(|error| wrong(format!("the credential: {error}")))?;
    if let Some(list) = &answer.revocations {
        let taken = trust.take_revocations(list.clone());
        taken.map_err(|error| wrong(format!("the revocation list: {error}")))?;
    }
    let mut store = CertificateStore::default();
    store
        .add_root(answer.root.clone())
        .and_then(|_| store.add_authority(answer.ticket_authority.clone()))
        .map_err(|error| wrong(format!("the certificates of V2V: {error}")))?;
    for ticket in &answer.tickets {
        let taken = store.add_ticket(ticket.clone());
        taken.map_err(|error| wrong(format!("a pseudonym: {error}")))?;
    }
    Ok(())
}
