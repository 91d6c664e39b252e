//! Meter plausibility, the charging session and the energy ledger of a station's slot.
