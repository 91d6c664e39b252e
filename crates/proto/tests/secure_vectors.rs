//! The golden vectors of signed packets: what may be believed is, and the rest is refused for its
//! own reason; our signatures are those of two other implementations, bit by bit.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking and says when it cannot run"
)]

#[path = "wire_shared/mod.rs"]
mod shared;

use serde_json::Value;
use v2x_proto::secure::{
    CertificateHash, MAX_TICKETS, Refusal, SigningKey, VerifiedMessage, Verifier,
};
use v2x_proto::wire::Wire;
use v2x_proto::wire::certificate::{Certificate, DurationUnit, HashedId3, Issuer, Psid};
use v2x_proto::wire::its_time::GenerationTime;
use v2x_proto::wire::packet::{Content, Packet};
use v2x_proto::wire::secured::{SignedData, Signer};

use crate::shared::{bytes_of, vectors};

struct Vectors(Value);

impl Vectors {
    fn named(&self, list: &str, name: &str) -> &Value {
        let list = self.0[list].as_array().unwrap();
        list.iter().find(|it| it["name"] == name).unwrap()
    }

    fn certificate(&self, name: &str) -> Certificate {
        Certificate::parse(&bytes_of(&self.named("certificates", name)["hex"])).unwrap()
    }

    fn packet(&self, list: &str, name: &str) -> Vec<u8> {
        bytes_of(&self.named(list, name)["gn_packet_hex"])
    }

    fn key(&self, name: &str) -> SigningKey {
        let number = bytes_of(&self.0["keys"][name]["private_scalar"]);
        SigningKey::from_bytes(&number.try_into().unwrap()).unwrap()
    }

    fn clock(&self) -> GenerationTime {
        GenerationTime::from_micros(self.0["verifier_setup"]["clock_us"].as_u64().unwrap())
    }

    /// Trusts the root and the authority, and knows the car's ticket.
    fn verifier(&self) -> Verifier {
        let mut verifier = Verifier::default();
        let certificates = &mut verifier.certificates;
        certificates.add_root(self.certificate("root")).unwrap();
        certificates.add_authority(self.certificate("aa")).unwrap();
        certificates.add_ticket(self.certificate("at")).unwrap();
        verifier
    }

    fn refusal_of(&self, name: &str) -> Refusal {
        let packet = self.packet("negative", name);
        self.verifier().verify(self.clock(), &packet).unwrap_err()
    }
}

fn golden() -> Option<Vectors> {
    vectors().map(Vectors)
}

fn signed(packet: &[u8]) -> SignedData {
    match Packet::parse(packet).unwrap().content {
        Content::Signed(signed) => signed,
        Content::Plain(_) => panic!("not signed"),
    }
}

#[test]
fn every_positive_vector_is_believed_and_plain_packets_are_not() {
    let Some(golden) = golden() else { return };
    let mut believed = 0;
    for vector in golden.0["packets"].as_array().unwrap() {
        let packet = bytes_of(&vector["gn_packet_hex"]);
        let verdict = golden.verifier().verify(golden.clock(), &packet);
        if vector["reference_verdict"] == "accept" {
            let verified = verdict.unwrap_or_else(|why| panic!("{}: {why}", vector["name"]));
            let is_cam = matches!(verified.message, VerifiedMessage::Cam(_));
            assert_eq!(is_cam, verified.header.psid == Psid::CAM);
            believed += 1;
        } else {
            let port = if vector["name"].as_str().unwrap().contains("denm") {
                2002
            } else {
                2001
            };
            assert_eq!(verdict, Err(Refusal::NotSigned { port }));
        }
    }
    assert_eq!(believed, 12);
}

#[test]
fn flipped_signature_and_altered_payload_are_refused_by_the_signature() {
    let Some(golden) = golden() else { return };
    assert_eq!(golden.refusal_of("neg_bad_signature"), Refusal::Signature);
    assert_eq!(
        golden.refusal_of("neg_modified_payload"),
        Refusal::Signature
    );
}

#[test]
fn expired_certificate_is_refused_by_the_time_of_the_message() {
    let Some(golden) = golden() else { return };
    let refused = Refusal::CertificateExpired(golden.clock());
    assert_eq!(golden.refusal_of("neg_expired_certificate"), refused);
}

