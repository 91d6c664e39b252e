//! A browser without pages: logs in to the hub and asks its API.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use serde_json::Value as Json;

/// Somebody who is logged in.
pub(crate) struct Api {
    port: u16,
    cookie: String,
    csrf: String,
}

/// An answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
    head: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Json {
        let text = String::from_utf8_lossy(&self.body);
        serde_json::from_str(&text).unwrap_or_else(|_| panic!("{} {text}", self.status))
    }
}

impl Api {
    pub(crate) fn log_in(port: u16, user: &str, password: &str) -> Self {
        let nobody = Self::nobody(port);
        let body = serde_json::json!({ "user": user, "password": password });
        let answer = nobody.ask("POST", "/api/v1/login", Some(&body));
        assert_eq!(
            answer.status,
            200,
            "{}",
            String::from_utf8_lossy(&answer.body)
        );
        let cookie = answer.head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("set-cookie")
                .then(|| value.trim())
        });
        let cookie = cookie.unwrap().split(';').next().unwrap();
        Self {
            port,
            cookie: cookie.to_owned(),
            csrf: answer.json()["csrf"].as_str().unwrap().to_owned(),
        }
    }

    /// Somebody who is not.
    pub(crate) fn nobody(port: u16) -> Self {
        Self {
            port,
            cookie: String::new(),
            csrf: String::new(),
        }
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, None)
    }

    pub(crate) fn ask(&self, method: &str, path: &str, body: Option<&Json>) -> Answer {
        let body = body.map(Json::to_string).unwrap_or_default();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\n\
             Cookie: {}\r\nX-CSRF: {}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            self.port,
            self.cookie,
            self.csrf,
            body.len()
        );
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        let end = bytes.windows(4).position(|it| it == b"\r\n\r\n").unwrap();
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let body = bytes.split_off(end + 4);
        let is_chunked = head.to_lowercase().contains("transfer-encoding: chunked");
        Answer {
            status: head.split(' ').nth(1).unwrap().parse().unwrap(),
            body: if is_chunked { joined(&body) } else { body },
            head,
        }
    }
}

/// The chunks of a body together: RFC 9112, 7.1.
fn joined(mut body: &[u8]) -> Vec<u8> {
    let mut whole = Vec::new();
    loop {
        let line = body.windows(2).position(|it| it == b"\r\n").unwrap();
        let length = std::str::from_utf8(&body[..line]).unwrap();
        let length = usize::from_str_radix(length.trim(), 16).unwrap();
        if length == 0 {
            return whole;
        }
        whole.extend(&body[line + 2..line + 2 + length]);
        body = &body[line + 2 + length + 2..];
    }
}
