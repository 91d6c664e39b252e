//! The ASN.1 structures of the UPER messages, one file per standard, members in encoding order.
//!
//! Not the types that the rest of the program sees: those are in the files of the messages, which
//! convert from and to these. Encoding rules: ITU-T X.691, unaligned variant, by the `rasn` crate.
//!
//! Four liberties keep the structures short; each gives the same bits by X.691:
//!
//! | in the standard | here |
//! |---|---|
//! | an ENUMERATED without extension marker | the INTEGER of its index |
//! | a BIT STRING of a fixed size of n bits | an INTEGER of n bits, bit 0 the most significant |
//! | an INTEGER of any range | `i64` with that range |
//! | the SIZE of a UTF8String, which UPER does not see | left out, tested in the conversion |

/// Makes a SEQUENCE; `#[non_exhaustive]` stands where the standard has an extension marker.
///
/// The members go through as plain tokens, because the derives look for the word `Option`.
macro_rules! sequence {
    ($($(#[$attribute:meta])* $name:ident { $($members:tt)* })+) => {$(
        #[derive(AsnType, Encode, Decode, Debug, Clone, PartialEq, Eq)]
        #[rasn(automatic_tags)]
        $(#[$attribute])*
        pub(crate) struct $name { $($members)* }
    )+};
}

pub(crate) mod cam;
pub(crate) mod cdd;
pub(crate) mod denm;
pub(crate) mod ev_rsr;
pub(crate) mod evcsn;
