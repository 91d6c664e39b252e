//! Why a DBC is refused: file, line and what is wrong there.

use std::fmt;

/// A DBC that cannot be used; prints as `file:line: what is wrong`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DbcError {
    /// The name of the file, as it was given.
    pub file: String,
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong there.
    pub fault: DbcFault,
}

impl fmt::Display for DbcError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.fault)
    }
}

impl std::error::Error for DbcError {}

/// What is wrong in a DBC.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DbcFault {
    /// The text is not a DBC.
    #[error("not a DBC: {0}")]
    Syntax(String),
    /// There is more of something than the tables hold.
    #[error("more than {most} {what}")]
    TooMany {
        /// What there is too much of.
        what: &'static str,
        /// The most that is read.
        most: usize,
    },
    /// A message identifier that no CAN frame has.
    #[error(
        "message {message} has the id {seen}; an id is at most 2047, or at most 536870911 plus \
         2147483648 for an extended one"
    )]
    BadId {
        /// The message.
        message: String,
        /// The identifier as it stands in the file.
        seen: String,
    },
    /// Two messages with the same identifier.
    #[error("message {message} has the id 0x{id} of message {other}")]
    DuplicateId {
        /// The later message.
        message: String,
        /// The identifier, in hexadecimal digits.
        id: String,
        /// The earlier message.
        other: String,
    },
    /// Two messages, or two signals of one message, with the same name.
    #[error("the name {0} stands twice")]
    DuplicateName(String),
    /// A message longer than a classic CAN frame.
    #[error("message {message} has {seen} bytes; a classic CAN frame has at most 8")]
    MessageTooLong {
        /// The message.
        message: String,
        /// Its length in bytes.
        seen: u64,
    },
    /// A signal with bits that its message does not have.
    #[error("signal {signal} ({start}|{length}) does not fit into the {dlc} bytes of its message")]
    SignalOutside {
        /// The signal, with its message.
        signal: String,
        /// Its first bit, as the file counts it.
        start: u64,
        /// Its length in bits.
        length: u64,
        /// The length of the message in bytes.
        dlc: u8,
    },
    /// Two signals that share a bit and may be in the same frame.
    #[error("signal {signal} overlaps signal {other}")]
    Overlap {
        /// The later signal, with its message.
        signal: String,
        /// The earlier signal.
        other: String,
    },
    /// A factor that makes every raw number the same value, or none at all.
    #[error(
        "signal {signal} has the factor {factor} and the offset {offset}; \
         both must be finite and the factor not 0"
    )]
    BadScale {
        /// The signal, with its message.
        signal: String,
        /// The factor as it is read.
        factor: String,
        /// The offset as it is read.
        offset: String,
    },
    /// A form of signal that this decoder does not extract.
    #[error("signal {signal}: {form} are not supported")]
    Unsupported {
        /// The signal, with its message.
        signal: String,
        /// The form.
        form: &'static str,
    },
    /// An attribute or a value table of something that the file does not have.
    #[error("{what} is given for {object}, which this file does not have")]
    UnknownObject {
        /// The attribute or the value table.
        what: String,
        /// The message or signal it names.
        object: String,
    },
    /// An attribute whose value means nothing.
    #[error("attribute {attribute} of {object} is {seen:?}; it must be {expected}")]
    BadAttribute {
        /// The attribute.
        attribute: &'static str,
        /// The message or signal.
        object: String,
        /// The value as it stands in the file.
        seen: String,
        /// What would be right.
        expected: String,
    },
}
