//! Numbers as fields carry them: whole steps of a unit, codes and flags, each within its range.
//!
//! Not the fields themselves: each stands in the file of its message, made by the macros here.
//! A code that the standard calls *unavailable* never becomes such a number: it is `None`. A code
//! that says *out of range* is [`Ranged::OutOfRange`].

use super::error::WireError;

/// A value that a field can say, or the field's word that the value is beyond its range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ranged<T> {
    /// The value.
    Within(T),
    /// Larger than the field can say. In a confidence: do not use the value it belongs to.
    OutOfRange,
}

/// What every number in a field has: its range and its special codes.
pub(crate) trait Number: Sized + Copy {
    /// The code for "unavailable"; `i64::MIN` where the field has none.
    const UNAVAILABLE: i64 = i64::MIN;
    /// The code for "out of range"; `i64::MIN` where the field has none.
    const OUT_OF_RANGE: i64 = i64::MIN;

    fn from_number(number: i64) -> Result<Self, WireError>;
    fn number(self) -> i64;

    /// Reads a field that has a code for "unavailable".
    fn known(number: i64) -> Result<Option<Self>, WireError> {
        if number == Self::UNAVAILABLE {
            Ok(None)
        } else {
            Self::from_number(number).map(Some)
        }
    }

    /// Reads a field that has codes for "unavailable" and "out of range".
    fn ranged(number: i64) -> Result<Option<Ranged<Self>>, WireError> {
        if number == Self::OUT_OF_RANGE {
            Ok(Some(Ranged::OutOfRange))
        } else {
            Ok(Self::known(number)?.map(Ranged::Within))
        }
    }
}

/// A field's value as a number of the field, with its special codes.
pub(crate) trait Coded {
    fn coded(self) -> i64;
}

impl<T: Number> Coded for Option<T> {
    fn coded(self) -> i64 {
        self.map_or(T::UNAVAILABLE, Number::number)
    }
}

impl<T: Number> Coded for Option<Ranged<T>> {
    fn coded(self) -> i64 {
        match self {
            Some(Ranged::Within(value)) => value.number(),
            Some(Ranged::OutOfRange) => T::OUT_OF_RANGE,
            None => T::UNAVAILABLE,
        }
    }
}

/// Reads a field that may be left out.
pub(crate) fn optional<T: Number>(number: Option<i64>) -> Result<Option<T>, WireError> {
    number.map(T::from_number).transpose()
}

/// A number when it lies in its range.
pub(crate) fn within(
    field: &'static str,
    seen: i64,
    lowest: i64,
    highest: i64,
) -> Result<i64, WireError> {
    if (lowest..=highest).contains(&seen) {
        Ok(seen)
    } else {
        Err(WireError::OutOfRange {
            field,
            seen,
            lowest,
            highest,
        })
    }
}

/// A rounded count of steps as a whole number.
pub(crate) fn whole(field: &'static str, steps: f64) -> Result<i64, WireError> {
    // Every field is far narrower than 2^53, up to which f64 holds whole numbers exactly.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if steps.abs() < EXACT {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the range was checked, and a NaN does not pass it"
        )]
        let steps = steps as i64;
        Ok(steps)
    } else {
        Err(WireError::NotANumber { field })
    }
}

/// Makes a field that counts: `Name: storage = "field", lowest..=highest`, then optionally its
/// codes (`unavailable 3601`, `out_of_range 126`), then optionally `10.0 per Degrees`.
macro_rules! number {
    ($(#[$doc:meta])* $name:ident: $storage:ident = $field:literal, $low:literal..=$high:literal
        $(, out_of_range $out_of_range:literal)? $(, unavailable $unavailable:literal)?
        $(, $per_unit:literal per $unit:ident)?) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name($storage);

        impl $name {
            /// The smallest value.
            pub const MIN: Self = Self($low);
            /// The largest value.
            pub const MAX: Self = Self($high);

            /// Takes the number as the field carries it.
            ///
            /// # Errors
            /// The number is outside the field's range.
            pub fn new(number: i64) -> Result<Self, $crate::wire::WireError> {
                <Self as $crate::wire::number::Number>::from_number(number)
            }

            /// The number as the field carries it.
            #[must_use]
            pub const fn raw(self) -> $storage {
                self.0
            }
        }

        impl $crate::wire::number::Number for $name {
            $(const OUT_OF_RANGE: i64 = $out_of_range;)?
            $(const UNAVAILABLE: i64 = $unavailable;)?

            fn from_number(number: i64) -> Result<Self, $crate::wire::WireError> {
                $crate::wire::number::within($field, number, $low, $high)?;
                let out_of_storage = |_| $crate::wire::WireError::NotANumber { field: $field };
                $storage::try_from(number).map(Self).map_err(out_of_storage)
            }

            fn number(self) -> i64 {
                i64::from(self.0)
            }
        }

        $(impl $name {
            /// The value nearest to a quantity.
            ///
            /// # Errors
            /// The quantity is outside the field's range or not a number.
            pub fn nearest(quantity: v2x_units::$unit) -> Result<Self, $crate::wire::WireError> {
                let steps = libm::round(quantity.get() * $per_unit);
                Self::new($crate::wire::number::whole($field, steps)?)
            }

            /// The smallest value that is not below a quantity.
            ///
            /// # Errors
            /// The quantity is outside the field's range or not a number.
            pub fn rounded_up(quantity: v2x_units::$unit) -> Result<Self, $crate::wire::WireError> {
                // A quantity that is a whole number of steps may lie a hair above it in binary.
                const HAIR: f64 = 1e-6;
                let steps = libm::ceil(quantity.get() * $per_unit - HAIR);
                Self::new($crate::wire::number::whole($field, steps)?)
            }

            /// The value in its unit.
            #[must_use]
            pub fn get(self) -> v2x_units::$unit {
                v2x_units::$unit::new(f64::from(self.0) / $per_unit)
            }
        })?
    };
}

