//! Why there is no connection, in words that say what to do.

use std::fmt;
use std::io;

use rumqttc::{ConnectReturnCode, ConnectionError, StateError, TlsError};

/// What a broker that wants TLS does, and anything that is no broker.
const CLOSED_BEFORE_CONNACK: &str =
    "it closed before it answered; does this port want mqtts://, or is it no MQTT broker?";

/// Why there is no connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Down {
    /// The broker answered and said no.
    Refused {
        /// The return code of MQTT 3.1.1, section 3.2.2.3, or 0 for another answer than CONNACK.
        code: u8,
        /// What it means and what to do.
        reason: &'static str,
    },
    /// The broker was not reached.
    Unreachable(String),
    /// The broker closed a connection that stood.
    Closed,
    /// A connection that stood broke.
    Lost(String),
}

impl Down {
    /// What rumqttc's error means, before or after the broker accepted the login.
    pub(super) fn of(error: &ConnectionError, was_connected: bool) -> Self {
        match error {
            ConnectionError::ConnectionRefused(code) => refusal(*code),
            ConnectionError::NotConnAck(_) => Self::Refused {
                code: 0,
                reason: "it answered something else than MQTT's CONNACK; is this an MQTT broker?",
            },
            _ if was_connected && is_close(error) => Self::Closed,
            _ if was_connected => Self::Lost(words(error)),
            _ if is_close(error) => Self::Unreachable(CLOSED_BEFORE_CONNACK.to_owned()),
            _ => Self::Unreachable(words(error)),
        }
    }
}

impl fmt::Display for Down {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { reason, .. } => write!(f, "the broker refused: {reason}"),
            Self::Unreachable(why) => write!(f, "the broker was not reached: {why}"),
            Self::Closed => f.write_str("the broker closed the connection"),
            Self::Lost(why) => write!(f, "the connection was lost: {why}"),
        }
    }
}

fn refusal(code: ConnectReturnCode) -> Down {
    let (code, reason) = match code {
        ConnectReturnCode::Success => (0, "it accepted and closed"),
        ConnectReturnCode::RefusedProtocolVersion => (1, "it does not speak MQTT 3.1.1"),
        ConnectReturnCode::BadClientId => (2, "it does not take this client id; choose another"),
        ConnectReturnCode::ServiceUnavailable => (
            3,
            "its service is unavailable or asks for fewer connections; wait",
        ),
        ConnectReturnCode::BadUserNamePassword => {
            (4, "the user name or password is malformed; check the login")
        }
        ConnectReturnCode::NotAuthorized => (
            5,
            "the token or password is wrong; copy the access token of the device again",
        ),
    };
    Down::Refused { code, reason }
}

/// Whether the other end closed, rather than the network failed.
fn is_close(error: &ConnectionError) -> bool {
    let closed = |error: &io::Error| {
        matches!(
            error.kind(),
            io::ErrorKind::ConnectionReset
                | io::ErrorKind::ConnectionAborted
                | io::ErrorKind::BrokenPipe
                | io::ErrorKind::UnexpectedEof
        )
    };
    match error {
        ConnectionError::MqttState(StateError::ConnectionAborted) => true,
        ConnectionError::MqttState(StateError::Io(error)) | ConnectionError::Io(error) => {
            closed(error)
        }
        ConnectionError::MqttState(StateError::Deserialization(rumqttc::Error::Io(error))) => {
            closed(error)
        }
        _ => false,
    }
}

fn words(error: &ConnectionError) -> String {
    match error {
        ConnectionError::NetworkTimeout => "it did not answer in time".to_owned(),
        ConnectionError::FlushTimeout => "it did not take what was sent in time".to_owned(),
        ConnectionError::MqttState(StateError::AwaitPingResp) => {
            "it did not answer a ping".to_owned()
        }
        ConnectionError::Tls(TlsError::Io(error)) => encryption(error),
        ConnectionError::Io(error) => error.to_string(),
        other => other.to_string(),
    }
}

/// rustls hands its errors on inside those of the socket.
fn encryption(error: &io::Error) -> String {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref());
    match inner {
        Some(rustls::Error::InvalidCertificate(why)) => {
            format!("its certificate is not accepted ({why}); check the CA file and the host name")
        }
        _ => format!("encryption failed: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_token_is_said_in_plain_words() {
        let error = ConnectionError::ConnectionRefused(ConnectReturnCode::NotAuthorized);
        let down = Down::of(&error, false);
        assert!(matches!(down, Down::Refused { code: 5, .. }));
        assert!(down.to_string().contains("the token or password is wrong"));
    }

    #[test]
    fn close_is_told_from_a_failing_network() {
        let closed = ConnectionError::MqttState(StateError::ConnectionAborted);
        assert_eq!(Down::of(&closed, true), Down::Closed);
        let reset = ConnectionError::Io(io::ErrorKind::ConnectionReset.into());
        assert_eq!(Down::of(&reset, true), Down::Closed);
        let silent = ConnectionError::MqttState(StateError::AwaitPingResp);
        let lost = Down::Lost("it did not answer a ping".to_owned());
        assert_eq!(Down::of(&silent, true), lost);
        let unanswered = Down::Unreachable(CLOSED_BEFORE_CONNACK.to_owned());
        assert_eq!(Down::of(&reset, false), unanswered);
    }

    #[test]
    fn certificate_that_is_not_trusted_is_named_with_what_to_check() {
        let unknown = rustls::Error::InvalidCertificate(rustls::CertificateError::UnknownIssuer);
        let error = ConnectionError::Tls(TlsError::Io(io::Error::other(unknown)));
        let said = Down::of(&error, false).to_string();
        assert!(said.contains("certificate is not accepted"), "{said}");
        assert!(said.contains("check the CA file"), "{said}");
    }
}
