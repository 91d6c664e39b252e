//! The settings of the hub, from the command line, the environment and a TOML file, in this order
//! of precedence. Its keys are in [`keys`]; secrets are read last and never printed.

pub(crate) mod keys;
mod toml_file;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use v2x_roles::hub::Allowance;
use v2x_store::hub::HubRetention;
use v2x_web::types::Tiles;

use super::mqtt::{self, MqttArguments, MqttConfig, MqttFile};
use crate::cli;
use crate::failure::{Blame, Context as _, Failure, read_text};
use crate::hub::Invitation;

/// Everything `v2x hub` needs to know.
#[derive(Debug)]
pub(crate) struct HubConfig {
    pub(crate) name: String,
    pub(crate) out: PathBuf,
    /// Silence after which a device counts as offline.
    pub(crate) inactive_after: Duration,
    /// Age from which pages show a value as old.
    pub(crate) stale_after: Duration,
    /// Who may ask to be let in; `None`: nobody.
    pub(crate) invitation: Option<Invitation>,
    /// Where devices connect in the clear, and encrypted.
    pub(crate) listen: Option<SocketAddr>,
    pub(crate) listen_tls: Option<SocketAddr>,
    /// Certificate and key; `None`: the hub's own.
    pub(crate) certificate: Option<(PathBuf, PathBuf)>,
    /// Connections at once.
    pub(crate) connections: usize,
    pub(crate) messages_limit: Allowance,
    pub(crate) points_limit: Allowance,
    pub(crate) retention: HubRetention,
    /// Where the dashboard is served, and by which certificate it is encrypted.
    pub(crate) dashboard: Option<SocketAddr>,
    pub(crate) dashboard_tls: PagesTls,
    /// Where map tiles come from, if they are wanted.
    pub(crate) tiles: Option<Tiles>,
    /// Where `/metrics` and `/health` are answered.
    pub(crate) monitor: Option<SocketAddr>,
    /// An outside broker, in the place of the endpoint.
    pub(crate) broker: Option<MqttConfig>,
}

/// By what the dashboard is encrypted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PagesTls {
    /// It is not.
    Off,
    /// By what the endpoint is encrypted by.
    OfEndpoint,
    /// By this certificate and its key.
    Own(PathBuf, PathBuf),
}

/// What a file and the environment say.
#[derive(Debug)]
pub(crate) struct FileSettings {
    name: String,
    out: Option<PathBuf>,
    inactive_after: Duration,
    stale_after: Duration,
    provisioning: bool,
    provision_key: Option<String>,
    provision_secret_file: Option<PathBuf>,
    listen: Option<SocketAddr>,
    listen_tls: Option<SocketAddr>,
    certificate: Option<(PathBuf, PathBuf)>,
    connections: usize,
    messages_limit: Allowance,
    points_limit: Allowance,
    retention: HubRetention,
    dashboard: Option<SocketAddr>,
    dashboard_tls: PagesTls,
    tiles: Option<Tiles>,
    monitor: Option<SocketAddr>,
    mqtt: MqttFile,
}

impl HubConfig {
    /// Puts the settings together; `notes` are told to the person once logging runs.
    pub(crate) fn gather(arguments: &cli::Hub) -> Result<(Self, Vec<String>), Failure> {
        let file = match &arguments.config {
            Some(path) => read_file(path)?,
            None => settings("", "environment")?,
        };
        let mut notes = Vec::new();
        let out = arguments.out.clone().or_else(|| file.out.clone());
        let out = out.ok_or_else(|| {
            Failure::new(Blame::Usage, "no folder for the data is named")
                .hint("give --out DIR, or hub.out in the file of --config")
        })?;
        let broker = MqttArguments {
            url: arguments.broker.as_deref(),
            token_file: None,
        };
        let invitation = invitation(&file)?;
        let broker = mqtt::gather(broker, &file.mqtt, &mut notes)?;
        let config = Self {
            name: file.name,
            out,
            inactive_after: file.inactive_after,
            stale_after: file.stale_after,
            invitation,
            // With an outside broker devices connect there.
            listen: file.listen.filter(|_| broker.is_none()),
            listen_tls: file.listen_tls.filter(|_| broker.is_none()),
            certificate: file.certificate,
            connections: file.connections,
            messages_limit: file.messages_limit,
            points_limit: file.points_limit,
            retention: file.retention,
            dashboard: file.dashboard,
            dashboard_tls: file.dashboard_tls,
            tiles: file.tiles,
            monitor: file.monitor,
            broker,
        };
        Ok((config, notes))
    }
}

fn invitation(file: &FileSettings) -> Result<Option<Invitation>, Failure> {
    if !file.provisioning {
        return Ok(None);
    }
    let secret = match &file.provision_secret_file {
        None => None,
        Some(path) => {
            let text = read_text(Blame::Configuration, "provisioning secret", path)?;
            Some(text.trim_end_matches(['\r', '\n']).to_owned())
        }
    };
    Ok(Some(Invitation {
        key: file.provision_key.clone(),
        secret,
    }))
}

/// Reads a hub's file, and the environment.
pub(crate) fn read_file(path: &Path) -> Result<FileSettings, Failure> {
    let text = read_text(Blame::Configuration, "configuration", path)?;
    settings(&text, &format!("configuration {}", path.display()))
}

fn settings(text: &str, reading: &str) -> Result<FileSettings, Failure> {
    toml_file::parse(text, |name| std::env::var(name).ok()).blame(Blame::Configuration, reading)
}