/// Makes a field that names one of a few things: `Name = "field" { Variant = 0, … }`, then
/// optionally `, unavailable 2`.
macro_rules! codes {
    ($(#[$doc:meta])* $name:ident = $field:literal {
        $($(#[$variant_doc:meta])* $variant:ident = $code:literal,)+
    } $(, unavailable $unavailable:literal)?) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)+
        }

        impl $name {
            /// Every value, in the order of the codes.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The code on the wire.
            #[must_use]
            pub const fn code(self) -> u8 {
                match self {
                    $(Self::$variant => $code,)+
                }
            }
        }

        impl $crate::wire::number::Number for $name {
            $(const UNAVAILABLE: i64 = $unavailable;)?

            fn from_number(number: i64) -> Result<Self, $crate::wire::WireError> {
                match number {
                    $($code => Ok(Self::$variant),)+
                    seen => Err($crate::wire::WireError::OutOfRange {
                        field: $field,
                        seen,
                        lowest: 0,
                        highest: Self::ALL.last().map_or(0, |last| i64::from(last.code())),
                    }),
                }
            }

            fn number(self) -> i64 {
                i64::from(self.code())
            }
        }
    };
}

/// Makes a field of named bits from a fixed number of bits, bit 0 being the most significant.
macro_rules! flags {
    ($(#[$doc:meta])* $name:ident: $storage:ident = $field:literal {
        $($(#[doc = $flag_doc:literal])* $flag:ident = $bits:literal,)+
    }) => {
        bitflags::bitflags! {
            $(#[$doc])*
            #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
            pub struct $name: $storage {
                $($(#[doc = $flag_doc])* const $flag = $bits;)+
            }
        }

        impl $crate::wire::number::Number for $name {
            fn from_number(number: i64) -> Result<Self, $crate::wire::WireError> {
                $storage::try_from(number)
                    .ok()
                    .and_then(Self::from_bits)
                    .ok_or($crate::wire::WireError::OutOfRange {
                        field: $field,
                        seen: number,
                        lowest: 0,
                        highest: i64::from(Self::all().bits()),
                    })
            }

            fn number(self) -> i64 {
                i64::from(self.bits())
            }
        }
    };
}

/// Makes a confidence that names an upper bound from a table: `Name = "field", unit Meters,
/// [0.01, 0.02, …]`; after the bounds come the codes for "out of range" and "unavailable".
macro_rules! bounds {
    ($(#[$doc:meta])* $name:ident = $field:literal, $unit:ident, $count:literal,
        [$($bound:literal),+],
        out_of_range $out_of_range:literal, unavailable $unavailable:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u8);

        impl $name {
            /// The bounds that the field can name, in the order of its codes.
            pub const BOUNDS: [f64; $count] = [$($bound),+];

            /// The tightest bound that is not below a quantity; out of range beyond the last.
            #[must_use]
            pub fn covering(quantity: v2x_units::$unit) -> $crate::wire::Ranged<Self> {
                (0u8..)
                    .zip(Self::BOUNDS)
                    .find(|(_, bound)| quantity.get() <= *bound)
                    .map_or($crate::wire::Ranged::OutOfRange, |(index, _)| {
                        $crate::wire::Ranged::Within(Self(index))
                    })
            }

            /// The bound that it names.
            #[must_use]
            pub fn bound(self) -> v2x_units::$unit {
                v2x_units::$unit::new(Self::BOUNDS[usize::from(self.0)])
            }
        }

        impl $crate::wire::number::Number for $name {
            const OUT_OF_RANGE: i64 = $out_of_range;
            const UNAVAILABLE: i64 = $unavailable;

            fn from_number(number: i64) -> Result<Self, $crate::wire::WireError> {
                let out_of_range = $crate::wire::WireError::OutOfRange {
                    field: $field,
                    seen: number,
                    lowest: 0,
                    highest: $unavailable,
                };
                u8::try_from(number)
                    .ok()
                    .filter(|index| usize::from(*index) < Self::BOUNDS.len())
                    .map(Self)
                    .ok_or(out_of_range)
            }

            fn number(self) -> i64 {
                i64::from(self.0)
            }
        }
    };
}

pub(crate) use {bounds, codes, flags, number};
