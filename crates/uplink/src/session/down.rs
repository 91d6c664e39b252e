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
            // An alert says more than the close that follows it.
            _ if tls_error(error).is_some() => Self::Unreachable(words(error)),
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
        _ if tls_error(error).is_some() => {
            tls_error(error).map_or_else(String::new, encryption_words)
        }
        ConnectionError::Io(error) => error.to_string(),
        other => other.to_string(),
    }
}

/// The error of the encryption inside an error of the connection; rustls hands its errors on
/// inside those of the socket.
fn tls_error(error: &ConnectionError) -> Option<&rustls::Error> {
    let io = match error {
        ConnectionError::Tls(TlsError::Io(error))
        | ConnectionError::Io(error)
        | ConnectionError::MqttState(StateError::Io(error))
        | ConnectionError::MqttState(StateError::Deserialization(rumqttc::Error::Io(error))) => {
            error
        }
        _ => return None,
    };
    io.get_ref().and_then(|inner| inner.downcast_ref())
}

fn encryption(error: &io::Error) -> String {
    match error.get_ref().and_then(|inner| inner.downcast_ref()) {
        Some(found) => encryption_words(found),
        None => format!("encryption failed: {error}"),
    }
}

fn encryption_words(error: &rustls::Error) -> String {
    use rustls::AlertDescription as Alert;
    match error {
        rustls::Error::InvalidCertificate(why) => {
            format!("its certificate is not accepted ({why}); check the CA file and the host name")
        }
        rustls::Error::AlertReceived(Alert::CertificateRequired) => {
            "it wants a client certificate; name client_cert and client_key".to_owned()
        }
        rustls::Error::AlertReceived(
            alert @ (Alert::BadCertificate
            | Alert::UnsupportedCertificate
            | Alert::CertificateRevoked
            | Alert::CertificateExpired
            | Alert::CertificateUnknown
            | Alert::DecryptError
            | Alert::UnknownCA),
        ) => format!("it does not accept our client certificate ({alert:?}); renew client_cert"),
        // Up to TLS 1.2 a client certificate that is missing is a failed handshake.
        rustls::Error::AlertReceived(Alert::HandshakeFailure) => {
            "it refused the encryption; does it want a client certificate?".to_owned()
        }
        other => format!("encryption failed: {other}"),
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
