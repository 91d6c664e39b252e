//! What the certificates of a small fleet say: root, authority, tickets of cars and stations.
//!
//! Not their keys and signatures: [`super::SigningKey::issue`] signs what is made here. Standard:
//! ETSI TS 103 097 v1.3.1, profiles of root, authorization authority and authorization ticket.

use alloc::vec::Vec;

use crate::wire::certificate::{
    CertificateId, ChainLength, CircularRegion, EndEntityType, IssuePermissions, Permission, Psid,
    PublicKey, Ssp, SspRange, SubjectPermissions, SubjectRange, ToBeSignedCertificate,
    ValidityPeriod,
};
use crate::wire::{List, Text, WireError};

/// The permissions of an ordinary vehicle's CAM: version 1, nothing special.
const CAM_SSP: [u8; 3] = [1, 0, 0];
/// Of its DENM: slow vehicle, vehicle breakdown; stationary vehicle, dangerous situation.
const DENM_SSP: [u8; 4] = [1, 0, 5, 0x21];
/// What a root says of itself: its authorities may give what [`authority`] gives.
///
/// # Errors
/// The name has more than 255 characters.
pub fn root(
    name: &str,
    validity: ValidityPeriod,
    key: PublicKey,
) -> Result<ToBeSignedCertificate, WireError> {
    issuer(name, validity, key, 2)
}

/// What a root says of the authority that issues tickets.
///
/// # Errors
/// The name has more than 255 characters.
pub fn authority(
    name: &str,
    validity: ValidityPeriod,
    key: PublicKey,
) -> Result<ToBeSignedCertificate, WireError> {
    issuer(name, validity, key, 1)
}

/// What an authority says of one pseudonym of a car, which has no name. The permission for
/// vehicle data is given only where the owner agreed that it is sent in clear.
///
/// # Errors
/// None: what is said here is always within its bounds.
pub fn ticket(
    validity: ValidityPeriod,
    region: Option<CircularRegion>,
    key: PublicKey,
    vehicle_data: bool,
) -> Result<ToBeSignedCertificate, WireError> {
    let bitmap = |psid, bits: &[u8]| {
        let ssp = Some(Ssp::Bitmap(List::new("bitmapSsp", bits.to_vec())?));
        Ok::<_, WireError>(Permission { psid, ssp })
    };
    let mut permissions = Vec::from([bitmap(Psid::CAM, &CAM_SSP)?, bitmap(Psid::DENM, &DENM_SSP)?]);
    if vehicle_data {
        permissions.push(Permission {
            psid: Psid::VEHICLE_DATA,
            ssp: None,
        });
    }
    Ok(ToBeSignedCertificate {
        region,
        permissions: Some(List::new("appPermissions", permissions)?),
        ..says(CertificateId::None, validity, key)
    })
}

/// What an authority says of a charging station: it may announce itself, and nothing else. It has
/// no name either; whose it is, the session proves.
///
/// # Errors
/// None: what is said here is always within its bounds.
pub fn station_ticket(
    validity: ValidityPeriod,
    key: PublicKey,
) -> Result<ToBeSignedCertificate, WireError> {
    let permissions = Vec::from([Permission {
        psid: Psid::EVCSN,
        ssp: None,
    }]);
    Ok(ToBeSignedCertificate {
        permissions: Some(List::new("appPermissions", permissions)?),
        ..says(CertificateId::None, validity, key)
    })
}

fn issuer(
    name: &str,
    validity: ValidityPeriod,
    key: PublicKey,
    chain_length: i64,
) -> Result<ToBeSignedCertificate, WireError> {
    let range = |psid, bits: &[u8]| {
        // The version is fixed, a bit that is 1 may be given or not, a bit that is 0 may not.
        let free = |(at, bits): (usize, &u8)| if at == 0 { 0xFF } else { !bits };
        let mask = bits.iter().enumerate().map(free).collect();
        Ok::<_, WireError>(SubjectRange {
            psid,
            range: Some(SspRange::Bitmap {
                value: List::new("sspValue", bits.to_vec())?,
                mask: List::new("sspBitmask", mask)?,
            }),
        })
    };
    let subjects = Vec::from([
        range(Psid::CAM, &CAM_SSP)?,
        range(Psid::DENM, &DENM_SSP)?,
        SubjectRange {
            psid: Psid::VEHICLE_DATA,
            range: None,
        },
        SubjectRange {
            psid: Psid::EVCSN,
            range: None,
        },
    ]);
    let permissions = IssuePermissions {
        subjects: SubjectPermissions::Explicit(List::new("subjectPermissions", subjects)?),
        min_chain_length: ChainLength::new(chain_length)?,
        chain_length_range: ChainLength::new(0)?,
        end_entity: EndEntityType::APPLICATION,
    };
    Ok(ToBeSignedCertificate {
        issue_permissions: Some(List::new("certIssuePermissions", Vec::from([permissions]))?),
        ..says(CertificateId::Name(Text::new("name", name)?), validity, key)
    })
}

const fn says(
    id: CertificateId,
    validity: ValidityPeriod,
    verification_key: PublicKey,
) -> ToBeSignedCertificate {
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
        verification_key,
    }
}
