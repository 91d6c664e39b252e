//! Packets: headers against the vectors' layers, signed data in the notation of the vectors.

use serde_json::{Value, json};
use v2x_proto::wire::Wire as _;
use v2x_proto::wire::geonet::{GnPdu, LongPositionVector, Transport};
use v2x_proto::wire::packet::{Content, Packet};
use v2x_proto::wire::secured::{HeaderInfo, SignedData, Signer};

use crate::certificate::{hex, signature, written_out};
use crate::data_dictionary::{present, steps};

/// The message inside a packet, plain or signed.
pub(crate) fn message_of(packet: &Packet) -> Vec<u8> {
    match &packet.content {
        Content::Plain(pdu) => pdu.message.to_vec(),
        Content::Signed(signed) => signed.to_be_signed.pdu().unwrap().message.to_vec(),
    }
}

/// The headers of a plain packet, as far as its vector takes them apart.
pub(crate) fn check_layers(vector: &Value, packet: &Packet, pdu: &GnPdu) {
    let layers = &vector["layers"];
    if let Some(lifetime) = layers["basic"]["lifetime"].as_str() {
        let told = if lifetime == "0x05 = 1 x 1 s" { 1 } else { 60 };
        assert_eq!(packet.lifetime.duration().as_secs(), told, "{lifetime}");
    }
    if layers["common"].is_null() {
        return;
    }
    assert_eq!(
        packet.remaining_hops,
        layers["basic"]["remaining_hop_limit"]
    );
    let common = &layers["common"];
    assert_eq!(pdu.traffic_class.get(), common["traffic_class"]);
    assert_eq!(pdu.mobile, common["mobile"]);
    assert_eq!(pdu.max_hops, common["max_hop_limit"]);
    assert_eq!(pdu.message.len() + 4, common["payload_length"]);
    assert_eq!(pdu.btp.port.get(), layers["btp_b"]["port"]);
    assert_eq!(pdu.btp.port_info, layers["btp_b"]["info"]);
    check_source(&layers["source_pv"], pdu.transport.source());
    match &pdu.transport {
        Transport::SingleHop { load, .. } => {
            assert_eq!(common["header_type"], "0x50 TSB/SHB");
            assert_eq!(load.local(), layers["dcc_mco"]);
        }
        Transport::GeoBroadcast { sequence, area, .. } => {
            assert_eq!(common["header_type"], "0x40 GBC circle");
            let gbc = json!({
                "sequence_number": sequence,
                "latitude": area.latitude.raw(),
                "longitude": area.longitude.raw(),
                "distance_a": area.distance_a,
                "distance_b": area.distance_b,
                "angle": area.angle,
            });
            assert_eq!(gbc, layers["gbc"]);
        }
    }
}

fn check_source(expected: &Value, source: &LongPositionVector) {
    let written = json!({
        "gn_addr": {
            "manual": source.address.is_manual(),
            "station_type": source.address.station_type().raw(),
            "country_code": 0,
            "mid": hex(&source.address.mac().octets()),
        },
        "timestamp": source.timestamp,
        "latitude": steps(source.latitude.get().get(), 1e7),
        "longitude": steps(source.longitude.get().get(), 1e7),
        "pai": u8::from(source.accurate),
        "speed": steps(source.speed.get().get(), 100.0),
        "heading": steps(source.heading.get().get(), 10.0),
    });
    assert_eq!(&written, expected);
    assert_eq!(
        LongPositionVector::parse(&source.encode()).as_ref(),
        Ok(source)
    );
}

pub(crate) fn signed_data(signed: &SignedData) -> Value {
    let signed_by = match &signed.signer {
        Signer::Digest(digest) => json!({ "digest": hex(&digest.0) }),
        Signer::Certificate(certificate) => json!({ "certificate": [written_out(certificate)] }),
    };
    let payload = hex(&signed.to_be_signed.payload);
    let data = json!({ "protocolVersion": 3, "content": { "unsecuredData": payload } });
    json!({
        "protocolVersion": 3,
        "content": { "signedData": {
            "hashId": "sha256",
            "tbsData": {
                "payload": { "data": data },
                "headerInfo": header_info(&signed.to_be_signed.header),
            },
            "signer": signed_by,
            "signature": signature(&signed.signature),
        }},
    })
}

fn header_info(header: &HeaderInfo) -> Value {
    let requests = header.certificate_requests.as_ref();
    present(json!({
        "psid": header.psid.0,
        "generationTime": header.generation_time.as_micros(),
        "generationLocation": header.generation_location.map(|it| json!({
            "latitude": it.latitude.map(|it| steps(it.get().get(), 1e7)),
            "longitude": it.longitude.map(|it| steps(it.get().get(), 1e7)),
            "elevation": steps(it.elevation.get().get(), 10.0) + 4096,
        })),
        "inlineP2pcdRequest":
            requests.map(|it| it.iter().map(|id| Value::from(hex(&id.0))).collect::<Value>()),
        "requestedCertificate": header.requested_certificate.as_deref().map(written_out),
    }))
}
