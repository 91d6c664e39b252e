//! What an operator has issued: one line of JSON for each credential, and whether it is revoked.

use serde::{Deserialize, Serialize};
use v2x_proto::secure::{Serial, UtcSecond};

use super::folder::{Folder, Secrecy};
use crate::failure::{Blame, Failure};

const FILE: &str = "issued.jsonl";

/// One credential.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Issued {
    /// Its serial, as people read it.
    pub(crate) serial: String,
    /// `station` or `vehicle`.
    pub(crate) role: String,
    /// Whose it is.
    pub(crate) name: String,
    /// Its first and last second, since 1970.
    pub(crate) not_before: u32,
    pub(crate) not_after: u32,
    /// The unit's X25519 key, which tells a renewal from another unit with the same name.
    pub(crate) handshake_key: String,
    /// What people compare.
    pub(crate) fingerprint: String,
    /// How many pseudonyms went with it.
    pub(crate) pseudonyms: usize,
    /// When it was revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) revoked: Option<u32>,
}

impl Issued {
    /// The serial as a number.
    pub(crate) fn number(&self) -> Option<Serial> {
        u64::from_str_radix(&self.serial, 16).ok().map(Serial)
    }

    /// Whether its time is over.
    pub(crate) const fn has_expired(&self, now: UtcSecond) -> bool {
        self.not_after < now.0
    }
}

/// All credentials of an operator, in the order of issue.
#[derive(Debug, Default)]
pub(super) struct Ledger(pub(super) Vec<Issued>);

impl Ledger {
    pub(super) fn read(folder: &Folder) -> Result<Self, Failure> {
        let text = folder.read(FILE, Secrecy::Secret)?.unwrap_or_default();
        let mut issued = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let entry: Issued = serde_json::from_str(line).map_err(|error| {
                let path = folder.path().join(FILE);
                let what = format_args!("{}, line {}: {error}", path.display(), index + 1);
                Failure::new(Blame::Input, what).hint("put the file back from a backup")
            })?;
            issued.push(entry);
        }
        Ok(Self(issued))
    }

    pub(super) fn write(&self, folder: &Folder) -> Result<(), Failure> {
        let mut text = String::new();
        for entry in &self.0 {
            text.push_str(&serde_json::to_string(entry).expect("texts and numbers become JSON"));
            text.push('\n');
        }
        folder.replace(FILE, Secrecy::Secret, &text)
    }

    pub(super) fn has(&self, serial: Serial) -> bool {
        self.0.iter().any(|issued| issued.number() == Some(serial))
    }
}
