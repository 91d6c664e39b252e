//! Why a connection is refused, ended, or a message not kept, in the codes of both versions.

use mqtt5_protocol::types::ReasonCode;

/// Why nobody is let in. MQTT 3.1.1, table 3.1; MQTT 5, 3.2.2.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The token, or user name and password, are nobody's: 5, or 0x86.
    BadLogin,
    /// There is nothing to log in by, or the certificate is nobody's: 5, or 0x87.
    NotAuthorized,
    /// Only a client id, which is nobody's; or none where one is needed: 2, or 0x85.
    BadClientId,
    /// The hub cannot look now, or has no room: 3, or 0x88.
    Unavailable,
    /// Too many attempts from this address: 3, or 0x9F.
    TooOften,
}

impl Refusal {
    /// The library turns `NotAuthorized` into 5, and `BadUsernameOrPassword` into 4, which
    /// ThingsBoard never sends.
    pub(super) const fn code(self, version: u8) -> ReasonCode {
        match self {
            Self::BadLogin if version == 5 => ReasonCode::BadUsernameOrPassword,
            Self::BadLogin | Self::NotAuthorized => ReasonCode::NotAuthorized,
            Self::BadClientId => ReasonCode::ClientIdentifierNotValid,
            Self::Unavailable => ReasonCode::ServerUnavailable,
            Self::TooOften => ReasonCode::ConnectionRateExceeded,
        }
    }
}

/// Why the hub ends a connection. In MQTT 3.1.1 it just closes; MQTT 5 has a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Farewell {
    /// The packet is none, or too large.
    #[error("a packet that is none, or larger than allowed")]
    Malformed,
    /// A packet at the wrong time, or one that a server never gets.
    #[error("a packet that breaks the protocol")]
    Protocol,
    /// QoS 2 is not spoken.
    #[error("QoS 2, which is not spoken here")]
    Qos,
    /// The payload says nothing.
    #[error("a payload that says nothing")]
    Payload,
    /// More than the device may send.
    #[error("more messages or data points than allowed")]
    Rate,
    /// The hub could not keep the message.
    #[error("the hub could not keep a message")]
    NotKept,
    /// It speaks for a device that is not its own.
    #[error("a device that is not its own")]
    NotAuthorized,
    /// Too much waits for a device that does not read.
    #[error("too much waits for a reader that is too slow")]
    Slow,
    /// The same client has connected again.
    #[error("the same client connected again")]
    TakenOver,
    /// Its login was taken back.
    #[error("its login was taken back")]
    Administrative,
    /// Nothing was heard for one and a half times what was promised.
    #[error("nothing was heard for too long")]
    Silent,
    /// The hub ends.
    #[error("the hub ends")]
    ShuttingDown,
}

impl Farewell {
    pub(super) const fn code(self) -> ReasonCode {
        match self {
            Self::Malformed => ReasonCode::MalformedPacket,
            Self::Protocol => ReasonCode::ProtocolError,
            Self::Qos => ReasonCode::QoSNotSupported,
            Self::Payload => ReasonCode::PayloadFormatInvalid,
            Self::Rate => ReasonCode::MessageRateTooHigh,
            Self::NotKept => ReasonCode::ImplementationSpecificError,
            Self::NotAuthorized => ReasonCode::NotAuthorized,
            Self::Slow => ReasonCode::QuotaExceeded,
            Self::TakenOver => ReasonCode::SessionTakenOver,
            Self::Administrative => ReasonCode::AdministrativeAction,
            Self::Silent => ReasonCode::KeepAliveTimeout,
            Self::ShuttingDown => ReasonCode::ServerShuttingDown,
        }
    }
}

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is on disk, or was dealt with.
    Kept,
    /// Nobody knows its topic: it is dropped, and MQTT 5 is told so.
    UnknownTopic,
    /// Its payload says nothing. MQTT 5 is told; in 3.1.1 the connection ends without a PUBACK.
    BadPayload,
}

impl Verdict {
    pub(super) const fn code(self, version: u8) -> Option<ReasonCode> {
        match self {
            Self::Kept => Some(ReasonCode::Success),
            Self::UnknownTopic if version == 5 => Some(ReasonCode::TopicNameInvalid),
            Self::UnknownTopic => Some(ReasonCode::Success),
            Self::BadPayload if version == 5 => Some(ReasonCode::PayloadFormatInvalid),
            Self::BadPayload => None,
        }
    }
}
