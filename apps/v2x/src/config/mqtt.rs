//! The `[mqtt]` table of vehicle and station: where the broker is, whom to trust, how to log in.
//!
//! Files are read here, secrets last; none of them is ever printed. What the broker is sent is not
//! decided here.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use v2x_roles::reporting::{Rule, Rules, parse_overrides};
use v2x_uplink::{
    BrokerUrl, Form, Identity, Limits, Login, Settings, Token, TopicPrefix, Trust, VssNames,
    VssTopics, Whose, Window,
};

use super::keys::MqttTable;
use super::station;
use crate::failure::{Blame, Context as _, Failure, read_text};

/// The environment variable that holds the device's access token.
const TOKEN_VARIABLE: &str = "V2X_MQTT_TOKEN";

/// Where telemetry goes and how to get there.
#[derive(Debug)]
pub(crate) struct MqttConfig {
    pub(crate) broker: BrokerUrl,
    login: Login,
    trust: Trust,
    identity: Option<Identity>,
    limits: Limits,
    form: Form,
    /// What of each row is published; `None`: all of it.
    pub(crate) reporting: Option<ReportingConfig>,
    /// The token's file, if everybody can read it.
    exposed_token: Option<PathBuf>,
}

/// How rows are thinned.
#[derive(Debug, Clone, Default)]
pub(crate) struct ReportingConfig {
    /// Rules that a person has set.
    pub(crate) set: Vec<(String, Rule)>,
    /// The rules of all keys, once the mapping is known.
    pub(crate) rules: Rules,
    /// Bytes that a month may cost; 0 for as many as it takes.
    pub(crate) budget_bytes: u64,
}

impl MqttConfig {
    /// Whether a month may cost what it takes.
    pub(crate) fn has_no_budget(&self) -> bool {
        (self.reporting.as_ref()).is_none_or(|reporting| reporting.budget_bytes == 0)
    }

    /// The token's file, if everybody on this computer can read it.
    pub(crate) fn exposed_token(&self) -> Option<&Path> {
        self.exposed_token.as_deref()
    }

    /// Says which key is which quantity, for the form that asks.
    pub(crate) fn name_quantities(&mut self, names: impl FnOnce() -> VssNames) {
        if let Form::Vss(topics) = &mut self.form {
            topics.names = names();
        }
    }

    /// Whether the broker is a ThingsBoard, which has commands and settings.
    pub(crate) const fn is_thingsboard(&self) -> bool {
        matches!(self.form, Form::ThingsBoard)
    }

    /// What a session needs; `client_id` is its name at the broker.
    pub(crate) fn settings(&self, client_id: String) -> Settings {
        Settings {
            broker: self.broker.clone(),
            login: self.login.clone(),
            trust: self.trust.clone(),
            identity: self.identity.clone(),
            client_id,
            limits: self.limits.clone(),
            form: self.form.clone(),
        }
    }
}

/// In which form a file wants it published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum FormWord {
    /// To ThingsBoard.
    #[default]
    ThingsBoard,
    /// To any broker, under the names of VSS.
    Vss,
}

/// How much of a row a file wants published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ReportingWord {
    /// All of it.
    #[default]
    EveryRow,
    /// What changed, and what was not heard of for long.
    ByChange,
}

/// The largest budget, in megabytes: nobody sends more from a car.
const BUDGET_MAX_MB: f64 = 1_000_000.0;

/// What a file says of the broker; everything can be left out.
#[derive(Debug, Default)]
pub(crate) struct MqttFile {
    pub(super) broker: Option<BrokerUrl>,
    /// Only in the prototype's files.
    pub(super) token: Option<Token>,
    token_file: Option<PathBuf>,
    user: Option<String>,
    password_file: Option<PathBuf>,
    ca_file: Option<PathBuf>,
    client_cert: Option<PathBuf>,
    client_key: Option<PathBuf>,
    messages_limit: Option<String>,
    points_limit: Option<String>,
    form: FormWord,
    topic_prefix: Option<TopicPrefix>,
    reporting: ReportingWord,
    report_rules: Option<String>,
    budget_mb_per_month: f64,
    whose: Whose,
}

impl MqttFile {
    /// The same of a station, which has topics of its own.
    pub(super) fn of_station(&mut self) {
        self.whose = Whose::Station;
        let default = || station::keys::TOPIC_PREFIX.parse().ok();
        self.topic_prefix = self.topic_prefix.take().or_else(default);
    }
}

impl From<MqttTable> for MqttFile {
    fn from(table: MqttTable) -> Self {
        Self {
            broker: table.url.map(|url| url.0),
            token: None,
            token_file: table.token_file,
            user: table.user,
            password_file: table.password_file,
            ca_file: table.ca_file,
            client_cert: table.client_cert,
            client_key: table.client_key,
            messages_limit: table.messages_limit,
            points_limit: table.points_limit,
            form: table.form.unwrap_or_default(),
            topic_prefix: table.topic_prefix.map(|prefix| prefix.0),
            reporting: table.reporting.unwrap_or_default(),
            report_rules: table.report_rules,
            budget_mb_per_month: table.budget_mb_per_month.unwrap_or_default(),
            whose: Whose::Vehicle,
        }
    }
}

