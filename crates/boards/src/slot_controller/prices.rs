//! What energy and time cost at a slot, by the schedule that the computer has sent, and what the
//! open session costs so far.
//!
//! Not here: the bill, which is the computer's, made from the steps of the same session. The two
//! agree to one unit of the last decimal; where a price changes in the middle, to one second's cost
//! more (a test in `apps/v2x/src/station/prices.rs` holds them together). Sums are kept in a
//! sixtieth of 10^-12 of the currency: exact.

use v2x_charging::{SessionRecord, SlotState, TransactionId};
use v2x_proto::link::message::{PriceSchedule, PriceStep};
use v2x_proto::v2g::message::{ChargeParameterDiscoveryRes, MeterKind, Response};
use v2x_proto::v2g::{CurrencyCode, Money, SeccSettings};
use v2x_units::{Instant, UtcTime};

use crate::memory::{Memory, MemoryError, PRICES, VALUE_MAX};

/// Decimals of prices as they travel.
const PRICE_DECIMALS: u8 = 6;
/// Milliwatt hours times 10^-6 of the currency per kilowatt hour are this many decimals.
const COST_DECIMALS: u32 = 12;
/// Microseconds times 10^-6 of the currency per minute are a sixtieth of that.
const SIXTY: i128 = 60;
/// 10^-6 of the currency in the unit of the sum.
const OF_FEE: i128 = 1_000_000 * SIXTY;
/// The bytes of a running cost in flash: transaction, energy, time, idle time, sum, whether it is
/// known.
const COST_BYTES: usize = 16 + 8 + 8 + 8 + 16 + 1;

/// The schedule, as it came.
#[derive(Debug, Clone, Default)]
pub struct Prices(heapless::Vec<u8, VALUE_MAX>);

impl Prices {
    /// The schedule in flash.
    pub(super) fn load(memory: &mut dyn Memory) -> Self {
        let mut room = [0; VALUE_MAX];
        let kept = memory.fetch(PRICES, &mut room).ok().flatten();
        let kept = kept.filter(|body| PriceSchedule::parse(body).is_ok());
        Self(heapless::Vec::from_slice(kept.unwrap_or_default()).unwrap_or_default())
    }

    /// Takes a schedule; the flash is written only when it is another one.
    ///
    /// # Errors
    /// The flash's; the schedule holds until the next start.
    pub fn take(
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

    /// The prices that hold at a moment; `None` when nobody can say.
    fn at(&self, utc: Option<UtcTime>) -> Option<PriceStep> {
        let schedule = self.schedule()?;
        let first = schedule.steps().next()?;
        if schedule.steps().count() == 1 {
            return Some(first);
        }
        let second = utc?.as_micros().div_euclid(1_000_000);
        let begun = schedule
            .steps()
            .filter(|step| i64::from(step.from) <= second);
        Some(begun.last().unwrap_or(first))
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
            offer.price_per_kwh = price
                .and_then(|(step, currency)| Money::new(step.per_kwh, PRICE_DECIMALS, currency));
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

/// What time costs in a state of the slot: the same that a bill makes of the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Usage {
    /// The time of charging.
    Charging,
    /// Plugged in without charging.
    Idle,
    /// Interrupted, or nobody knows whether somebody is there: nothing.
    Free,
}

impl Usage {
    fn after(record: &SessionRecord) -> Self {
        match (record.state, record.plugged) {
            (SlotState::Charging, _) => Self::Charging,
            (SlotState::SuspendedEv, Some(true)) => Self::Idle,
            _ => Self::Free,
        }
    }
}

/// How far a session has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Milliwatt hours.
    pub energy: u64,
    /// Microseconds since its start.
    pub elapsed: u64,
}

impl Progress {
    /// At a record.
    #[must_use]
    pub fn at(record: &SessionRecord) -> Self {
        Self {
            energy: record.energy.plausible.milliwatt_hours(),
            elapsed: u64::try_from(record.elapsed.as_micros()).unwrap_or(u64::MAX),
        }
    }

    /// Since the session's newest record, which this boot has made, with the energy until now.
    #[must_use]
    pub fn since(record: &SessionRecord, now: Instant, energy: u64) -> Self {
        let since = now.since(record.at).as_micros();
        let elapsed = record.elapsed.as_micros().saturating_add(since);
        Self {
            energy,
            elapsed: u64::try_from(elapsed).unwrap_or(u64::MAX),
        }
    }
}

/// What one session costs so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    transaction: TransactionId,
    /// Up to here energy and time are priced.
    until: Progress,
    /// How long nothing has flowed, in this stretch, in microseconds.
    idle: u64,
    /// The sum, in a sixtieth of 10^-12 of the currency.
    sum: i128,
    /// Whether every price was known.
    is_known: bool,
}

