//! Whether an issuer was allowed to say what a certificate says.
//!
//! Not its signature, which the store checks. Standard: IEEE 1609.2, as far as TS 103 097 v1.3.1
//! uses it. That mask bits of 0 leave a permission free is our reading of the range rule.

use v2x_units::Position;

use super::refusal::Refusal;
use crate::wire::certificate::{
    CircularRegion, EndEntityType, IssuePermissions, Permission, Psid, Ssp, SspRange,
    SubjectPermissions, SubjectRange, ToBeSignedCertificate,
};
use crate::wire::reference_position::{Latitude, Longitude};

/// Checks what a certificate says against what its issuer's says.
pub(super) fn check_issued(
    issuer: &ToBeSignedCertificate,
    issued: &ToBeSignedCertificate,
) -> Result<(), Refusal> {
    let inside_validity = issuer.validity.begin() <= issued.validity.begin()
        && issued.validity.end() <= issuer.validity.end();
    let inside_region = match (&issuer.region, &issued.region) {
        (None, _) => true,
        (Some(outer), Some(inner)) => encloses(outer, inner),
        (Some(_), None) => false,
    };
    if !inside_validity || !inside_region {
        return Err(Refusal::BeyondIssuer);
    }
    let groups = issuer.issue_permissions.as_deref().unwrap_or_default();
    for permission in issued.permissions.as_deref().unwrap_or_default() {
        if !groups
            .iter()
            .any(|group| gives_permission(group, permission))
        {
            return Err(Refusal::NotGiven(permission.psid));
        }
    }
    for below in issued.issue_permissions.as_deref().unwrap_or_default() {
        for subject in explicit(below)? {
            if !groups.iter().any(|group| gives_on(group, below, subject)) {
                return Err(Refusal::NotGiven(subject.psid));
            }
        }
    }
    Ok(())
}

/// The subjects that a certificate may issue for. "For all" is never given on.
fn explicit(permissions: &IssuePermissions) -> Result<&[SubjectRange], Refusal> {
    match &permissions.subjects {
        SubjectPermissions::Explicit(subjects) => Ok(subjects),
        SubjectPermissions::All => Err(Refusal::NotGiven(Psid(0))),
    }
}

/// Whether a chain of so many certificates below the issuer is allowed.
fn allows_length(group: &IssuePermissions, length: u8) -> bool {
    let shortest = group.min_chain_length.raw();
    let longest = shortest.saturating_add(group.chain_length_range.raw());
    (shortest..=longest).contains(&length)
}

fn ranges_of(group: &IssuePermissions, psid: Psid) -> impl Iterator<Item = Option<&SspRange>> {
    let subjects: &[SubjectRange] = match &group.subjects {
        SubjectPermissions::Explicit(subjects) => subjects,
        SubjectPermissions::All => &[],
    };
    let of_psid = subjects.iter().filter(move |subject| subject.psid == psid);
    of_psid.map(|subject| subject.range.as_ref())
}

fn for_all(group: &IssuePermissions) -> bool {
    group.subjects == SubjectPermissions::All
}

fn gives_permission(group: &IssuePermissions, permission: &Permission) -> bool {
    allows_length(group, 1)
        && group.end_entity.contains(EndEntityType::APPLICATION)
        && (for_all(group)
            || ranges_of(group, permission.psid)
                .any(|range| range_covers(range, permission.ssp.as_ref())))
}

fn range_covers(range: Option<&SspRange>, ssp: Option<&Ssp>) -> bool {
    match (range, ssp) {
        (None, None) | (Some(SspRange::All), _) => true,
        (Some(SspRange::Bitmap { value, mask }), Some(Ssp::Bitmap(ssp))) => agree(value, ssp, mask),
        _ => false,
    }
}

fn gives_on(group: &IssuePermissions, below: &IssuePermissions, subject: &SubjectRange) -> bool {
    let shortest = below.min_chain_length.raw().saturating_add(1);
    let longest = shortest.saturating_add(below.chain_length_range.raw());
    allows_length(group, shortest)
        && allows_length(group, longest)
        && group.end_entity.contains(below.end_entity)
        && (for_all(group)
            || ranges_of(group, subject.psid)
                .any(|range| range_encloses(range, subject.range.as_ref())))
}

fn range_encloses(outer: Option<&SspRange>, inner: Option<&SspRange>) -> bool {
    match (outer, inner) {
        (None, None) | (Some(SspRange::All), _) => true,
        (
            Some(SspRange::Bitmap { value, mask }),
            Some(SspRange::Bitmap {
                value: inner_value,
                mask: inner_mask,
            }),
        ) => {
            // Every bit that the outer range fixes must be fixed by the inner one, to the same.
            agree(value, inner_value, mask) && agree(mask, inner_mask, mask)
        }
        _ => false,
    }
}

/// Whether two bitmaps of one length agree in every bit that is set in a mask.
fn agree(one: &[u8], other: &[u8], mask: &[u8]) -> bool {
    one.len() == other.len()
        && one.len() == mask.len()
        && one
            .iter()
            .zip(other)
            .zip(mask)
            .all(|((one, other), mask)| (one ^ other) & mask == 0)
}

/// Whether a place lies in a region.
pub(super) fn lies_in(region: &CircularRegion, latitude: Latitude, longitude: Longitude) -> bool {
    let place = Position::new(latitude.get(), longitude.get());
    match (place, middle(region)) {
        (Ok(place), Some(middle)) => place.distance_to(middle).get() <= f64::from(region.radius),
        _ => false,
    }
}

fn encloses(outer: &CircularRegion, inner: &CircularRegion) -> bool {
    match (middle(outer), middle(inner)) {
        (Some(outer_middle), Some(inner_middle)) => {
            let reach = outer_middle.distance_to(inner_middle).get() + f64::from(inner.radius);
            reach <= f64::from(outer.radius)
        }
        _ => false,
    }
}

fn middle(region: &CircularRegion) -> Option<Position> {
    Position::new(region.latitude.get(), region.longitude.get()).ok()
}