/// What the command line says of the broker.
#[derive(Debug, Clone, Copy)]
pub(super) struct MqttArguments<'a> {
    pub(super) url: Option<&'a str>,
    pub(super) token_file: Option<&'a Path>,
}

/// Puts the settings together; `None`: no broker is named. What the person should know joins
/// `notes`.
pub(super) fn gather(
    arguments: MqttArguments<'_>,
    file: &MqttFile,
    notes: &mut Vec<String>,
) -> Result<Option<MqttConfig>, Failure> {
    let broker = match arguments.url {
        Some(url) => Some(url.parse::<BrokerUrl>().blame(Blame::Usage, "--mqtt")?),
        None => file.broker.clone(),
    };
    let Some(broker) = broker else {
        if arguments.token_file.is_some() {
            let failure = Failure::new(Blame::Usage, "a token is given but no broker");
            return Err(failure.hint("add --mqtt mqtt://host:1883"));
        }
        return Ok(None);
    };
    let login = login(arguments.token_file, file, notes)?;
    let trust = match &file.ca_file {
        None => Trust::System,
        Some(path) => Trust::Own(text_of("CA file", path)?.into_bytes()),
    };
    let identity = identity(file)?;
    if !broker.is_encrypted() && (file.ca_file.is_some() || identity.is_some()) {
        let what = format_args!("mqtt.ca_file or mqtt.client_cert is set, but {broker} is clear");
        let failure = Failure::new(Blame::Configuration, what);
        return Err(failure.hint("certificates need mqtts://, usually with port 8883"));
    }
    if let (Trust::Own(_), Some(path)) = (&trust, &file.ca_file) {
        let checked = v2x_uplink::session::check_trust(&trust);
        checked.blame(Blame::Configuration, path.display())?;
    }
    Ok(Some(MqttConfig {
        broker,
        login,
        trust,
        identity,
        limits: limits(file)?,
        form: form(file)?,
        reporting: reporting(file)?,
        exposed_token: exposed_token(arguments.token_file, file),
    }))
}

/// How rows are thinned, if they are.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the range is checked before the cast"
)]
fn reporting(file: &MqttFile) -> Result<Option<ReportingConfig>, Failure> {
    let megabytes = file.budget_mb_per_month;
    let is_asked = file.reporting == ReportingWord::ByChange || megabytes != 0.0;
    if file.whose == Whose::Station && is_asked {
        let what = "mqtt.reporting and mqtt.budget_mb_per_month are a vehicle's";
        let failure = Failure::new(Blame::Configuration, what);
        return Err(failure.hint("a station publishes every row; leave them out"));
    }
    if !(0.0..=BUDGET_MAX_MB).contains(&megabytes) {
        let what = format_args!("mqtt.budget_mb_per_month is {megabytes}");
        let failure = Failure::new(Blame::Configuration, what);
        return Err(failure.hint(format_args!("it must be 0 to {BUDGET_MAX_MB}")));
    }
    let set = file.report_rules.as_deref().unwrap_or_default();
    let set = parse_overrides(set).blame(Blame::Configuration, "mqtt.report_rules")?;
    if file.reporting == ReportingWord::ByChange {
        return Ok(Some(ReportingConfig {
            set,
            rules: Rules::default(),
            budget_bytes: (megabytes * 1e6) as u64,
        }));
    }
    if megabytes > 0.0 || !set.is_empty() {
        let what = "mqtt.budget_mb_per_month or mqtt.report_rules is set, but every row is \
                    published";
        let failure = Failure::new(Blame::Configuration, what);
        return Err(failure.hint("set mqtt.reporting = \"by_change\", or leave them out"));
    }
    Ok(None)
}

/// What is published, and where.
fn form(file: &MqttFile) -> Result<Form, Failure> {
    match (file.form, &file.topic_prefix) {
        (FormWord::ThingsBoard, _) => Ok(Form::ThingsBoard),
        (FormWord::Vss, Some(prefix)) => Ok(Form::Vss(VssTopics {
            prefix: prefix.clone(),
            names: VssNames::default(),
            whose: file.whose,
        })),
        (FormWord::Vss, None) => {
            let failure = Failure::new(Blame::Configuration, "mqtt.form is vss without a prefix");
            Err(failure.hint("name mqtt.topic_prefix, as fleet/car-7"))
        }
    }
}

/// How fast the server wants it.
fn limits(file: &MqttFile) -> Result<Limits, Failure> {
    let windows = |key: &str, text: Option<&str>| match text {
        None | Some("none") => Ok(Vec::new()),
        Some(text) => Window::parse_list(text).blame(Blame::Configuration, key),
    };
    let messages = match file.messages_limit.as_deref() {
        // What ThingsBoard allows says nothing of another broker.
        None | Some("usual") if file.form == FormWord::Vss => Vec::new(),
        None | Some("usual") => Limits::usual().messages,
        text => windows("mqtt.messages_limit", text)?,
    };
    let points = windows("mqtt.points_limit", file.points_limit.as_deref())?;
    Ok(Limits { messages, points })
}

