//! The list of credentials that no longer count, signed by the authority.
//!
//! Not what follows from it (`trust.rs`).
//!
//! | field | bytes | meaning |
//! |---|---|---|
//! | version | 1 | 1 |
//! | authority | 8 | as in a credential |
//! | number | 4 | each list takes a higher one; a lower one never replaces it |
//! | issued | 4 | seconds since 1970 |
//! | next update | 4 | seconds since 1970; from then on the list is stale |
//! | count | 2 | serials that follow, 0 to 256 |
//! | serials | 8 each | rising |
//! | signature | 64 | over `twizy-v2x revocations 1`, a zero byte and all fields before |

use heapless::Vec;
use p256::ecdsa::VerifyingKey;

use super::credential::{AuthorityId, Serial, UtcSecond};
use super::signature::Signature;
use crate::limits::REVOKED_MAX;
use crate::link::body::{BodyError, Problem, Reader, Writer};

/// What the signature covers before the fields.
pub(super) const CONTEXT: &[u8] = b"twizy-v2x revocations 1\0";

const MESSAGE: &str = "revocation list";
const VERSION: u8 = 1;
const FIXED: usize = 1 + 8 + 4 + 4 + 4 + 2;

/// The most bytes of a list.
pub const REVOCATION_LIST_MAX: usize = FIXED + 8 * REVOKED_MAX + Signature::LENGTH;

/// The bytes of a list, as they were signed.
pub type RevocationBytes = Vec<u8, REVOCATION_LIST_MAX>;

/// Serials that no longer count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevocationList {
    /// Who signed it.
    pub authority: AuthorityId,
    /// Its number: the higher one is the newer one.
    pub number: u32,
    /// When it was made.
    pub issued: UtcSecond,
    /// When a newer one should be there.
    pub next_update: UtcSecond,
    /// What is revoked, rising.
    pub(super) serials: Vec<Serial, REVOKED_MAX>,
    pub(super) signature: Signature,
}

impl RevocationList {
    /// Whether it names a credential.
    #[must_use]
    pub fn names(&self, serial: Serial) -> bool {
        self.serials.binary_search(&serial).is_ok()
    }

    /// What is revoked, rising.
    #[must_use]
    pub fn serials(&self) -> &[Serial] {
        &self.serials
    }

    /// Reads a list.
    ///
    /// # Errors
    /// Names the field that is cut or has no meaning.
    pub fn parse(bytes: &[u8]) -> Result<Self, BodyError> {
        let mut from = Reader::new(MESSAGE, bytes);
        let version = from.u8("version")?;
        if version != VERSION {
            let (seen, right) = (i64::from(version), "this version reads 1");
            return Err(from.error("version", Problem::Value { seen, right }));
        }
        let authority = AuthorityId(from.array("authority")?);
        let number = from.u32("number")?;
        let issued = UtcSecond(from.u32("issued")?);
        let next_update = UtcSecond(from.u32("next update")?);
        let count = from.u16("count")?;
        let mut serials = Vec::new();
        for _ in 0..count {
            let serial = Serial(from.u64("serials")?);
            let rises = serials.last().is_none_or(|last| *last < serial);
            if !rises || serials.push(serial).is_err() {
                let (seen, right) = (i64::from(count), "0 to 256 serials that rise");
                return Err(from.error("serials", Problem::Value { seen, right }));
            }
        }
        let signature = Signature(from.array("signature")?);
        from.end("signature")?;
        Ok(Self {
            authority,
            number,
            issued,
            next_update,
            serials,
            signature,
        })
    }

    /// The bytes that travel.
    #[must_use]
    #[expect(
        clippy::missing_panics_doc,
        reason = "the bound leaves room for the signature"
    )]
    pub fn emit(&self) -> RevocationBytes {
        let mut bytes = self.signed_bytes();
        bytes
            .extend_from_slice(&self.signature.0)
            .expect("the bound leaves room for the signature");
        bytes
    }

    pub(super) fn signed_bytes(&self) -> RevocationBytes {
        let mut bytes = RevocationBytes::new();
        bytes
            .resize(REVOCATION_LIST_MAX, 0)
            .expect("this is the capacity");
        let mut to = Writer::new(MESSAGE, &mut bytes);
        let used = self
            .write(&mut to)
            .map(|()| to.used())
            .expect("256 serials fit, everything else is fixed");
        bytes.truncate(used);
        bytes
    }

    fn write(&self, to: &mut Writer<'_>) -> Result<(), BodyError> {
        to.u8("version", VERSION)?;
        to.bytes("authority", &self.authority.0)?;
        to.u32("number", self.number)?;
        to.u32("issued", self.issued.0)?;
        to.u32("next update", self.next_update.0)?;
        let count = u16::try_from(self.serials.len());
        to.u16("count", count.expect("the list is bounded to 256"))?;
        for serial in &self.serials {
            to.u64("serials", serial.0)?;
        }
        Ok(())
    }

    /// Whether the owner of `key` signed it.
    pub(super) fn is_by(&self, key: &VerifyingKey) -> bool {
        self.signature.is_by(key, &[CONTEXT, &self.signed_bytes()])
    }
}
