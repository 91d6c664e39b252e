//! The papers between a unit and its operator: what is asked for, and the answer.
//!
//! Both are JSON with bytes as hexadecimal text, hold nothing secret, and can be carried on any
//! medium. The answer is also the file in which a unit keeps what it was given.

use p256::ecdsa::VerifyingKey;
use serde::{Deserialize, Serialize};
use v2x_proto::secure::{Credential, Name, PublicKeys, RevocationList, Role};
use v2x_proto::wire::Wire as _;
use v2x_proto::wire::certificate::{Certificate, PublicKey};

use super::hex;
use crate::failure::{Blame, Failure};

const REQUEST: &str = "twizy-v2x enrolment request 1";
const ANSWER: &str = "twizy-v2x enrolment 1";

/// What a unit wants to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) role: Role,
    pub(crate) name: Name,
    /// Whether the owner lets stations have battery data after unplugging.
    pub(crate) battery_data_after_unplugging: bool,
    /// Whether the owner lets the car broadcast its battery's data in clear to other cars.
    pub(crate) vehicle_data: bool,
}

/// A request with its keys.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) wanted: Wanted,
    pub(crate) keys: PublicKeys,
    pub(crate) pseudonyms: Vec<PublicKey>,
}

/// What an operator gives to a unit.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) credential: Credential,
    /// The operator's public key, which signs credentials and revocation lists.
    pub(crate) authority: VerifyingKey,
    pub(crate) revocations: Option<RevocationList>,
    /// Root and authority of V2V.
    pub(crate) root: Certificate,
    pub(crate) ticket_authority: Certificate,
    pub(crate) tickets: Vec<Certificate>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RequestPaper {
    paper: String,
    role: String,
    name: String,
    battery_data_after_unplugging: bool,
    /// Not in requests from before it could be asked for.
    #[serde(default)]
    vehicle_data: bool,
    handshake_key: String,
    signing_key: String,
    pseudonym_keys: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AnswerPaper {
    paper: String,
    credential: String,
    authority: String,
    revocations: Option<String>,
    root: String,
    ticket_authority: String,
    tickets: Vec<String>,
}

impl Request {
    pub(crate) fn to_text(&self) -> String {
        let paper = RequestPaper {
            paper: REQUEST.to_owned(),
            role: self.wanted.role.to_string(),
            name: self.wanted.name.to_string(),
            battery_data_after_unplugging: self.wanted.battery_data_after_unplugging,
            vehicle_data: self.wanted.vehicle_data,
            handshake_key: hex::of(&self.keys.handshake),
            signing_key: hex::of(&point(&self.keys.signing)),
            pseudonym_keys: (self.pseudonyms.iter())
                .map(|key| hex::of(&key.sec1()))
                .collect(),
        };
        written(&paper)
    }

    pub(crate) fn parse(text: &str, from: &str) -> Result<Self, Failure> {
        let paper: RequestPaper = read(text, from, "request")?;
        let wrong = |field| wrong(from, "request", field);
        check_title(&paper.paper, REQUEST, from)?;
        let role = match paper.role.as_str() {
            "station" => Role::Station,
            "vehicle" => Role::Vehicle,
            _ => return Err(wrong("role")),
        };
        let key = |text: &String| {
            let bytes = hex::read_array::<33>(text).ok_or_else(|| wrong("pseudonym_keys"))?;
            verifying_key(&bytes).ok_or_else(|| wrong("pseudonym_keys"))?;
            let [tag, x @ ..] = bytes;
            let y_is_odd = tag == 3;
            Ok(PublicKey { y_is_odd, x })
        };
        let signing = hex::read_array::<33>(&paper.signing_key);
        Ok(Self {
            wanted: Wanted {
                role,
                name: Name::new(&paper.name).map_err(|_| wrong("name"))?,
                battery_data_after_unplugging: paper.battery_data_after_unplugging,
                vehicle_data: paper.vehicle_data && role == Role::Vehicle,
            },
            keys: PublicKeys {
                handshake: hex::read_array(&paper.handshake_key)
                    .ok_or_else(|| wrong("handshake_key"))?,
                signing: (signing.as_ref())
                    .and_then(verifying_key)
                    .ok_or_else(|| wrong("signing_key"))?,
            },
            pseudonyms: (paper.pseudonym_keys.iter())
                .map(key)
                .collect::<Result<_, Failure>>()?,
        })
    }
}

impl Answer {
    pub(crate) fn to_text(&self) -> String {
        let certificate = |certificate: &Certificate| hex::of(&certificate.encode());
        let paper = AnswerPaper {
            paper: ANSWER.to_owned(),
            credential: hex::of(&self.credential.emit()),
            authority: hex::of(&point(&self.authority)),
            revocations: (self.revocations.as_ref()).map(|list| hex::of(&list.emit())),
            root: certificate(&self.root),
            ticket_authority: certificate(&self.ticket_authority),
            tickets: self.tickets.iter().map(certificate).collect(),
        };
        written(&paper)
    }

    pub(crate) fn parse(text: &str, from: &str) -> Result<Self, Failure> {
        let paper: AnswerPaper = read(text, from, "enrolment")?;
        let wrong = |field| wrong(from, "enrolment", field);
        check_title(&paper.paper, ANSWER, from)?;
        let certificate = |text: &str, field| {
            let bytes = hex::read(text).ok_or_else(|| wrong(field))?;
            Certificate::parse(&bytes).map_err(|_| wrong(field))
        };
        let credential = hex::read(&paper.credential);
        let authority = hex::read_array::<33>(&paper.authority);
        let list = |text: &String| {
            let bytes = hex::read(text).ok_or_else(|| wrong("revocations"))?;
            RevocationList::parse(&bytes).map_err(|_| wrong("revocations"))
        };
        Ok(Self {
            credential: credential
                .and_then(|bytes| Credential::parse(&bytes).ok())
                .ok_or_else(|| wrong("credential"))?,
            authority: (authority.as_ref())
                .and_then(verifying_key)
                .ok_or_else(|| wrong("authority"))?,
            revocations: paper.revocations.as_ref().map(list).transpose()?,
            root: certificate(&paper.root, "root")?,
            ticket_authority: certificate(&paper.ticket_authority, "ticket_authority")?,
            tickets: (paper.tickets.iter())
                .map(|text| certificate(text, "tickets"))
                .collect::<Result<_, _>>()?,
        })
    }
}

/// A public key as it is written.
pub(super) fn point(key: &VerifyingKey) -> [u8; 33] {
    let mut bytes = [0; 33];
    bytes.copy_from_slice(key.to_sec1_point(true).as_bytes());
    bytes
}

fn verifying_key(bytes: &[u8; 33]) -> Option<VerifyingKey> {
    VerifyingKey::from_sec1_bytes(bytes).ok()
}

fn written(paper: &impl Serialize) -> String {
    let mut text = serde_json::to_string_pretty(paper).expect("texts and flags become JSON");
    text.push('\n');
    text
}

fn read<'a, T: Deserialize<'a>>(text: &'a str, from: &str, what: &str) -> Result<T, Failure> {
    serde_json::from_str(text).map_err(|error| {
        Failure::new(Blame::Input, format_args!("{from} is no {what}: {error}"))
            .hint("name the file that `v2x keys` wrote, whole and unchanged")
    })
}

fn check_title(seen: &str, right: &str, from: &str) -> Result<(), Failure> {
    if seen == right {
        return Ok(());
    }
    let seen: String = seen.chars().take(60).collect();
    let what = format_args!("{from} is a `{seen}`; a `{right}` is wanted");
    Err(Failure::new(Blame::Input, what).hint("name the other file, or update v2x"))
}

fn wrong(from: &str, what: &str, field: &str) -> Failure {
    let problem = format_args!("{from}: the field `{field}` of this {what} makes no sense");
    Failure::new(Blame::Input, problem).hint("copy the file again; it must not be edited")
}
