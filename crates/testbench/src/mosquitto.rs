//! The broker of the Debian package `mosquitto`, on a port of its own.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use crate::authority::Authority;
use crate::{free_port, listens, parts_are_required, wait_until};

/// Where Debian puts the broker; `/usr/sbin` is not in everybody's path.
const PROGRAM: &str = "/usr/sbin/mosquitto";

/// How long the broker may take to listen on a busy computer.
const START: Duration = Duration::from_secs(20);

/// The program that writes the broker's password file, of the same package.
const PASSWORD_PROGRAM: &str = "mosquitto_passwd";

/// Who may connect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Access {
    /// Everybody, with any user name.
    Everybody,
    /// Nobody without a password, and there is no password file.
    Nobody,
    /// Everybody who accepts the encryption, with a certificate for `localhost` and `127.0.0.1`.
    Encrypted(Authority),
    /// Who shows a certificate of this authority.
    Certified(Authority),
    /// This user with this password.
    User(String, String),
}

impl Access {
    /// The lines of the broker's configuration, beside files in this folder.
    fn lines(&self, folder: &Path) -> String {
        match self {
            Self::Everybody => "allow_anonymous true\n".to_owned(),
            Self::Nobody => "allow_anonymous false\n".to_owned(),
            Self::Encrypted(authority) => encrypted(authority, folder),
            Self::Certified(authority) => {
                encrypted(authority, folder) + "require_certificate true\n"
            }
            Self::User(user, password) => {
                let file = folder.join("passwords");
                fs::write(&file, "").expect("a writable folder");
                let mut written = Command::new(PASSWORD_PROGRAM);
                written.arg("-b").arg(&file).args([user, password]);
                let written = written.stderr(Stdio::null()).status();
                assert!(
                    written.is_ok_and(|status| status.success()),
                    "{PASSWORD_PROGRAM}"
                );
                format!("allow_anonymous false\npassword_file {}\n", file.display())
            }
        }
    }
}

fn encrypted(authority: &Authority, folder: &Path) -> String {
    let (certificate, key) = authority.issue(&["localhost", "127.0.0.1"]);
    let put = |name: &str, text: &str| {
        let path = folder.join(name);
        fs::write(&path, text).expect("a writable folder");
        path.display().to_string()
    };
    format!(
        "allow_anonymous true\ncafile {}\ncertfile {}\nkeyfile {}\n",
        put("ca.pem", authority.certificate()),
        put("broker.pem", &certificate),
        put("broker.key", &key)
    )
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
        let lines = access.lines(folder.path());
        // Without limits on its queues, the broker drops nothing that a slow subscriber waits for.
        let config = format!(
            "listener {port} 127.0.0.1\n{lines}\
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

    /// Its address as `mqtts://localhost:port`, for a broker that encrypts.
    #[must_use]
    pub fn encrypted_url(&self) -> String {
        format!("mqtts://localhost:{}", self.port)
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
            let process = self.process.as_mut().expect("it was started above");
            let ended = process.try_wait().expect("our own process can be asked");
            assert!(ended.is_none(), "mosquitto ended at its start: {ended:?}");
            listens(self.port)
        });
        true
    }
}

impl Drop for Mosquitto {
    fn drop(&mut self) {
        self.kill();
    }
}
