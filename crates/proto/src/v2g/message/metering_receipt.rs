//! MeteringReceipt: what was delivered, signed by the station and countersigned by the car.
//!
//! | request | bytes | meaning |
//! |---|---|---|
//! | step | 1 | 1: give me the receipt; 2: here is my signature |
//! | countersignature | 64 | only in step 2 |
//!
//! | response | bytes | meaning |
//! |---|---|---|
//! | step | 1 | as in the request |
//! | receipt, signature | n + 64 | only in step 1 |
//!
//! | receipt | bytes | meaning |
//! |---|---|---|
//! | session id | 8 | |
//! | started, ended | 4 + 4 | seconds since 1970 |
//! | energy | 4 | Wh |
//! | meter | 1 | code of [`MeterKind`] |
//! | cost | 12 | money |
//! | tariff | 1 + n | length and text, at most 16 bytes |
//! | EVSEID | 1 + n | length and text, at most 37 bytes |
//! | EVCCID | 1 + n | length and text, at most 37 bytes |
//!
//! The station signs `twizy-v2x receipt 1`, a zero byte, and the receipt; the car signs
//! `twizy-v2x countersignature 1`, a zero byte, the receipt, and the station's signature. After
//! MeteringReceiptReq of ISO 15118-2, where only the car signs.

use heapless::Vec;
use p256::ecdsa::VerifyingKey;
use v2x_units::WattHours;

use super::session_setup::SessionId;
use crate::limits::{NAME_MAX, TARIFF_NAME_MAX};
use crate::link::body::{BodyError, Problem, Reader, Writer, coded};
use crate::secure::{Identity, Name, Signature, UtcSecond};
use crate::v2g::field::{
    TariffName, coded_byte, moment, optional_u32, tariff_name, write_moment, write_optional_u32,
};
use crate::v2g::money::Money;

const STATION: &[u8] = b"twizy-v2x receipt 1\0";
const CAR: &[u8] = b"twizy-v2x countersignature 1\0";

const GIVE: u8 = 1;
const COUNTERSIGN: u8 = 2;

/// The most bytes of a receipt without signatures.
const RECEIPT_MAX: usize =
    8 + 4 + 4 + 4 + 1 + Money::LENGTH + 3 + TARIFF_NAME_MAX + NAME_MAX + NAME_MAX;

coded! {
    /// What kind of meter measured.
    MeterKind {
        /// No meter that the law lets anybody bill by, as a PZEM-004T.
        Uncertified = 0,
        /// A meter certified for billing.
        Certified = 1,
    }
}

/// What was delivered.
#[derive(Debug, Clone, PartialEq)]
pub struct Receipt {
    /// The session.
    pub session: SessionId,
    /// When the session was opened, if the station knew the time.
    pub started: Option<UtcSecond>,
    /// When the receipt was written, if the station knew the time.
    pub ended: Option<UtcSecond>,
    /// What the meter counted; `None` when it was never heard.
    pub energy: Option<WattHours>,
    /// Which kind of meter that was.
    pub meter: MeterKind,
    /// What it costs; `None` when no price was set.
    pub cost: Option<Money>,
    /// The tariff it is billed by.
    pub tariff: TariffName,
    /// The slot.
    pub evse: Name,
    /// The car.
    pub evcc: Name,
}

impl Receipt {
    const NAME: &'static str = "receipt";

    fn parse(from: &mut Reader<'_>) -> Result<Self, BodyError> {
        Ok(Self {
            session: SessionId::parse(from)?,
            started: moment(from, "started")?,
            ended: moment(from, "ended")?,
            energy: optional_u32(from, "energy", 1.0)?.map(WattHours::new),
            meter: coded_byte(from, "meter", MeterKind::from_code)?,
            cost: Money::parse(from, "cost")?,
            tariff: tariff_name(from, "tariff")?,
            evse: name(from, "EVSEID")?,
            evcc: name(from, "EVCCID")?,
        })
    }

    /// Reads the bytes that were signed, without their context.
    ///
    /// # Errors
    /// Says which field is missing or has no meaning, and what would be right.
    pub fn from_signed_bytes(bytes: &[u8]) -> Result<Self, BodyError> {
        let mut from = Reader::new(Self::NAME, bytes);
        let receipt = Self::parse(&mut from)?;
        from.end("EVCCID")?;
        Ok(receipt)
    }

    fn emit(&self, to: &mut Writer<'_>) -> Result<(), BodyError> {
        to.bytes("session id", &self.session.bytes())?;
        write_moment(to, "started", self.started)?;
        write_moment(to, "ended", self.ended)?;
        write_optional_u32(to, "energy", self.energy.map(WattHours::get), 1.0)?;
        to.u8("meter", self.meter.code())?;
        Money::emit(self.cost.as_ref(), to, "cost")?;
        to.short_text("tariff", &self.tariff)?;
        to.short_text("EVSEID", self.evse.as_str())?;
        to.short_text("EVCCID", self.evcc.as_str())
    }

