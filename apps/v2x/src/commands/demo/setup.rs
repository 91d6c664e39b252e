//! What a person would set up for the demo: ports, keys, logins, a file of settings for each part.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::family::Family;
use crate::cli;
use crate::clock::Clock;
use crate::failure::{Blame, Context as _, Failure};
use crate::keys::hex;

/// Who may log in.
pub(super) const USER: &str = "demo";
/// The simulator among the parts.
pub(super) const TOWN: &str = "town";

/// The scenario that the town plays.
const SCENARIO: &str = "demo";
/// Its cars, as it calls them.
const CARS: [&str; 3] = ["alpha", "beta", "gamma"];
/// Where the station's data and settings are.
const STATION_FOLDER: &str = "station";
/// The name of the station and of its slots' devices, and the slots' EVSEIDs.
const STATION: &str = "Yard";
const SLOTS: [&str; 2] = ["HW*HEL*E0001*1", "HW*HEL*E0001*2"];
/// The group that nobody else on this computer speaks in: its port is a free one.
const GROUP: &str = "239.255.71.71";
/// Bytes of a token and of a password, before they are written in digits.
const TOKEN_BYTES: usize = 20;
const PASSWORD_BYTES: usize = 6;
/// Nobody but the owner.
const SECRET_MODE: u32 = 0o600;
/// How long the hub may take to accept a connection of ours.
const KNOCK: Duration = Duration::from_millis(500);

/// Where everything is.
#[derive(Debug)]
pub(super) struct Site {
    folder: PathBuf,
    pages: SocketAddr,
    /// Those of station and cars themselves, each with its folder.
    own_pages: Vec<(&'static str, SocketAddr)>,
    broker: SocketAddr,
    group: String,
    password: String,
    seed: String,
}

impl Site {
    /// Makes the folder of this run, and finds free ports.
    ///
    /// # Errors
    /// The clock was never set, the folder cannot be written, there is no free port.
    pub(super) fn prepare(arguments: &cli::Demo) -> Result<Self, Failure> {
        let now = Clock::wall().ok_or_else(|| {
            Failure::new(Blame::Runtime, "the clock of this computer is not set")
                .hint("receivers would say a wrong time; set it, with timedatectl")
        })?;
        // As 2026-11-30T15-20-00Z: no colon, which some file systems do not take.
        let name = now.to_string().replace(':', "-");
        let name = name.split('.').next().unwrap_or(&name);
        let folder = absolute(&arguments.dir)?.join(name.trim_end_matches('Z'));
        for room in ["logs", "hub", "station"].iter().chain(&CARS) {
            let path = folder.join(room);
            let made = fs::create_dir_all(&path);
            made.blame(Blame::Runtime, path.display())
                .map_err(|failure| failure.hint("--dir names a folder that may be written to"))?;
        }
        let loopback = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let mut own_pages = Vec::new();
        for folder in [STATION_FOLDER].into_iter().chain(CARS) {
            own_pages.push((folder, free(loopback(0))?));
        }
        Ok(Self {
            folder,
            pages: free(arguments.listen)?,
            own_pages,
            broker: free(loopback(0))?,
            group: format!("{GROUP}:{}", free(loopback(0))?.port()),
            password: drawn(PASSWORD_BYTES)?,
            seed: arguments.seed.to_string(),
        })
    }

    /// The folder of this run.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where each part says what it does.
    pub(super) fn logs(&self) -> PathBuf {
        self.folder.join("logs")
    }

    /// The page to open.
    pub(super) fn address(&self) -> String {
        format!("http://{}/", self.pages)
    }

    /// The pages that station and cars serve themselves, each with its name.
    pub(super) fn own_addresses(&self) -> impl Iterator<Item = (&str, String)> {
        self.own_pages.iter().map(|(folder, at)| {
            let name = match *folder {
                STATION_FOLDER => STATION,
                car => car,
            };
            (name, format!("http://{at}/"))
        })
    }

    /// By what [`USER`] logs in.
    pub(super) fn password(&self) -> &str {
        &self.password
    }

    fn at(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }

    /// An operator, and keys for cars and slots.
    ///
    /// # Errors
    /// The disk refuses them.
    pub(super) fn draw_keys(&self, family: &Family) -> Result<(), Failure> {
        let operator = self.at("keys/operator");
        family.run(&["keys", "init", &operator])?;
        let enroll = |name: &str, folder: &str, more: &[&str]| {
            let folder = self.at(folder);
            let fixed = [
                "keys", "enroll", &folder, "--pki", &operator, "--name", name,
            ];
            family.run(&[&fixed, more].concat())
        };
        let car = ["--role", "vehicle", "--battery-data", "yes"];
        for name in CARS {
            enroll(&name.to_uppercase(), &format!("keys/{name}"), &car)?;
        }
        for (slot, name) in (1..).zip(SLOTS) {
            enroll(name, &format!("keys/slot{slot}"), &["--role", "station"])?;
        }
        Ok(())
    }

    /// Devices and a person, each with a login at the hub.
    ///
    /// # Errors
    /// The disk refuses them.
    pub(super) fn let_in(&self, family: &Family) -> Result<(), Failure> {
        let hub = self.at("hub");
        let mut devices = CARS.map(|car| (car, "vehicle")).to_vec();
        devices.push((STATION_FOLDER, "station"));
        for (folder, kind) in devices {
            let token = self.folder.join(folder).join("token");
            write_secret(&token, &drawn(TOKEN_BYTES)?)?;
            let name = if kind == "station" { STATION } else { folder };
            family.run(&[
                "hub",
                "device",
                "add",
                name,
                "--kind",
                kind,
                "--token-file",
                &token.display().to_string(),
                "--out",
                &hub,
            ])?;
        }
        let password = self.folder.join("hub").join("password");
        write_secret(&password, &self.password)?;
        family.run(&[
            "hub",
            "user",
            "add",
            USER,
            "--role",
            "admin",
            "--password-file",
            &password.display().to_string(),
            "--out",
            &hub,
        ])?;
        for (folder, _) in &self.own_pages {
            let password = password.display().to_string();
            let who = ["user", "add", USER, "--role", "admin"];
            let how = ["--password-file", &password, "--out", &self.at(folder)];
            family.run(&[&who[..], &how[..]].concat())?;
        }
        Ok(())
    }

    /// Starts the hub with its pages.
    pub(super) fn start_hub(&self, family: &mut Family) -> Result<(), Failure> {
        let text = format!(
            "[hub]\nname = \"Demo\"\nout = \"{}\"\nstale_after_s = 10\ninactive_after_s = 15\n\
             [dashboard]\nlisten = \"{}\"\n[endpoint]\nlisten = \"{}\"\nlisten_tls = \"off\"\n\
             [monitor]\nlisten = \"off\"\n",
            self.at("hub"),
            self.pages,
            self.broker
        );
        self.start(family, "hub", "hub", &text)
    }

    /// Whether devices and people can connect.
    pub(super) fn hub_answers(&self) -> bool {
        [self.broker, self.pages].iter().all(answers)
    }

    /// Whether the pages of station and cars can be opened.
    pub(super) fn own_pages_answer(&self) -> bool {
        self.own_pages.iter().all(|(_, at)| answers(at))
    }

    /// Starts the simulator; it waits until every board's line is open.
    pub(super) fn start_town(&self, family: &mut Family) -> Result<(), Failure> {
        let ports = self.at("ports");
        let arguments = [
            "sim", "live", SCENARIO, "--seed", &self.seed, "--dir", &ports,
        ];
        family.start(TOWN, &arguments, &[])
    }

    /// Whether the boards' lines are there.
    pub(super) fn has_ports(&self) -> bool {
        let slots = (1..=SLOTS.len()).map(|slot| format!("ports/slot{slot}"));
        let cars = CARS.iter().map(|car| format!("ports/{car}.collector"));
        slots
            .chain(cars)
            .all(|port| self.folder.join(port).exists())
    }

