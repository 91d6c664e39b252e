//! The address of a broker: `mqtt://host[:port]` or, encrypted, `mqtts://host[:port]`.
//!
//! Ports are those registered with IANA: 1883 and 8883. Who logs in is not part of the address.

use std::fmt;
use std::net::Ipv6Addr;
use std::str::FromStr;

/// Where the broker listens and whether the connection is encrypted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokerUrl {
    encrypted: bool,
    /// A name or an address; an IPv6 address without its brackets.
    host: String,
    port: u16,
}

/// Why a text is no address of a broker.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BrokerUrlError {
    /// It does not begin with a scheme that we speak.
    #[error("the broker must begin with mqtt:// or, encrypted, mqtts://, as mqtt://host:1883")]
    Scheme,
    /// A login stands in the address, where logs and process lists show it.
    #[error("the broker must not hold a login; leave out what is before @ and use a token file")]
    Login,
    /// Something follows the port.
    #[error("the broker ends with its port; leave out `{0}`")]
    Tail(String),
    /// There is no host, or it has characters that no host name has.
    #[error("`{0}` is no host; give a name, an IPv4 address or an IPv6 address in brackets")]
    Host(String),
    /// The port is no number from 1 to 65535.
    #[error("`{0}` is no port; give a number from 1 to 65535")]
    Port(String),
}

impl BrokerUrl {
    /// Whether the connection is encrypted (TLS).
    #[must_use]
    pub const fn is_encrypted(&self) -> bool {
        self.encrypted
    }

    /// The host; an IPv6 address stands without brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The TCP port, 1 to 65535.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }
}

impl FromStr for BrokerUrl {
    type Err = BrokerUrlError;

    fn from_str(text: &str) -> Result<Self, BrokerUrlError> {
        let (encrypted, rest) = match text.split_once("://") {
            Some(("mqtt", rest)) => (false, rest),
            Some(("mqtts", rest)) => (true, rest),
            _ => return Err(BrokerUrlError::Scheme),
        };
        if rest.contains('@') {
            return Err(BrokerUrlError::Login);
        }
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        if let Some(tail) = rest.find(['/', '?', '#']) {
            return Err(BrokerUrlError::Tail(rest[tail..].to_owned()));
        }
        let (host, port) = split_port(rest)?;
        let port = match port {
            Some(digits) => port_number(digits)?,
            None if encrypted => 8883,
            None => 1883,
        };
        Ok(Self {
            encrypted,
            host,
            port,
        })
    }
}

fn split_port(rest: &str) -> Result<(String, Option<&str>), BrokerUrlError> {
    let no_host = |seen: &str| BrokerUrlError::Host(seen.to_owned());
    if let Some(bracketed) = rest.strip_prefix('[') {
        let (address, after) = bracketed.split_once(']').ok_or_else(|| no_host(rest))?;
        let address: Ipv6Addr = address.parse().map_err(|_| no_host(address))?;
        let port = match after.strip_prefix(':') {
            Some(digits) => Some(digits),
            None if after.is_empty() => None,
            None => return Err(no_host(rest)),
        };
        return Ok((address.to_string(), port));
    }
    let (host, port) = match rest.split_once(':') {
        Some((host, digits)) => (host, Some(digits)),
        None => (rest, None),
    };
    let belongs = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    if host.is_empty() || !host.chars().all(belongs) {
        return Err(no_host(host));
    }
    if port.is_some_and(|digits| digits.contains(':')) {
        // More than one colon is an IPv6 address that misses its brackets.
        return Err(no_host(rest));
    }
    Ok((host.to_owned(), port))
}

fn port_number(digits: &str) -> Result<u16, BrokerUrlError> {
    let number = digits.bytes().all(|b| b.is_ascii_digit());
    match digits.parse() {
        Ok(port) if port > 0 && number => Ok(port),
        _ => Err(BrokerUrlError::Port(digits.to_owned())),
    }
}

impl fmt::Display for BrokerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.encrypted { "mqtts" } else { "mqtt" };
        let (host, port) = (&self.host, self.port);
        if host.contains(':') {
            write!(f, "{scheme}://[{host}]:{port}")
        } else {
            write!(f, "{scheme}://{host}:{port}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_fill_in_the_registered_port() {
        let full = |text: &str| text.parse::<BrokerUrl>().unwrap().to_string();
        assert_eq!(full("mqtt://broker.example"), "mqtt://broker.example:1883");
        assert_eq!(full("mqtts://10.0.0.7/"), "mqtts://10.0.0.7:8883");
        assert_eq!(full("mqtt://localhost:18831"), "mqtt://localhost:18831");
        assert_eq!(full("mqtt://[::1]"), "mqtt://[::1]:1883");
        assert_eq!(full("mqtts://[fe80::1]:99"), "mqtts://[fe80::1]:99");
    }

    #[test]
    fn bad_addresses_are_refused_with_what_would_be_right() {
        let refusal = |text: &str| text.parse::<BrokerUrl>().unwrap_err().to_string();
        for (text, reason) in [
            ("broker.example:1883", "must begin with mqtt://"),
            ("http://broker.example", "must begin with mqtt://"),
            ("mqtt://", "`` is no host"),
            ("mqtt://:1883", "`` is no host"),
            ("mqtt://bro ker", "`bro ker` is no host"),
            ("mqtt://::1", "IPv6 address in brackets"),
            ("mqtt://fe80::1", "IPv6 address in brackets"),
            ("mqtt://[::1", "IPv6 address in brackets"),
            ("mqtt://[::1]1883", "IPv6 address in brackets"),
            ("mqtt://host:0", "`0` is no port"),
            ("mqtt://host:65536", "`65536` is no port"),
            ("mqtt://host:+80", "`+80` is no port"),
            ("mqtt://host:", "`` is no port"),
            ("mqtt://host/topic", "leave out `/topic`"),
        ] {
            let said = refusal(text);
            assert!(said.contains(reason), "{text}: {said}");
        }
    }

    #[test]
    fn login_in_the_address_is_refused_without_repeating_it() {
        for text in ["mqtt://user:s3cret@host", "mqtt://s3cret@host:1883"] {
            let said = text.parse::<BrokerUrl>().unwrap_err().to_string();
            assert!(said.contains("use a token file"), "{said}");
            assert!(!said.contains("s3cret"), "{said}");
        }
    }
}