    /// The bytes that are signed, after their context.
    ///
    /// # Errors
    /// When the energy has no room in its field: more than 4 TWh, or no number.
    #[expect(
        clippy::missing_panics_doc,
        reason = "both buffers have the same bound"
    )]
    pub fn signed_bytes(&self) -> Result<Vec<u8, RECEIPT_MAX>, BodyError> {
        let mut bytes = [0; RECEIPT_MAX];
        let mut to = Writer::new(Self::NAME, &mut bytes);
        self.emit(&mut to)?;
        let used = to.used();
        Ok(Vec::from_slice(&bytes[..used]).expect("both have the same bound"))
    }
}

/// A receipt with the station's signature.
#[derive(Debug, Clone, PartialEq)]
pub struct SignedReceipt {
    /// What was delivered.
    pub receipt: Receipt,
    /// The station's signature.
    pub signature: Signature,
}

impl SignedReceipt {
    /// Signs as the station.
    ///
    /// # Errors
    /// When the receipt cannot be written.
    pub fn sign(receipt: Receipt, station: &Identity) -> Result<Self, BodyError> {
        let signature = station.sign(&[STATION, &receipt.signed_bytes()?]);
        Ok(Self { receipt, signature })
    }

    /// Whether the station with this key signed it.
    #[must_use]
    pub fn is_by(&self, station: &VerifyingKey) -> bool {
        self.receipt
            .signed_bytes()
            .is_ok_and(|bytes| self.signature.is_by(station, &[STATION, &bytes]))
    }

    /// Signs as the car.
    ///
    /// # Errors
    /// When the receipt cannot be written.
    pub fn countersign(&self, car: &Identity) -> Result<Signature, BodyError> {
        Ok(car.sign(&[CAR, &self.receipt.signed_bytes()?, self.signature.bytes()]))
    }

    /// Whether the car with this key countersigned it so.
    #[must_use]
    pub fn is_countersigned_by(&self, car: &VerifyingKey, countersignature: &Signature) -> bool {
        let bytes = self.receipt.signed_bytes();
        bytes.is_ok_and(|bytes| countersignature.is_by(car, &[CAR, &bytes, self.signature.bytes()]))
    }
}

/// The car asks for the receipt, or signs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MeteringReceiptReq {
    /// Give me the receipt.
    Give,
    /// Here is my signature.
    Countersign(Signature),
}

impl MeteringReceiptReq {
    const NAME: &'static str = "MeteringReceiptReq";

    pub(super) fn parse(body: &[u8]) -> Result<Self, BodyError> {
        let mut from = Reader::new(Self::NAME, body);
        let message = match from.u8("step")? {
            GIVE => Self::Give,
            COUNTERSIGN => Self::Countersign(Signature(from.array("countersignature")?)),
            other => return Err(wrong_step(&from, other)),
        };
        from.end("countersignature")?;
        Ok(message)
    }

    pub(super) fn emit(&self, out: &mut [u8]) -> Result<usize, BodyError> {
        let mut to = Writer::new(Self::NAME, out);
        match self {
            Self::Give => to.u8("step", GIVE)?,
            Self::Countersign(signature) => {
                to.u8("step", COUNTERSIGN)?;
                to.bytes("countersignature", signature.bytes())?;
            }
        }
        Ok(to.used())
    }
}

/// The station gives the receipt, or takes the countersignature.
#[derive(Debug, Clone, PartialEq)]
#[expect(
    clippy::large_enum_variant,
    reason = "without a heap a value lives where it is used"
)]
pub enum MeteringReceiptRes {
    /// Here it is.
    Receipt(SignedReceipt),
    /// The countersignature is kept.
    Kept,
}

impl MeteringReceiptRes {
    const NAME: &'static str = "MeteringReceiptRes";

    pub(super) fn parse(body: &[u8]) -> Result<Self, BodyError> {
        let mut from = Reader::new(Self::NAME, body);
        let message = match from.u8("step")? {
            GIVE => Self::Receipt(SignedReceipt {
                receipt: Receipt::parse(&mut from)?,
                signature: Signature(from.array("signature")?),
            }),
            COUNTERSIGN => Self::Kept,
            other => return Err(wrong_step(&from, other)),
        };
        from.end("signature")?;
        Ok(message)
    }

    pub(super) fn emit(&self, out: &mut [u8]) -> Result<usize, BodyError> {
        let mut to = Writer::new(Self::NAME, out);
        match self {
            Self::Receipt(SignedReceipt { receipt, signature }) => {
                to.u8("step", GIVE)?;
                receipt.emit(&mut to)?;
                to.bytes("signature", signature.bytes())?;
            }
            Self::Kept => to.u8("step", COUNTERSIGN)?,
        }
        Ok(to.used())
    }
}

fn wrong_step(from: &Reader<'_>, seen: u8) -> BodyError {
    let (seen, right) = (i64::from(seen), "it must be 1 or 2");
    from.error("step", Problem::Value { seen, right })
}

fn name(from: &mut Reader<'_>, field: &'static str) -> Result<Name, BodyError> {
    let text = from.short_text(field)?;
    Name::new(text).map_err(|_| from.error(field, Problem::Text))
}