impl Cost {
    /// A session whose first record this is. Of a later one it is not known what went before,
    /// unless energy alone is paid for, at one price.
    #[must_use]
    pub fn begin(record: &SessionRecord, prices: &Prices) -> Self {
        let schedule = prices.schedule();
        let fee = schedule.map_or(0, |schedule| schedule.session_fee);
        let is_flat = schedule.is_some_and(|schedule| {
            let mut steps = schedule.steps();
            let by_time = steps.next().is_none_or(|step| step.per_minute != 0);
            !by_time && steps.next().is_none() && schedule.idle_per_minute == 0
        });
        let is_whole = record.seq == 0 || is_flat;
        Self {
            transaction: record.transaction,
            until: Progress {
                energy: 0,
                elapsed: Progress::at(record).elapsed,
            },
            idle: 0,
            sum: i128::from(fee) * OF_FEE,
            is_known: is_whole && schedule.is_some_and(|schedule| schedule.complete),
        }
    }

    /// Whose it is.
    #[must_use]
    pub const fn transaction(&self) -> TransactionId {
        self.transaction
    }

    /// Prices what has come since the last call, by the state that `record` began; `None` before
    /// the session's first record.
    pub fn advance(
        &mut self,
        until: Progress,
        record: Option<&SessionRecord>,
        prices: &Prices,
        utc: Option<UtcTime>,
    ) {
        let gained = until.energy.saturating_sub(self.until.energy);
        let passed = until.elapsed.saturating_sub(self.until.elapsed);
        if gained == 0 && passed == 0 {
            return;
        }
        self.until = Progress {
            energy: self.until.energy.max(until.energy),
            elapsed: self.until.elapsed.max(until.elapsed),
        };
        let record = record.filter(|record| record.transaction == self.transaction);
        let usage = record.map_or(Usage::Free, Usage::after);
        let charged = if usage == Usage::Charging { passed } else { 0 };
        if gained > 0 || charged > 0 {
            match prices.at(utc) {
                Some(step) => {
                    self.add(gained, i128::from(step.per_kwh) * SIXTY);
                    self.add(charged, i128::from(step.per_minute));
                }
                None => self.is_known = false,
            }
        }
        match (usage, prices.schedule()) {
            (Usage::Charging, _) => self.idle = 0,
            (Usage::Idle, Some(schedule)) => {
                let grace = u64::from(schedule.idle_grace) * 1_000_000;
                let before = self.idle.saturating_sub(grace);
                self.idle = self.idle.saturating_add(passed);
                let beyond = self.idle.saturating_sub(grace) - before;
                self.add(beyond, i128::from(schedule.idle_per_minute));
            }
            (Usage::Idle | Usage::Free, _) => {}
        }
    }

    /// Adds a quantity at a price: 64 bits times 70 have room.
    fn add(&mut self, quantity: u64, price: i128) {
        let more = i128::from(quantity).saturating_mul(price);
        self.sum = self.sum.saturating_add(more);
    }

    /// The sum as the car is told it; `None` when it is not known.
    #[must_use]
    pub fn money(&self, prices: &Prices) -> Option<Money> {
        let schedule = prices
            .schedule()
            .filter(|it| it.complete && self.is_known)?;
        let unit = 10_i128.pow(COST_DECIMALS - u32::from(schedule.decimals)) * SIXTY;
        let units = (self.sum.saturating_add(unit / 2)).div_euclid(unit);
        let units = i64::try_from(units).ok()?;
        Money::new(units, schedule.decimals, currency(&schedule)?)
    }

    /// Nothing, in the currency of the schedule.
    pub(super) fn nothing(prices: &Prices) -> Option<Money> {
        let schedule = prices.schedule()?;
        Money::new(0, schedule.decimals, currency(&schedule)?)
    }

    pub(super) fn bytes(&self) -> [u8; COST_BYTES] {
        let mut bytes = [0; COST_BYTES];
        let parts: [&[u8]; 6] = [
            &self.transaction.bytes(),
            &self.until.energy.to_le_bytes(),
            &self.until.elapsed.to_le_bytes(),
            &self.idle.to_le_bytes(),
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
        let (elapsed, rest) = rest.split_first_chunk()?;
        let (idle, rest) = rest.split_first_chunk()?;
        let (sum, rest) = rest.split_first_chunk()?;
        let [is_known] = rest else { return None };
        let cost = Self {
            transaction: TransactionId::from_bytes(*transaction),
            until: Progress {
                energy: u64::from_le_bytes(*energy),
                elapsed: u64::from_le_bytes(*elapsed),
            },
            idle: u64::from_le_bytes(*idle),
            sum: i128::from_le_bytes(*sum),
            is_known: *is_known == 1,
        };
        (cost.transaction == record.transaction).then_some(cost)
    }
}
