//! A certificate in the notation of the vectors.

use serde_json::{Value, json};
use v2x_proto::wire::certificate::{
    Certificate, CertificateId, DurationUnit, EndEntityType, IssuePermissions, Issuer, Permission,
    PointForm, PublicKey, Signature, Ssp, SspRange, SubjectPermissions, SubjectRange,
};

use crate::data_dictionary::present;

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn written_out(certificate: &Certificate) -> Value {
    let says = &certificate.to_be_signed;
    assert!(says.region.is_none() && says.assurance_level.is_none());
    let permissions = says.permissions.as_ref();
    let issue_permissions = says.issue_permissions.as_ref();
    json!({
        "version": 3,
        "type": "explicit",
        "issuer": match certificate.issuer {
            Issuer::Itself => json!({ "self": "sha256" }),
            Issuer::Digest(digest) => json!({ "sha256AndDigest": hex(&digest.0) }),
        },
        "toBeSigned": present(json!({
            "id": match &says.id {
                CertificateId::None => json!({ "none": null }),
                CertificateId::Name(name) => json!({ "name": **name }),
            },
            "cracaId": hex(&says.revocation_authority),
            "crlSeries": says.revocation_series,
            "validityPeriod": {
                "start": says.validity.start,
                "duration": match says.validity.unit {
                    DurationUnit::Hours => json!({ "hours": says.validity.amount }),
                    DurationUnit::Years => json!({ "years": says.validity.amount }),
                    other => panic!("no vector has {other:?}"),
                },
            },
            "appPermissions": permissions.map(|it| it.iter().map(permission).collect::<Value>()),
            "certIssuePermissions":
                issue_permissions.map(|it| it.iter().map(issue_permission).collect::<Value>()),
            "encryptionKey": says.encryption_key.as_ref().map(|key| json!({
                "supportedSymmAlg": "aes128Ccm",
                "publicKey": { "eciesNistP256": point(key) },
            })),
            "verifyKeyIndicator": {
                "verificationKey": { "ecdsaNistP256": point(&says.verification_key) },
            },
        })),
        "signature": signature(&certificate.signature),
    })
}

fn point(key: &PublicKey) -> Value {
    let x = hex(&key.x);
    if key.y_is_odd {
        json!({ "compressed-y-1": x })
    } else {
        json!({ "compressed-y-0": x })
    }
}

pub(crate) fn signature(signature: &Signature) -> Value {
    let r = hex(&signature.r);
    let point = match signature.form {
        PointForm::XOnly => json!({ "x-only": r }),
        PointForm::Compressed { y_is_odd: false } => json!({ "compressed-y-0": r }),
        PointForm::Compressed { y_is_odd: true } => json!({ "compressed-y-1": r }),
    };
    json!({ "ecdsaNistP256Signature": { "rSig": point, "sSig": hex(&signature.s) } })
}

fn permission(permission: &Permission) -> Value {
    present(json!({
        "psid": permission.psid.0,
        "ssp": permission.ssp.as_ref().map(|ssp| match ssp {
            Ssp::Opaque(bytes) => json!({ "opaque": hex(bytes) }),
            Ssp::Bitmap(bytes) => json!({ "bitmapSsp": hex(bytes) }),
        }),
    }))
}

fn issue_permission(permission: &IssuePermissions) -> Value {
    let unless = |value: u8, default: u8| (value != default).then_some(value);
    let application_only = permission.end_entity == EndEntityType::APPLICATION;
    present(json!({
        "subjectPermissions": match &permission.subjects {
            SubjectPermissions::All => json!({ "all": null }),
            SubjectPermissions::Explicit(subjects) => {
                json!({ "explicit": subjects.iter().map(subject).collect::<Value>() })
            }
        },
        "minChainLength": unless(permission.min_chain_length.raw(), 1),
        "chainLengthRange": unless(permission.chain_length_range.raw(), 0),
        "eeType": (!application_only).then(|| format!("{:08b}", permission.end_entity.bits())),
    }))
}

fn subject(subject: &SubjectRange) -> Value {
    present(json!({
        "psid": subject.psid.0,
        "sspRange": subject.range.as_ref().map(|range| match range {
            SspRange::All => json!({ "all": null }),
            SspRange::Bitmap { value, mask } => json!({
                "bitmapSspRange": { "sspValue": hex(value), "sspBitmask": hex(mask) },
            }),
        }),
    }))
}
