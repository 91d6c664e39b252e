//! Every message over the air: any bytes are refused, or keep what `wire/mod.rs` promises.
//!
//! Input: one byte that chooses the message or header, then its bytes.

#![no_main]

use std::fmt::Debug;

use libfuzzer_sys::fuzz_target;
use v2x_proto::wire::Wire;
use v2x_proto::wire::btp::BtpB;
use v2x_proto::wire::cam::Cam;
use v2x_proto::wire::certificate::{Certificate, ToBeSignedCertificate};
use v2x_proto::wire::certificate_message::CertificateMessage;
use v2x_proto::wire::denm::Denm;
use v2x_proto::wire::ev_rsr::EvRsr;
use v2x_proto::wire::evcsn::Evcsn;
use v2x_proto::wire::geonet::{GnPdu, LongPositionVector};
use v2x_proto::wire::packet::Packet;
use v2x_proto::wire::secured::{SignedData, ToBeSigned};
use v2x_proto::wire::vehicle_data::VehicleData;

/// What was read is written and read back equal.
fn keeps_value<T: Wire + PartialEq + Debug>(bytes: &[u8]) {
    match T::parse(bytes) {
        Ok(message) => {
            let again = message.encode();
            assert_eq!(again.len(), message.encoded_len());
            assert_eq!(T::parse(&again).as_ref(), Ok(&message));
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// What was read is written as the same bytes: a hash over them is one over what came in.
fn keeps_bytes<T: Wire + PartialEq + Debug>(bytes: &[u8]) {
    keeps_value::<T>(bytes);
    if let Ok(message) = T::parse(bytes) {
        assert_eq!(message.encode(), bytes);
    }
}

fuzz_target!(|input: &[u8]| {
    let Some((&choice, bytes)) = input.split_first() else {
        return;
    };
    match choice % 14 {
        0 => keeps_value::<Cam>(bytes),
        1 => keeps_value::<Denm>(bytes),
        2 => keeps_value::<Evcsn>(bytes),
        3 => keeps_value::<EvRsr>(bytes),
        4 => keeps_value::<Packet>(bytes),
        5 => keeps_value::<GnPdu>(bytes),
        6 => keeps_bytes::<CertificateMessage>(bytes),
        7 => keeps_bytes::<SignedData>(bytes),
        8 => keeps_bytes::<ToBeSigned>(bytes),
        9 => keeps_bytes::<Certificate>(bytes),
        10 => keeps_bytes::<ToBeSignedCertificate>(bytes),
        11 => keeps_bytes::<LongPositionVector>(bytes),
        12 => keeps_bytes::<BtpB>(bytes),
        _ => keeps_value::<VehicleData>(bytes),
    }
});
