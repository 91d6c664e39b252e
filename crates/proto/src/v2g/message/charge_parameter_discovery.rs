//! ChargeParameterDiscovery: what the car wants, what the station has, and at which price.
//!
//! | request | bytes | meaning |
//! |---|---|---|
//! | state of charge | 2 | 0.01 %, 0 to 10000 |
//! | capacity | 4 | Wh |
//! | desired state of charge | 2 | 0.01 %, 0 to 10000 |
//! | departure time | 4 | seconds since 1970 |
//! | maximum current | 2 | 0.1 A |
//! | cost limit | 12 | money |
//!
//! | response | bytes | meaning |
//! |---|---|---|
//! | position | 4 + 4 | latitude, longitude, 10^-7 degrees |
//! | nominal voltage | 2 | 0.1 V |
//! | maximum current | 2 | 0.1 A |
//! | maximum power | 4 | W |
//! | energy limit | 4 | Wh, of this session |
//! | price | 12 | money per kWh |
//! | tariff | 1 + n | length and text, at most 16 bytes |
//!
//! ISO 15118-2, ChargeParameterDiscoveryReq and -Res with their AC parameters; position, price
//! and cost limit are ours.

use v2x_units::{Amps, Position, StateOfCharge, Volts, WattHours, Watts};

use crate::link::body::{BodyError, Reader, Writer};
use crate::secure::UtcSecond;
use crate::v2g::battery_report::{state_of_charge, write_state_of_charge};
use crate::v2g::field::{
    TariffName, moment, optional_u16, optional_u32, place, tariff_name, write_moment,
    write_optional_u16, write_optional_u32, write_place,
};
use crate::v2g::money::Money;

/// What the car wants; what it does not know or not limit is `None`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ChargeParameterDiscoveryReq {
    /// The present state of charge (EVRESSSOC).
    pub state_of_charge: Option<StateOfCharge>,
    /// What the battery holds when it is full.
    pub capacity: Option<WattHours>,
    /// The state of charge at which the car will stop.
    pub desired_state_of_charge: Option<StateOfCharge>,
    /// When the driver wants to leave.
    pub departure: Option<UtcSecond>,
    /// The most current that the car takes (EVMaxCurrent).
    pub max_current: Option<Amps>,
    /// The most that the owner pays for the session; the station stops there too.
    pub cost_limit: Option<Money>,
}

impl ChargeParameterDiscoveryReq {
    const NAME: &'static str = "ChargeParameterDiscoveryReq";

    pub(super) fn parse(body: &[u8]) -> Result<Self, BodyError> {
        let mut from = Reader::new(Self::NAME, body);
        let message = Self {
            state_of_charge: state_of_charge(&mut from, "state of charge")?,
            capacity: optional_u32(&mut from, "capacity", 1.0)?.map(WattHours::new),
            desired_state_of_charge: state_of_charge(&mut from, "desired state of charge")?,
            departure: moment(&mut from, "departure time")?,
            max_current: optional_u16(&mut from, "maximum current", 10.0)?.map(Amps::new),
            cost_limit: Money::parse(&mut from, "cost limit")?,
        };
        from.end("cost limit")?;
        Ok(message)
    }

    pub(super) fn emit(&self, out: &mut [u8]) -> Result<usize, BodyError> {
        let mut to = Writer::new(Self::NAME, out);
        write_state_of_charge(&mut to, "state of charge", self.state_of_charge)?;
        write_optional_u32(&mut to, "capacity", self.capacity.map(WattHours::get), 1.0)?;
        let desired = self.desired_state_of_charge;
        write_state_of_charge(&mut to, "desired state of charge", desired)?;
        write_moment(&mut to, "departure time", self.departure)?;
        let max_current = self.max_current.map(Amps::get);
        write_optional_u16(&mut to, "maximum current", max_current, 10.0)?;
        Money::emit(self.cost_limit.as_ref(), &mut to, "cost limit")?;
        Ok(to.used())
    }
}

/// What the station has; what it does not know or not limit is `None`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ChargeParameterDiscoveryRes {
    /// Where it stands.
    pub position: Option<Position>,
    /// The voltage of its mains (EVSENominalVoltage).
    pub nominal_voltage: Option<Volts>,
    /// The most current that the socket gives (EVSEMaxCurrent).
    pub max_current: Option<Amps>,
    /// The most power that the socket gives.
    pub max_power: Option<Watts>,
    /// The station ends the session at this energy.
    pub energy_limit: Option<WattHours>,
    /// The price of a kilowatt hour now; the tariff may have more to it.
    pub price_per_kwh: Option<Money>,
    /// The tariff that the session is billed by.
    pub tariff: TariffName,
}

impl ChargeParameterDiscoveryRes {
    const NAME: &'static str = "ChargeParameterDiscoveryRes";

    pub(super) fn parse(body: &[u8]) -> Result<Self, BodyError> {
        let mut from = Reader::new(Self::NAME, body);
        let message = Self {
            position: place(&mut from, "position")?,
            nominal_voltage: optional_u16(&mut from, "nominal voltage", 10.0)?.map(Volts::new),
            max_current: optional_u16(&mut from, "maximum current", 10.0)?.map(Amps::new),
            max_power: optional_u32(&mut from, "maximum power", 1.0)?.map(Watts::new),
            energy_limit: optional_u32(&mut from, "energy limit", 1.0)?.map(WattHours::new),
            price_per_kwh: Money::parse(&mut from, "price")?,
            tariff: tariff_name(&mut from, "tariff")?,
        };
        from.end("tariff")?;
        Ok(message)
    }

    pub(super) fn emit(&self, out: &mut [u8]) -> Result<usize, BodyError> {
        let mut to = Writer::new(Self::NAME, out);
        write_place(&mut to, "position", self.position)?;
        let voltage = self.nominal_voltage.map(Volts::get);
        write_optional_u16(&mut to, "nominal voltage", voltage, 10.0)?;
        let max_current = self.max_current.map(Amps::get);
        write_optional_u16(&mut to, "maximum current", max_current, 10.0)?;
        write_optional_u32(
            &mut to,
            "maximum power",
            self.max_power.map(Watts::get),
            1.0,
        )?;
        let energy_limit = self.energy_limit.map(WattHours::get);
        write_optional_u32(&mut to, "energy limit", energy_limit, 1.0)?;
        Money::emit(self.price_per_kwh.as_ref(), &mut to, "price")?;
        to.short_text("tariff", &self.tariff)?;
        Ok(to.used())
    }
}
