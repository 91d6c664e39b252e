//! What the certificates of V2V say: root, authority and pseudonyms (authorization tickets).
//!
//! Not their form (`v2x_proto::wire::certificate`). Standard: IEEE 1609.2 in the profile of ETSI
//! TS 103 097 v1.3.1; a ticket permits CAM and DENM only, and names nobody.

use std::time::Duration;

use v2x_proto::secure::{CertificateHash, SigningKey};
use v2x_proto::wire::certificate::{
    Certificate, CertificateId, ChainLength, DurationUnit, EndEntityType, IssuePermissions,
    Permission, Psid, PublicKey, Ssp, SspRange, SubjectPermissions, SubjectRange,
    ToBeSignedCertificate, ValidityPeriod,
};
use v2x_proto::wire::its_time::GenerationTime;
use v2x_proto::wire::{List, Text, WireError};
use v2x_units::UtcTime;

/// Permissions of an ordinary vehicle's CAM: only the version.
const CAM_SSP: [u8; 3] = [1, 0, 0];
/// Causes of DENM that a car of ours may tell, as the bits of EN 302 637-3: slow vehicle (26),
/// vehicle breakdown (91), stationary vehicle (94), dangerous situation (99: emergency braking).
const DENM_SSP: [u8; 4] = [1, 0x00, 0x05, 0x21];

/// A moment and a length, as a certificate states them; whole hours, rounded up.
fn validity(from: UtcTime, lasts: Duration) -> Option<ValidityPeriod> {
    let start = GenerationTime::from_utc(from)?.whole_seconds();
    let hours = lasts.as_secs().div_ceil(3600);
    let (amount, unit) = match u16::try_from(hours) {
        Ok(hours) => (hours, DurationUnit::Hours),
        Err(_) => (
            u16::try_from(hours.div_ceil(60)).ok()?,
            DurationUnit::SixtyHours,
        ),
    };
    Some(ValidityPeriod {
        start: u32::try_from(start).ok()?,
        amount,
        unit,
    })
}

fn says(validity: ValidityPeriod, id: CertificateId, key: PublicKey) -> ToBeSignedCertificate {
    ToBeSignedCertificate {
        id,
        revocation_authority: [0; 3],
        revocation_series: 0,
        validity,
        region: None,
        assurance_level: None,
        permissions: None,
        issue_permissions: None,
        encryption_key: None,
        verification_key: key,
    }
}

/// May issue for CAM and DENM, over a chain of so many certificates.
fn issuing(chain: i64) -> Result<List<IssuePermissions, 1, 8>, WireError> {
    let subject = |psid| SubjectRange {
        psid,
        range: Some(SspRange::All),
    };
    let subjects = vec![subject(Psid::CAM), subject(Psid::DENM)];
    let group = IssuePermissions {
        subjects: SubjectPermissions::Explicit(List::new("subjectPermissions", subjects)?),
        min_chain_length: ChainLength::new(chain)?,
        chain_length_range: ChainLength::new(0)?,
        end_entity: EndEntityType::APPLICATION,
    };
    List::new("certIssuePermissions", vec![group])
}

/// Root and authority of an operator.
pub(super) fn anchors(
    name: &str,
    root: &SigningKey,
    authority: &SigningKey,
    from: UtcTime,
    lasts: Duration,
) -> Option<(Certificate, Certificate)> {
    let validity = validity(from, lasts)?;
    let named = |what: &str| {
        let text = Text::new("certificate name", format!("{name} {what}")).ok()?;
        Some(CertificateId::Name(text))
    };
    let mut of_root = says(validity, named("root")?, root.public_key());
    of_root.issue_permissions = issuing(2).ok();
    let root_certificate = root.issue_root(of_root);
    let mut of_authority = says(validity, named("authority")?, authority.public_key());
    of_authority.issue_permissions = issuing(1).ok();
    let issuer = CertificateHash::of(&root_certificate);
    Some((root_certificate, root.issue(of_authority, issuer)))
}

/// A pseudonym: a ticket for one key.
pub(super) fn ticket(
    authority: &SigningKey,
    issuer: &Certificate,
    key: PublicKey,
    from: UtcTime,
    lasts: Duration,
) -> Option<Certificate> {
    let permission = |psid, bits: &[u8]| Permission {
        psid,
        ssp: List::new("ssp", bits.to_vec()).map(Ssp::Bitmap).ok(),
    };
    let permissions = vec![
        permission(Psid::CAM, &CAM_SSP),
        permission(Psid::DENM, &DENM_SSP),
    ];
    let mut of_ticket = says(validity(from, lasts)?, CertificateId::None, key);
    of_ticket.permissions = List::new("appPermissions", permissions).ok();
    Some(authority.issue(of_ticket, CertificateHash::of(issuer)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use v2x_proto::secure::{CertificateStore, Refusal};
    use v2x_proto::wire::Wire as _;

    const DAY: Duration = Duration::from_secs(86_400);

    fn key(number: u8) -> SigningKey {
        SigningKey::from_bytes(&[number; 32]).unwrap()
    }

    #[test]
    fn ticket_is_believed_by_whoever_trusts_the_root_and_fits_a_frame() {
        let from = UtcTime::from_millis(1_795_000_000_000);
        let (root, authority) = anchors("Yard", &key(1), &key(2), from, 3650 * DAY).unwrap();
        let ticket = ticket(&key(2), &authority, key(3).public_key(), from, 7 * DAY).unwrap();
        assert!(ticket.encode().len() < 200, "{}", ticket.encode().len());
        let mut store = CertificateStore::default();
        store.add_root(root).unwrap();
        let early = store.clone().add_ticket(ticket.clone());
        assert!(matches!(early, Err(Refusal::UnknownIssuer(_))), "{early:?}");
        store.add_authority(authority).unwrap();
        store.add_ticket(ticket).unwrap();
    }

    #[test]
    fn ticket_that_outlives_its_authority_is_not_believed() {
        let from = UtcTime::from_millis(1_795_000_000_000);
        let (root, authority) = anchors("Yard", &key(1), &key(2), from, DAY).unwrap();
        let ticket = ticket(&key(2), &authority, key(3).public_key(), from, 2 * DAY).unwrap();
        let mut store = CertificateStore::default();
        store.add_root(root).unwrap();
        store.add_authority(authority).unwrap();
        assert_eq!(store.add_ticket(ticket), Err(Refusal::BeyondIssuer));
    }
}
