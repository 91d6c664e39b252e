//! Money for charging sessions: tariffs as data, bills that add up, receipts and accounts.
//!
//! It stands apart from `v2x-charging` because the two live on different computers. Session and
//! meter run on the slot controller as well, which has no heap, no time zones and no price list;
//! the books live with the station computer. What passes between them is energy, time and state.
//!
//! Not here: deciding when a session starts or ends (`v2x-charging`), and keeping bills on disk
//! (the store). A PZEM is no certified meter, and every receipt says so.
//!
//! | module | what it holds |
//! |---|---|
//! | [`money`] | currencies of ISO 4217, amounts, rounding |
//! | [`tariff`] | what a tariff is |
//! | [`tariffs_toml`] | reading tariffs from `tariffs.toml`, with errors that say what is right |
//! | [`week`] | which price holds when: time of use by weekday and hour, in a time zone |
//! | [`pricing`] | intervals of a session in, a bill out |
//! | [`bill`] | lines that add up to the total, to the last minor unit |
//! | [`receipt`] | a bill as text, JSON and printable HTML |
//! | [`accounts`] | the bills of a month as CSV |

#![forbid(unsafe_code)]

pub mod accounts;
pub mod bill;
pub mod money;
pub mod pricing;
pub mod receipt;
pub mod tariff;
pub mod tariffs_toml;
pub mod week;

pub use bill::{Bill, BillLine, LineKind};
pub use money::{Currency, Money, Rounding, RoundingMode};
pub use pricing::{Interval, IntervalError, Pricing, PricingError, Usage, price};
pub use receipt::Receipt;
pub use tariff::{Idle, Period, Prices, Tariff};
pub use tariffs_toml::{TariffsError, parse_tariffs};
pub use week::{Week, WeekError};
