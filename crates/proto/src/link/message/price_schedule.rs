//! Type 18, price schedule: what a slot offers, and what energy costs from when on.
//!
//! | field | bytes | meaning |
//! |---|---|---|
//! | offer | 1 + n | byte count, body of ChargeParameterDiscoveryRes (docs/protocol/v2g.md) |
//! | currency | 3 | ISO 4217, capital letters |
//! | decimals | 1 | to which a cost is rounded, 0 to 6 |
//! | complete | 1 | 1 when these are all prices, 0 when the bill has more to it |
//! | session fee | 8 | signed, 10^-6 of the currency |
//! | steps | 12 each | at most 12, by rising time |
//!
//! | step | bytes | meaning |
//! |---|---|---|
//! | from | 4 | seconds since 1970 |
//! | price | 8 | signed, 10^-6 of the currency per kWh |

use crate::link::body::{BodyError, Problem, Reader, Writer};

const NAME: &str = "price schedule";
const STEP_BYTES: usize = 12;
const DECIMALS_MAX: u8 = 6;

/// What a slot offers at which price.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PriceSchedule<'a> {
    /// The body of a ChargeParameterDiscoveryRes, unread.
    pub offer: &'a [u8],
    /// ISO 4217.
    pub currency: [u8; 3],
    /// To how many decimals a cost is rounded.
    pub decimals: u8,
    /// Whether session fee and energy are all that is paid for.
    pub complete: bool,
    /// Paid once per session, 10^-6 of the currency.
    pub session_fee: i64,
    /// The steps as they travel; [`Self::steps`] reads them.
    pub steps: &'a [u8],
}

impl<'a> PriceSchedule<'a> {
    /// The type number.
    pub const TYPE: u8 = 18;

    /// The most steps of a schedule: it has to fit a value of a board's flash.
    pub const STEPS_MAX: usize = 12;

    /// One step as it travels.
    #[must_use]
    pub fn step(from: u32, price_per_kwh: i64) -> [u8; STEP_BYTES] {
        let ([a, b, c, d], [e, f, g, h, i, j, k, l]) =
            (from.to_le_bytes(), price_per_kwh.to_le_bytes());
        [a, b, c, d, e, f, g, h, i, j, k, l]
    }

    /// From when on which price per kWh holds, by rising time.
    pub fn steps(&self) -> impl Iterator<Item = (u32, i64)> + use<'a> {
        self.steps.chunks_exact(STEP_BYTES).filter_map(|step| {
            let (from, price) = step.split_first_chunk()?;
            let price = price.try_into().ok()?;
            Some((u32::from_le_bytes(*from), i64::from_le_bytes(price)))
        })
    }

    /// Reads a body.
    ///
    /// # Errors
    /// Names the field that is cut or has no meaning.
    pub fn parse(body: &'a [u8]) -> Result<Self, BodyError> {
        let mut from = Reader::new(NAME, body);
        let schedule = Self {
            offer: from.short_bytes("offer")?,
            currency: from.array("currency")?,
            decimals: from.u8("decimals")?,
            complete: from.flag("complete")?,
            session_fee: from.i64("session fee")?,
            steps: from.remaining(),
        };
        match schedule.wrong() {
            Some((field, problem)) => Err(from.error(field, problem)),
            None => Ok(schedule),
        }
    }

    /// Writes a body.
    ///
    /// # Errors
    /// When a value has no meaning or `out` is too short.
    pub fn emit(&self, out: &mut [u8]) -> Result<usize, BodyError> {
        let mut to = Writer::new(NAME, out);
        if let Some((field, problem)) = self.wrong() {
            return Err(to.error(field, problem));
        }
        to.short_bytes("offer", self.offer)?;
        to.bytes("currency", &self.currency)?;
        to.u8("decimals", self.decimals)?;
        to.u8("complete", u8::from(self.complete))?;
        to.bytes("session fee", &self.session_fee.to_le_bytes())?;
        to.bytes("steps", self.steps)?;
        Ok(to.used())
    }

    /// What has no meaning.
    fn wrong(&self) -> Option<(&'static str, Problem)> {
        let value = |seen: usize, right| Problem::Value {
            seen: i64::try_from(seen).unwrap_or(i64::MAX),
            right,
        };
        if !self.currency.iter().all(u8::is_ascii_uppercase) {
            let right = "it must be three capital letters";
            return Some(("currency", value(usize::from(self.currency[0]), right)));
        }
        if self.decimals > DECIMALS_MAX {
            return Some((
                "decimals",
                value(usize::from(self.decimals), "it must be 0 to 6"),
            ));
        }
        let length = self.steps.len();
        if !length.is_multiple_of(STEP_BYTES) || length > Self::STEPS_MAX * STEP_BYTES {
            let right = "at most 12 steps of 12 bytes";
            return Some(("steps", value(length, right)));
        }
        let mut times = self.steps().map(|(from, _)| from);
        let first = times.next()?;
        let rises = times.try_fold(first, |last, next| (next > last).then_some(next));
        rises
            .is_none()
            .then(|| ("steps", value(0, "their times must rise")))
    }
}