/// How to log in: by token or by user and password, from the nearest place that says one.
fn login(
    token_option: Option<&Path>,
    file: &MqttFile,
    notes: &mut Vec<String>,
) -> Result<Login, Failure> {
    if let Some(path) = token_option {
        return read_token(path, notes).map(Login::Token);
    }
    if let Ok(text) = std::env::var(TOKEN_VARIABLE) {
        let token = Token::parse(&text).blame(Blame::Configuration, TOKEN_VARIABLE)?;
        return Ok(Login::Token(token));
    }
    let token = match (&file.token, &file.token_file) {
        (Some(token), _) => Some(token.clone()),
        (None, Some(path)) => Some(read_token(path, notes)?),
        (None, None) => None,
    };
    let wrong = |what: &str, right: &str| {
        Err(Failure::new(Blame::Configuration, what.to_owned()).hint(right.to_owned()))
    };
    match (token, &file.user, &file.password_file) {
        (None, None, None) => Ok(Login::None),
        (Some(token), None, None) => Ok(Login::Token(token)),
        (Some(_), _, _) => wrong(
            "a token and a user name are both given",
            "keep mqtt.token_file, or mqtt.user with mqtt.password_file",
        ),
        (None, Some(user), Some(path)) => {
            let reading = format!("password file {}", path.display());
            let password = Token::password(&secret_of("password file", path)?);
            Ok(Login::Basic {
                user: checked_user(user)?,
                password: password.blame(Blame::Configuration, reading)?,
            })
        }
        (None, Some(_), None) => wrong(
            "mqtt.user is given without mqtt.password_file",
            "name the file that holds the password; a token alone goes into mqtt.token_file",
        ),
        (None, None, Some(_)) => wrong(
            "mqtt.password_file is given without mqtt.user",
            "name the user; a token alone goes into mqtt.token_file",
        ),
    }
}

fn checked_user(user: &str) -> Result<String, Failure> {
    if user.is_empty() || user.chars().any(char::is_control) || user.len() > 512 {
        let failure = Failure::new(Blame::Configuration, "mqtt.user is no user name");
        return Err(failure.hint("it must be 1 to 512 bytes without control characters"));
    }
    Ok(user.to_owned())
}

fn identity(file: &MqttFile) -> Result<Option<Identity>, Failure> {
    let (certificate, key) = match (&file.client_cert, &file.client_key) {
        (None, None) => return Ok(None),
        (Some(certificate), Some(key)) => (certificate, key),
        _ => {
            let what = "of mqtt.client_cert and mqtt.client_key only one is given";
            let failure = Failure::new(Blame::Configuration, what);
            return Err(failure.hint("a client certificate needs both files, in PEM"));
        }
    };
    let chain = text_of("client certificate", certificate)?;
    let secret = secret_of("client key", key)?;
    let reading = format!("{} with {}", certificate.display(), key.display());
    Identity::from_pem(chain.as_bytes(), secret.as_bytes())
        .map(Some)
        .blame(Blame::Configuration, reading)
}

fn read_token(path: &Path, notes: &mut Vec<String>) -> Result<Token, Failure> {
    let text = text_of("token file", path)?;
    if is_exposed(path) {
        notes.push(format!(
            "everybody on this computer can read the token in {}; chmod 600 hides it",
            path.display()
        ));
    }
    let reading = format_args!("token file {}", path.display());
    Token::parse(&text)
        .blame(Blame::Configuration, reading)
        .map_err(|failure| failure.hint("the file holds the device's access token on one line"))
}

fn text_of(kind: &str, path: &Path) -> Result<String, Failure> {
    read_text(Blame::Configuration, kind, path)
}

/// A file that nobody but owner and group may read.
fn secret_of(kind: &str, path: &Path) -> Result<String, Failure> {
    let text = text_of(kind, path)?;
    if is_exposed(path) {
        let what = format_args!("{kind} {}: everybody can read it", path.display());
        let failure = Failure::new(Blame::Configuration, what);
        return Err(failure.hint(format_args!("chmod 600 {}", path.display())));
    }
    Ok(text)
}

/// The file that the token was read from, if everybody can read it.
fn exposed_token(option: Option<&Path>, file: &MqttFile) -> Option<PathBuf> {
    let by_environment = std::env::var_os(TOKEN_VARIABLE).is_some();
    let path = match option {
        None if by_environment || file.token.is_some() => None,
        None => file.token_file.as_deref(),
        given => given,
    };
    path.filter(|path| is_exposed(path)).map(Path::to_owned)
}

fn is_exposed(path: &Path) -> bool {
    let mode = fs::metadata(path).map(|about| about.permissions().mode());
    mode.is_ok_and(Token::is_exposed_by)
}

#[cfg(test)]
mod tests;