#[test]
fn application_that_the_certificate_or_the_payload_does_not_have_is_refused() {
    let Some(golden) = golden() else { return };
    let not_permitted = Refusal::NotPermitted(Psid::CAM);
    assert_eq!(
        golden.refusal_of("neg_wrong_psid_not_permitted"),
        not_permitted
    );
    let mismatch = Refusal::PsidMismatch {
        seen: Psid::DENM,
        expected: Psid::CAM,
    };
    assert_eq!(
        golden.refusal_of("neg_wrong_psid_payload_mismatch"),
        mismatch
    );
}

#[test]
fn truncated_packet_is_refused_as_malformed() {
    let Some(golden) = golden() else { return };
    let refused = golden.refusal_of("neg_truncated");
    assert!(matches!(refused, Refusal::Malformed(_)), "{refused}");
}

#[test]
fn unknown_signer_is_refused_with_the_name_to_ask_for() {
    let Some(golden) = golden() else { return };
    match golden.refusal_of("neg_wrong_digest") {
        Refusal::UnknownSigner(name) => assert_eq!(name.short(), HashedId3([0x14, 0x2A, 0x1F])),
        other => panic!("{other}"),
    }
}

#[test]
fn second_copy_of_a_packet_is_refused_as_replay() {
    let Some(golden) = golden() else { return };
    let mut verifier = golden.verifier();
    let first = golden.packet("packets", "shb_cam_secured_digest");
    assert!(verifier.verify(golden.clock(), &first).is_ok());
    let second = golden.packet("negative", "neg_replay_second_copy");
    assert_eq!(
        verifier.verify(golden.clock(), &second),
        Err(Refusal::Replay)
    );
}

#[test]
fn forged_packet_does_not_block_the_true_one_that_comes_after_it() {
    let Some(golden) = golden() else { return };
    let mut verifier = golden.verifier();
    let forged = golden.packet("negative", "neg_bad_signature");
    assert_eq!(
        verifier.verify(golden.clock(), &forged),
        Err(Refusal::Signature)
    );
    let packet = golden.packet("packets", "shb_cam_secured_digest");
    assert!(verifier.verify(golden.clock(), &packet).is_ok());
}

#[test]
fn stale_packet_is_refused_by_the_clock() {
    let Some(golden) = golden() else { return };
    let refused = golden.refusal_of("neg_stale_generation_time");
    assert!(matches!(refused, Refusal::NotFresh { .. }), "{refused}");
}

#[test]
fn certificate_of_a_stranger_is_refused_by_its_signature() {
    let Some(golden) = golden() else { return };
    assert_eq!(
        golden.refusal_of("neg_untrusted_issuer"),
        Refusal::CertificateSignature
    );
}

#[test]
fn our_signatures_over_packets_are_those_of_the_vectors() {
    let Some(golden) = golden() else { return };
    let key = golden.key("at");
    let certificate = CertificateHash::of(&golden.certificate("at"));
    for name in [
        "shb_cam_secured_digest",
        "shb_cam_sensor_set_secured_digest",
        "shb_cam_lf_secured_digest",
        "shb_cam_secured_p2pcd_request",
        "shb_cam_secured_requested_certificate",
        "gbc_denm_secured_certificate",
    ] {
        let theirs = signed(&golden.packet("packets", name));
        let ours = key.sign(theirs.to_be_signed.clone(), certificate);
        assert_eq!(ours.signature, theirs.signature, "{name}");
        if let Signer::Digest(_) = theirs.signer {
            assert_eq!(ours, theirs, "{name}");
        }
    }
}

#[test]
fn our_certificates_are_those_of_the_vectors() {
    let Some(golden) = golden() else { return };
    for vector in golden.0["certificates"].as_array().unwrap() {
        let theirs = Certificate::parse(&bytes_of(&vector["hex"])).unwrap();
        let hash = CertificateHash::of(&theirs);
        assert_eq!(hash.name().0.to_vec(), bytes_of(&vector["hashed_id8"]));
        let name = vector["name"].as_str().unwrap();
        if let Some(key) = golden.0["keys"].get(name) {
            assert!(!key.is_null());
            assert_eq!(
                golden.key(name).public_key(),
                theirs.to_be_signed.verification_key
            );
        }
        let says = theirs.to_be_signed.clone();
        let ours = match theirs.issuer {
            Issuer::Itself => golden.key("root").issue_root(says),
            Issuer::Digest(_) => {
                let issuer_name = if name == "aa" { "root" } else { "aa" };
                let issuer_hash = CertificateHash::of(&golden.certificate(issuer_name));
                golden.key(issuer_name).issue(says, issuer_hash)
            }
        };
        // The forged one names an issuer that did not sign it.
        assert_eq!(ours == theirs.canonical(), name != "at_forged", "{name}");
    }
}

