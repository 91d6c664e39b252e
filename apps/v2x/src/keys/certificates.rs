//! The certificates of V2V: root, authority and pseudonyms (authorization tickets).
//!
//! What they say is in `v2x_proto::secure::profile`: a ticket permits CAM and DENM, and vehicle
//! data in clear where the owner agreed; it names nobody.

use std::time::Duration;

use v2x_proto::secure::{CertificateHash, SigningKey, profile};
use v2x_proto::wire::certificate::{
    Certificate, DurationUnit, Psid, PublicKey, SubjectPermissions, ValidityPeriod,
};
use v2x_proto::wire::its_time::GenerationTime;
use v2x_units::UtcTime;

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

/// Root and authority of an operator.
pub(super) fn anchors(
    name: &str,
    root: &SigningKey,
    authority: &SigningKey,
    from: UtcTime,
    lasts: Duration,
) -> Option<(Certificate, Certificate)> {
    let validity = validity(from, lasts)?;
    let of_root = profile::root(&format!("{name} root"), validity, root.public_key()).ok()?;
    let root_certificate = root.issue_root(of_root);
    let named = format!("{name} authority");
    let of_authority = profile::authority(&named, validity, authority.public_key()).ok()?;
    let issuer = CertificateHash::of(&root_certificate);
    Some((root_certificate, root.issue(of_authority, issuer)))
}

/// A pseudonym: a ticket for one key, which permits vehicle data in clear where the owner agreed.
pub(super) fn ticket(
    authority: &SigningKey,
    issuer: &Certificate,
    key: PublicKey,
    from: UtcTime,
    lasts: Duration,
    vehicle_data: bool,
) -> Option<Certificate> {
    let of_ticket = profile::ticket(validity(from, lasts)?, None, key, vehicle_data).ok()?;
    Some(authority.issue(of_ticket, CertificateHash::of(issuer)))
}

/// A charging station's ticket, under which it announces itself; `None` also where the authority
/// is from before stations had any.
pub(super) fn station_ticket(
    authority: &SigningKey,
    issuer: &Certificate,
    key: PublicKey,
    from: UtcTime,
    lasts: Duration,
) -> Option<Certificate> {
    let of_ticket = profile::station_ticket(validity(from, lasts)?, key).ok()?;
    Some(authority.issue(of_ticket, CertificateHash::of(issuer)))
}

/// Whether an authority may give tickets to charging stations.
pub(super) fn gives_to_stations(authority: &Certificate) -> bool {
    let groups = authority.to_be_signed.issue_permissions.as_deref();
    let mut groups = groups.unwrap_or_default().iter();
    groups.any(|group| match &group.subjects {
        SubjectPermissions::All => true,
        SubjectPermissions::Explicit(subjects) => {
            subjects.iter().any(|subject| subject.psid == Psid::EVCSN)
        }
    })
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
        let ticket = ticket(
            &key(2),
            &authority,
            key(3).public_key(),
            from,
            7 * DAY,
            true,
        )
        .unwrap();
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
        let ticket = ticket(
            &key(2),
            &authority,
            key(3).public_key(),
            from,
            2 * DAY,
            false,
        )
        .unwrap();
        let mut store = CertificateStore::default();
        store.add_root(root).unwrap();
        store.add_authority(authority).unwrap();
        assert_eq!(store.add_ticket(ticket), Err(Refusal::BeyondIssuer));
    }
}
