//! Every message between car and station, credentials and revocation lists: any bytes are refused,
//! or written back as they came.
//!
//! Input: one byte, the type of a message or which of the others, then the body.

#![no_main]

use libfuzzer_sys::fuzz_target;
use v2x_proto::secure::{Credential, RevocationList};
use v2x_proto::v2g::{Request, Response};

const CREDENTIAL: u8 = 0x01;
const REVOCATIONS: u8 = 0x02;

fuzz_target!(|input: &[u8]| {
    let Some((&kind, body)) = input.split_first() else {
        return;
    };
    if let Ok(Some(request)) = Request::parse(kind, body) {
        let again = request.emit().expect("what was read has room");
        assert_eq!(Request::parse(kind, &again), Ok(Some(request)));
    }
    if let Ok(Some(response)) = Response::parse(kind, body) {
        let again = response.emit().expect("what was read has room");
        assert_eq!(Response::parse(kind, &again), Ok(Some(response)));
    }
    match kind {
        CREDENTIAL => {
            if let Ok(credential) = Credential::parse(body) {
                assert_eq!(&credential.emit()[..], body);
            }
        }
        REVOCATIONS => {
            if let Ok(list) = RevocationList::parse(body) {
                assert_eq!(&list.emit()[..], body);
            }
        }
        _ => {}
    }
});
