//! What a slot offers over the radio, and money between the books and the radio.

use rust_decimal::Decimal;
use v2x_proto::v2g::message::{ChargeParameterDiscoveryRes, MeterKind};
use v2x_proto::v2g::{CurrencyCode, Money, SeccSettings, TariffName};
use v2x_tariff::Tariff;
use v2x_units::WattHours;

use crate::station::{SlotSetup, StationSetup};

/// The offer of a slot under a tariff.
#[must_use]
pub fn settings(
    setup: &StationSetup,
    slot: &SlotSetup,
    tariff: &Tariff,
    energy_limit: Option<WattHours>,
) -> SeccSettings {
    SeccSettings {
        offer: ChargeParameterDiscoveryRes {
            position: setup.position,
            // Nobody has said it, and the meter says what it really is with each status.
            nominal_voltage: None,
            max_current: None,
            max_power: Some(slot.limits.slot_power_max),
            energy_limit,
            price_per_kwh: money(tariff.base.per_kwh, tariff.currency.code()),
            tariff: tariff_name(&tariff.id),
        },
        // No meter that is read here is certified for billing.
        meter: MeterKind::Uncertified,
    }
}

/// The name of a tariff as far as it has room.
fn tariff_name(id: &str) -> TariffName {
    let mut name = TariffName::new();
    for character in id.chars() {
        if name.push(character).is_err() {
            break;
        }
    }
    name
}

/// An amount as the radio carries it; `None` when it has no room there.
#[must_use]
pub fn money(amount: Decimal, currency: &str) -> Option<Money> {
    let amount = amount.round_dp(6);
    let units = i64::try_from(amount.mantissa()).ok()?;
    let decimals = u8::try_from(amount.scale()).ok()?;
    Money::new(units, decimals, CurrencyCode::new(currency)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_keep_their_digits_and_names_their_beginning() {
        let price = money("1.50".parse().unwrap(), "MAD").unwrap();
        assert_eq!(price.to_string(), "1.50 MAD");
        assert_eq!(money("1".parse().unwrap(), "dirham"), None);
        assert_eq!(tariff_name("cost_per_kwh").as_str(), "cost_per_kwh");
        assert_eq!(
            tariff_name("twenty-characters-ab").as_str(),
            "twenty-character"
        );
        assert_eq!(tariff_name("fifteen-bytes--é").as_str(), "fifteen-bytes--");
    }
}
