//! What energy costs at a slot, by the schedule that the computer has sent, and what the open
//! session costs so far.
//!
//! Not here: the bill, which is the computer's; where tariffs have more to them than energy and a
//! session fee, no cost is known here. Sums are kept in 10^-12 of the currency: exact.

use v2x_charging::{SessionRecord, TransactionId};
use v2x_proto::link::message::PriceSchedule;
use v2x_proto::v2g::message::{ChargeParameterDiscoveryRes, MeterKind, Response};
use v2x_proto::v2g::{CurrencyCode, Money, SeccSettings};
use v2x_units::UtcTime;

use crate::memory::{Memory, MemoryError, PRICES, VALUE_MAX};

/// Decimals of prices as they travel.
const PRICE_DECIMALS: u8 = 6;
/// Milliwatt hours times 10^-6 of the currency per kilowatt hour are this many decimals.
const COST_DECIMALS: u32 = 12;
const SESSION_FEE: i64 = 1_000_000;
/// The bytes of a running cost in flash.
const COST_BYTES: usize = 16 + 8 + 8 + 1;

/// The schedule, as it came.
#[derive(Debug, Clone, Default)]
pub(super) struct Prices(heapless::Vec<u8, VALUE_MAX>);

impl Prices {
    /// The schedule in flash.
    pub(super) fn load(memory: &mut dyn Memory) -> Self {
        let mut room = [0; VALUE_MAX];
        let kept = memory.fetch(PRICES, &mut room).ok().flatten();
        let kept = kept.filter(|body| PriceSchedule::parse(body).is_ok());
        Self(heapless::Vec::from_slice(kept.unwrap_or_default()).unwrap_or_default())
    }

    /// Takes a schedule; the flash is written only when it is another one.
    pub(super) fn take(
        &mut self,
        schedule: &PriceSchedule<'_>,
        memory: &mut dyn Memory,
    ) -> Result<(), MemoryError> {
        let mut body = [0; VALUE_MAX];
        let used = schedule.emit(&mut body).map_err(|_| MemoryError::Full)?;
        let body = body.get(..used).unwrap_or_default();
        if self.0 != body {
            self.0 = heapless::Vec::from_slice(body).unwrap_or_default();
            memory.store(PRICES, body)?;
        }
        Ok(())
    }

    fn schedule(&self) -> Option<PriceSchedule<'_>> {
        PriceSchedule::parse(&self.0).ok()
    }

    /// The price of a kilowatt hour at a moment, in 10^-6; `None` when nobody can say.
    fn at(&self, utc: Option<UtcTime>) -> Option<i64> {
        let schedule = self.schedule()?;
        let (_, first) = schedule.steps().next()?;
        if schedule.steps().count() == 1 {
            return Some(first);
        }
        let second = utc?.as_micros().div_euclid(1_000_000);
        let begun = schedule
            .steps()
            .filter(|(from, _)| i64::from(*from) <= second);
        Some(begun.last().map_or(first, |(_, price)| price))
    }

    /// What the slot offers now.
    pub(super) fn offer(&self, utc: Option<UtcTime>) -> SeccSettings {
        let mut offer = ChargeParameterDiscoveryRes::default();
        if let Some(schedule) = self.schedule() {
            let kind = Response::from(offer.clone()).message_type();
            if let Ok(Some(Response::ChargeParameterDiscovery(said))) =
                Response::parse(kind, schedule.offer)
            {
                offer = said;
            }
            let currency = currency(&schedule);
            let price = self.at(utc).zip(currency);
            offer.price_per_kwh =
                price.and_then(|(price, currency)| Money::new(price, PRICE_DECIMALS, currency));
        }
        SeccSettings {
            offer,
            meter: MeterKind::Uncertified,
        }
    }
}

fn currency(schedule: &PriceSchedule<'_>) -> Option<CurrencyCode> {
    CurrencyCode::new(core::str::from_utf8(&schedule.currency).ok()?)
}

/// What one session costs so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cost {
    transaction: TransactionId,
    /// Up to here energy is priced, in milliwatt hours.
    energy: u64,
    /// The sum, in 10^-12 of the currency.
    sum: i64,
    /// Whether every price was known.
    is_known: bool,
}

impl Cost {
    /// A session that has just begun.
    pub(super) fn begin(transaction: TransactionId, prices: &Prices) -> Self {
        let schedule = prices.schedule();
        let fee = schedule.map_or(0, |schedule| schedule.session_fee);
        Self {
            transaction,
            energy: 0,
            sum: fee.saturating_mul(SESSION_FEE),
            is_known: schedule.is_some_and(|schedule| schedule.complete),
        }
    }

    /// Whose it is.
    pub(super) const fn transaction(&self) -> TransactionId {
        self.transaction
    }

    /// Prices what has flowed since the last call.
    pub(super) fn advance(&mut self, energy: u64, prices: &Prices, utc: Option<UtcTime>) {
        let gained = energy.saturating_sub(self.energy);
        if gained == 0 {
            return;
        }
        self.energy = energy;
        let gained = i64::try_from(gained).unwrap_or(i64::MAX);
        match prices.at(utc).and_then(|price| price.checked_mul(gained)) {
            Some(more) => self.sum = self.sum.saturating_add(more),
            None => self.is_known = false,
        }
    }

    /// The sum as the car is told it; `None` when it is not known.
    pub(super) fn money(&self, prices: &Prices) -> Option<Money> {
        let schedule = prices
            .schedule()
            .filter(|it| it.complete && self.is_known)?;
        let step = 10_i64.pow(COST_DECIMALS - u32::from(schedule.decimals));
        let units = (self.sum.saturating_add(step / 2)).div_euclid(step);
        Money::new(units, schedule.decimals, currency(&schedule)?)
    }

    /// Nothing, in the currency of the schedule.
    pub(super) fn nothing(prices: &Prices) -> Option<Money> {
        let schedule = prices.schedule()?;
        Money::new(0, schedule.decimals, currency(&schedule)?)
    }

    pub(super) fn bytes(&self) -> [u8; COST_BYTES] {
        let mut bytes = [0; COST_BYTES];
        let parts: [&[u8]; 4] = [
            &self.transaction.bytes(),
            &self.energy.to_le_bytes(),
            &self.sum.to_le_bytes(),
            &[u8::from(self.is_known)],
        ];
        for (room, byte) in bytes.iter_mut().zip(parts.into_iter().flatten()) {
            *room = *byte;
        }
        bytes
    }

    /// The cost that was kept with a session's record; one of another session is none.
    pub(super) fn read(bytes: &[u8], record: &SessionRecord) -> Option<Self> {
        let (transaction, rest) = bytes.split_first_chunk()?;
        let (energy, rest) = rest.split_first_chunk()?;
        let (sum, rest) = rest.split_first_chunk()?;
        let cost = Self {
            transaction: TransactionId::from_bytes(*transaction),
            energy: u64::from_le_bytes(*energy),
            sum: i64::from_le_bytes(*sum),
            is_known: rest == [1],
        };
        (cost.transaction == record.transaction).then_some(cost)
    }
}