    /// Starts the station.
    pub(super) fn start_station(&self, family: &mut Family) -> Result<(), Failure> {
        let mut text = format!(
            "[station]\nname = \"{STATION}\"\nlatitude = 44.0\nlongitude = -30.0\n\
             cost_per_kwh = 1.50\ncurrency = \"EUR\"\nrow_interval_s = 1\ngateway = true\n\
             out = \"{}\"\n{}{}{}",
            self.at(STATION_FOLDER),
            self.dashboard(STATION_FOLDER),
            self.radio(),
            self.mqtt(STATION_FOLDER)
        );
        for slot in 1..=SLOTS.len() {
            text += &format!(
                "[[slot]]\nnumber = {slot}\nname = \"{STATION} {slot}\"\nport = \"{}\"\n\
                 source = \"framed\"\nrelay = true\npolicy = \"known cars\"\nstart_s = 1.0\n\
                 keys = \"{}\"\n",
                self.at(&format!("ports/slot{slot}")),
                self.at(&format!("keys/slot{slot}"))
            );
        }
        self.start(family, "station", "station", &text)
    }

    /// Starts the cars' computers.
    pub(super) fn start_cars(&self, family: &mut Family) -> Result<(), Failure> {
        for car in CARS {
            let text = format!(
                "[vehicle]\ncollector = \"{}\"\nout = \"{}\"\n[v2g]\ncall_when_parked = true\n\
                 {}{}keys = \"{}\"\n{}",
                self.at(&format!("ports/{car}.collector")),
                self.at(car),
                self.dashboard(car),
                self.radio(),
                self.at(&format!("keys/{car}")),
                self.mqtt(car)
            );
            self.start(family, car, "vehicle", &text)?;
        }
        Ok(())
    }

    /// The pages of the computer whose folder it is; the station knows its own name.
    fn dashboard(&self, folder: &str) -> String {
        let at = self.own_pages.iter().find(|(owner, _)| *owner == folder);
        let name = match folder {
            STATION_FOLDER => String::new(),
            car => format!("name = \"{car}\"\n"),
        };
        at.map_or_else(String::new, |(_, at)| {
            format!("[dashboard]\nlisten = \"{at}\"\n{name}")
        })
    }

    fn radio(&self) -> String {
        format!(
            "[monitor]\nlisten = \"off\"\n[radio]\nair = \"udp\"\nudp_group = \"{}\"\n",
            self.group
        )
    }

    fn mqtt(&self, folder: &str) -> String {
        format!(
            "[mqtt]\nurl = \"mqtt://{}\"\ntoken_file = \"{}\"\n",
            self.broker,
            self.at(&format!("{folder}/token"))
        )
    }

    /// Starts a role with its settings, which stay beside its data.
    fn start(
        &self,
        family: &mut Family,
        name: &str,
        role: &str,
        settings: &str,
    ) -> Result<(), Failure> {
        let path = self.folder.join(name).join(format!("{role}.toml"));
        fs::write(&path, settings).blame(Blame::Runtime, path.display())?;
        family.start(name, &[role, "--config", &path.display().to_string()], &[])
    }
}

/// The path from the root: parts are started with it wherever they run.
fn absolute(path: &Path) -> Result<PathBuf, Failure> {
    std::path::absolute(path).blame(Blame::Usage, path.display())
}

/// The address, or one with a free port where it is taken.
fn free(wanted: SocketAddr) -> Result<SocketAddr, Failure> {
    let bound = TcpListener::bind(wanted).or_else(|error| {
        if error.kind() != ErrorKind::AddrInUse {
            return Err(error);
        }
        TcpListener::bind((wanted.ip(), 0))
    });
    let address = bound.and_then(|listener| listener.local_addr());
    address
        .blame(Blame::Usage, format_args!("listening on {wanted}"))
        .map_err(|failure| failure.hint("--listen names an address of this computer, and a port"))
}

/// So many random bytes, as digits.
fn drawn(bytes: usize) -> Result<String, Failure> {
    let mut drawn = vec![0; bytes];
    getrandom::fill(&mut drawn).blame(Blame::Runtime, "random numbers")?;
    Ok(hex::of(&drawn))
}

/// Writes a file that nobody else may read.
fn write_secret(path: &Path, text: &str) -> Result<(), Failure> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(SECRET_MODE);
    let written = options.open(path).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.write_all(b"\n")
    });
    written.blame(Blame::Runtime, path.display())
}

fn answers(at: &SocketAddr) -> bool {
    TcpStream::connect_timeout(at, KNOCK).is_ok()
}
