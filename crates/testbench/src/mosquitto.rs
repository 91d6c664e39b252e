//! The broker of the Debian package `mosquitto`, on a port of its own.

use std::fs;
use std::io::ErrorKind;
use std::net::{Ipv4Addr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use crate::{free_port, parts_are_required, wait_until};

/// Where Debian puts the broker; `/usr/sbin` is not in everybody's path.
const PROGRAM: &str = "/usr/sbin/mosquitto";

/// How long the broker may take to listen on a busy computer.
const START: Duration = Duration::from_secs(20);

/// Who may connect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Access {
    /// Everybody, with any user name.
    Everybody,
    /// Nobody without a password, and there is no password file.
    Nobody,
}

/// A running broker; stopped when dropped.
#[derive(Debug)]
pub struct Mosquitto {
    port: u16,
    folder: TempDir,
    process: Option<Child>,
}

impl Mosquitto {
    /// Starts a broker on a free port of the loopback address. `None`, after saying so, when the
    /// package is not installed.
    ///
    /// # Panics
    /// When the broker does not come up, or is missing where parts are required.
    #[must_use]
    pub fn start(access: &Access) -> Option<Self> {
        let port = free_port();
        let folder = tempfile::tempdir().expect("a temporary folder");
        let everybody = *access == Access::Everybody;
        // Without limits on its queues, the broker drops nothing that a slow subscriber waits for.
        let config = format!(
            "listener {port} 127.0.0.1\nallow_anonymous {everybody}\n\
             max_queued_messages 0\nmax_inflight_messages 0\npersistence false\n"
        );
        fs::write(folder.path().join("mosquitto.conf"), config).expect("a writable folder");
        let mut broker = Self {
            port,
            folder,
            process: None,
        };
        broker.spawn().then_some(broker)
    }

    /// The port it listens on.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Its address as `mqtt://127.0.0.1:port`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("mqtt://127.0.0.1:{}", self.port)
    }

    /// Kills the broker; what it had not delivered is gone.
    ///
    /// # Panics
    /// When the process cannot be ended.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().expect("our own process can be killed");
            process.wait().expect("a killed process ends");
        }
    }

    /// Starts the broker again on the same port.
    ///
    /// # Panics
    /// When it does not come up.
    pub fn restart(&mut self) {
        self.kill();
        assert!(self.spawn(), "mosquitto was there a moment ago");
    }

    fn spawn(&mut self) -> bool {
        let started = Command::new(PROGRAM)
            .arg("-c")
            .arg(self.folder.path().join("mosquitto.conf"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        match started {
            Ok(process) => self.process = Some(process),
            Err(error) if error.kind() == ErrorKind::NotFound && !parts_are_required() => {
                #[expect(clippy::print_stderr, reason = "a skipped test says so")]
                {
                    eprintln!("skipped: no mosquitto");
                }
                return false;
            }
            Err(error) => panic!("{PROGRAM} does not start: {error}; install mosquitto"),
        }
        wait_until(START, "mosquitto listens", || {
            TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_ok()
        });
        true
    }
}

impl Drop for Mosquitto {
    fn drop(&mut self) {
        self.kill();
    }
}
