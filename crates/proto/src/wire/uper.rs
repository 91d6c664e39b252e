//! The UPER codec's entrance and exit: its errors become ours, naming the innermost field.
//!
//! Not the structures, which are in `asn1/`. Standard: ITU-T X.691, unaligned, by `rasn`.

use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;

use rasn::error::DecodeErrorKind;

use super::asn1::cdd::ItsPduHeader;
use super::error::WireError;
use super::number::Number;
use super::station::StationId;

pub(crate) fn decode<T: rasn::Decode>(message: &'static str, bytes: &[u8]) -> Result<T, WireError> {
    rasn::uper::decode(bytes).map_err(|error| {
        let mut field = message;
        let mut kind = *error.kind;
        while let DecodeErrorKind::FieldError { name, nested } = kind {
            field = name;
            kind = *nested.kind;
        }
        WireError::Uper {
            message,
            reason: format!("{field}: {kind}"),
        }
    })
}

pub(crate) fn encode<T: rasn::Encode>(value: &T) -> Vec<u8> {
    rasn::uper::encode(value).expect("our types hold only what the ASN.1 constraints allow")
}

pub(crate) fn header(protocol_version: u8, message_id: u8, station: StationId) -> ItsPduHeader {
    ItsPduHeader {
        protocol_version: i64::from(protocol_version),
        message_id: i64::from(message_id),
        station_id: station.number(),
    }
}

/// The sender, when the header names this message in a version that `speaks` accepts.
pub(crate) fn station(
    message: &'static str,
    message_id: u8,
    header: &ItsPduHeader,
    speaks: impl Fn(i64) -> bool,
) -> Result<StationId, WireError> {
    if header.message_id != i64::from(message_id) || !speaks(header.protocol_version) {
        return Err(WireError::WrongMessage {
            message,
            protocol_version: header.protocol_version,
            message_id: header.message_id,
        });
    }
    StationId::from_number(header.station_id)
}

/// Whether a part that was decoded can be encoded again; the decoder is the more generous one.
pub(crate) fn can_encode<T: rasn::Encode>(field: &'static str, value: &T) -> Result<(), WireError> {
    match rasn::uper::encode(value) {
        Ok(_) => Ok(()),
        Err(error) => Err(WireError::Uper {
            message: field,
            reason: error.to_string(),
        }),
    }
}
