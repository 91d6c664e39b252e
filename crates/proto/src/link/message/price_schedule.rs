//! Type 19, price schedule: what a slot offers, and what energy and time cost from when on.
//!
//! Type 18 was a schedule without prices by the minute; nobody sends it any more.
//!
//! | field | bytes | meaning |
//! |---|---|---|
//! | offer | 1 + n | byte count, body of ChargeParameterDiscoveryRes (docs/protocol/v2g.md) |
//! | currency | 3 | ISO 4217, capital letters |
//! | decimals | 1 | to which a cost is rounded, 0 to 6 |
//! | complete | 1 | 1 when these are all prices, 0 when the bill has more to it |
//! | session fee | 8 | signed, 10^-6 of the currency |
//! | idle price | 8 | signed, 10^-6 of the currency per minute plugged in without charging; 0: none |
//! | idle grace | 4 | seconds of each such stretch that are free |
//! | steps | 20 each | at most 12, by rising time |
//!
//! | step | bytes | meaning |
//! |---|---|---|
//! | from | 4 | seconds since 1970 |
//! | energy price | 8 | signed, 10^-6 of the currency per kWh |
//! | time price | 8 | signed, 10^-6 of the currency per minute of charging |

use crate::link::body::{BodyError, Problem, Reader, Writer};

const NAME: &str = "price schedule";
const STEP_BYTES: usize = 20;
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
    /// Whether these are all prices.
    pub complete: bool,
    /// Paid once per session, 10^-6 of the currency.
    pub session_fee: i64,
    /// Paid for each minute plugged in without charging, 10^-6 of the currency; 0: nothing.
    pub idle_per_minute: i64,
    /// Seconds of each stretch without charging that are free.
    pub idle_grace: u32,
    /// The steps as they travel; [`Self::steps`] reads them.
    pub steps: &'a [u8],
}

/// What holds from a moment on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PriceStep {
    /// Seconds since 1970.
    pub from: u32,
    /// 10^-6 of the currency per kWh.
    pub per_kwh: i64,
    /// 10^-6 of the currency per minute of charging.
    pub per_minute: i64,
}

impl PriceStep {
    /// The step as it travels.
    #[must_use]
    pub fn bytes(&self) -> [u8; STEP_BYTES] {
        let mut bytes = [0; STEP_BYTES];
        let from = self.from.to_le_bytes();
        let prices = [self.per_kwh, self.per_minute].map(i64::to_le_bytes);
        let parts = from.into_iter().chain(prices.into_iter().flatten());
        for (place, byte) in bytes.iter_mut().zip(parts) {
            *place = byte;
        }
        bytes
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let (from, rest) = bytes.split_first_chunk()?;
        let (per_kwh, rest) = rest.split_first_chunk()?;
        Some(Self {
            from: u32::from_le_bytes(*from),
            per_kwh: i64::from_le_bytes(*per_kwh),
            per_minute: i64::from_le_bytes(rest.try_into().ok()?),
        })
    }
}

impl<'a> PriceSchedule<'a> {
    /// The type number.
    pub const TYPE: u8 = 19;

    /// The most steps of a schedule: it has to fit a value of a board's flash.
    pub const STEPS_MAX: usize = 12;

    /// Which prices hold from when on, by rising time.
    pub fn steps(&self) -> impl Iterator<Item = PriceStep> + use<'a> {
        let steps = self.steps.chunks_exact(STEP_BYTES);
        steps.filter_map(PriceStep::read)
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
            idle_per_minute: from.i64("idle price")?,
            idle_grace: from.u32("idle grace")?,
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
        to.bytes("idle price", &self.idle_per_minute.to_le_bytes())?;
        to.u32("idle grace", self.idle_grace)?;
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
            let right = "at most 12 steps of 20 bytes";
            return Some(("steps", value(length, right)));
        }
        let mut times = self.steps().map(|step| step.from);
        let first = times.next()?;
        let rises = times.try_fold(first, |last, next| (next > last).then_some(next));
        rises
            .is_none()
            .then(|| ("steps", value(0, "their times must rise")))
    }
}
