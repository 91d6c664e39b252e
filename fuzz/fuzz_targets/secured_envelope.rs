//! A signed packet at a receiver that trusts an operator: only what a trusted key has signed, as
//! it was signed, is believed, and only once.
//!
//! Input: one byte for the clock, in steps of 20 ms, then the packet. The seeds are packets
//! that are believed; whatever the search makes of them may be believed only where it left all
//! that is signed as it was.

#![no_main]

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use v2x_proto::secure::Verifier;
use v2x_proto::wire::Wire;
use v2x_proto::wire::certificate::Certificate;
use v2x_proto::wire::its_time::GenerationTime;
use v2x_proto::wire::packet::{Content, Packet};

/// Two seconds before the moment for which the seeds were signed: 2026-06-21 10:15:28.25 UTC.
const CLOCK_US: u64 = 709_121_733_250_000;

static ROOT: &[u8] = include_bytes!("../certificates/root");
static AUTHORITY: &[u8] = include_bytes!("../certificates/aa");
static TICKET: &[u8] = include_bytes!("../certificates/at");

macro_rules! seeds {
    ($($name:literal),+ $(,)?) => {
        &[$(include_bytes!(concat!("../corpus/secured_envelope/", $name))),+]
    };
}

/// Packets that are believed when the clock is right.
static BELIEVED: &[&[u8]] = seeds![
    "cam_certificate",
    "cam_digest",
    "cam_digest_r_compressed",
    "cam_lf_digest",
    "cam_p2pcd_request",
    "cam_requested_certificate",
    "denm_certificate",
    "denm_stationary_certificate",
];

fn certificate(bytes: &[u8]) -> Certificate {
    Certificate::parse(bytes).expect("the seeds' certificates are well formed")
}

fn trusting() -> Verifier {
    static TRUSTING: OnceLock<Verifier> = OnceLock::new();
    let trusting = TRUSTING.get_or_init(|| {
        let mut verifier = Verifier::default();
        let certificates = &mut verifier.certificates;
        certificates.add_root(certificate(ROOT)).expect("a root");
        certificates
            .add_authority(certificate(AUTHORITY))
            .expect("an authority below it");
        certificates
            .add_ticket(certificate(TICKET))
            .expect("a ticket below that");
        verifier
    });
    trusting.clone()
}

/// The signed part of a packet, without what each hop may change.
fn signed_part(packet: &[u8]) -> Option<Vec<u8>> {
    match Packet::parse(packet).ok()?.content {
        Content::Signed(signed) => Some(signed.to_be_signed.encode()),
        Content::Plain(_) => None,
    }
}

fuzz_target!(|input: &[u8]| {
    let Some((&off, packet)) = input.split_first() else {
        return;
    };
    let mut verifier = trusting();
    let now = GenerationTime::from_micros(CLOCK_US + u64::from(off) * 20_000);
    match verifier.verify(now, packet) {
        Ok(verified) => {
            let part = signed_part(packet);
            assert!(part.is_some(), "what is believed is signed");
            let is_seed = BELIEVED.iter().any(|seed| signed_part(&seed[1..]) == part);
            assert!(is_seed, "nobody has signed {verified:?}");
            assert!(verifier.verify(now, packet).is_err(), "a replay");
        }
        Err(refusal) => assert!(!refusal.to_string().is_empty()),
    }
});