#[test]
fn authority_cannot_give_what_its_own_certificate_does_not_allow() {
    let Some(golden) = golden() else { return };
    let mut verifier = golden.verifier();
    let issuer = CertificateHash::of(&golden.certificate("aa"));
    let issue = |change: &dyn Fn(&mut Certificate)| {
        let mut ticket = golden.certificate("at_denm_only");
        change(&mut ticket);
        golden.key("aa").issue(ticket.to_be_signed, issuer)
    };
    let too_long = issue(&|ticket| ticket.to_be_signed.validity.amount = u16::MAX);
    let longer_unit = issue(&|ticket| {
        ticket.to_be_signed.validity.unit = DurationUnit::Years;
    });
    let authority = golden.certificate("aa").to_be_signed;
    let foreign = issue(&|ticket| ticket.to_be_signed.permissions = authority.permissions.clone());
    let sub_authority = issue(&|ticket| {
        ticket.to_be_signed.issue_permissions = authority.issue_permissions.clone();
    });
    let certificates = &mut verifier.certificates;
    assert_eq!(
        certificates.add_ticket(too_long),
        Err(Refusal::BeyondIssuer)
    );
    assert_eq!(
        certificates.add_ticket(longer_unit),
        Err(Refusal::BeyondIssuer)
    );
    assert_eq!(
        certificates.add_ticket(foreign),
        Err(Refusal::NotGiven(Psid(623)))
    );
    assert_eq!(
        certificates.add_ticket(sub_authority),
        Err(Refusal::NotGiven(Psid::CAM))
    );
}

#[test]
fn revoked_ticket_and_tickets_of_a_revoked_authority_are_believed_no_more() {
    let Some(golden) = golden() else { return };
    let packet = golden.packet("packets", "shb_cam_secured_certificate");
    let name = |name| CertificateHash::of(&golden.certificate(name)).name();

    let mut verifier = golden.verifier();
    verifier.certificates.revoke(name("at")).unwrap();
    let refused = verifier.verify(golden.clock(), &packet);
    assert_eq!(refused, Err(Refusal::Revoked(name("at"))));

    let mut verifier = golden.verifier();
    verifier.certificates.revoke(name("aa")).unwrap();
    let refused = verifier.verify(golden.clock(), &packet);
    assert_eq!(refused, Err(Refusal::UnknownIssuer(name("aa"))));
    let returned = verifier
        .certificates
        .add_authority(golden.certificate("aa"));
    assert_eq!(returned, Err(Refusal::Revoked(name("aa"))));
}

#[test]
fn tickets_when_full_displace_the_one_that_was_not_used_longest() {
    let Some(golden) = golden() else { return };
    let mut verifier = golden.verifier();
    let issuer = CertificateHash::of(&golden.certificate("aa"));
    let key = golden.key("aa");
    let other = |series: usize| {
        let mut says = golden.certificate("at").to_be_signed;
        says.revocation_series = u16::try_from(series).unwrap();
        key.issue(says, issuer)
    };
    let name = |certificate: &Certificate| CertificateHash::of(certificate).name().short();
    let ours = name(&golden.certificate("at"));
    for series in 1..MAX_TICKETS {
        verifier.certificates.add_ticket(other(series)).unwrap();
    }
    let packet = golden.packet("packets", "shb_cam_secured_digest");
    assert!(
        verifier.verify(golden.clock(), &packet).is_ok(),
        "ours is used"
    );
    verifier
        .certificates
        .add_ticket(other(MAX_TICKETS))
        .unwrap();
    assert_eq!(verifier.certificates.displaced(), 1);
    assert!(verifier.certificates.requested(ours).is_some());
    assert!(verifier.certificates.requested(name(&other(1))).is_none());
    assert!(verifier.certificates.requested(name(&other(2))).is_some());
}
