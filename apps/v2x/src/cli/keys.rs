//! The command line of `v2x keys`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

/// Make and look after the keys of an operator, its cars and its charging stations.
///
/// An operator has one folder (init). A car, or a slot of a station, draws its keys in a folder
/// of its own and asks (enroll); the operator answers (issue); the unit installs the answer
/// (enroll --answer). Private keys never leave the folder in which they were drawn, are readable by
/// their owner only, and are never printed.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  v2x keys init operator/ --name Helecar
  v2x keys enroll car/keys --role vehicle --name HELECAR-7 --battery-data yes --pki operator/
  v2x keys enroll /etc/v2x/keys --role station --name 'MA*HEL*E0001*1'
  v2x keys issue request.json --pki operator/ > enrolment.json
  v2x keys enroll /etc/v2x/keys --answer enrolment.json
  v2x keys revoke HELECAR-7 --pki operator/
  v2x keys show operator/")]
pub(crate) struct Keys {
    #[command(subcommand)]
    pub(crate) task: KeysTask,
}

/// What to do with keys.
#[derive(Debug, Subcommand)]
pub(crate) enum KeysTask {
    /// Make the folder of an operator: its root and its authorities.
    Init(KeysInit),
    /// Draw the keys of a car or a slot and ask for an enrolment, or install one.
    Enroll(KeysEnroll),
    /// Answer the request of a unit; the enrolment goes to standard output.
    Issue(KeysIssue),
    /// Show what an operator has issued, or what a unit is. Nothing secret.
    Show {
        /// The folder of an operator or of a unit.
        #[arg(value_name = "DIR")]
        folder: PathBuf,
    },
    /// Revoke credentials, or only sign the revocation list anew before it is stale.
    Revoke(KeysRevoke),
}

/// Makes an operator's folder.
#[derive(Debug, Args)]
pub(crate) struct KeysInit {
    /// The folder; made if missing.
    #[arg(value_name = "DIR")]
    pub(crate) pki: PathBuf,
    /// What the operator is called in the certificates of V2V.
    #[arg(long, value_name = "TEXT", default_value = "v2x")]
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) lifetimes: Lifetimes,
}

/// Asks for an enrolment, or installs one.
#[derive(Debug, Args)]
pub(crate) struct KeysEnroll {
    /// The folder of the unit; made if missing.
    #[arg(value_name = "DIR")]
    pub(crate) folder: PathBuf,
    /// What the unit is.
    #[arg(long, value_enum)]
    pub(crate) role: Option<RoleWord>,
    /// Its name, 1 to 37 visible ASCII characters: EVCCID of a car, EVSEID of a slot.
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// Whether the car's owner lets stations have battery data after unplugging (cars only).
    #[arg(long, value_enum, value_name = "yes|no")]
    pub(crate) battery_data: Option<YesNo>,
    /// Whether the car's owner lets it broadcast its battery's data in clear to other cars, which
    /// links its pseudonyms (cars only).
    #[arg(long, value_enum, value_name = "yes|no", default_value = "no")]
    pub(crate) vehicle_data: YesNo,
    /// How many pseudonyms the car asks for.
    #[arg(
        long,
        value_name = "N",
        default_value_t = 20,
        value_parser = clap::value_parser!(u16).range(0..=200),
    )]
    pub(crate) pseudonyms: u16,
    /// The operator's folder, where it is on this computer: asks and installs in one step.
    #[arg(long, value_name = "DIR")]
    pub(crate) pki: Option<PathBuf>,
    /// Install this enrolment instead of asking for one.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["role", "name", "pki"])]
    pub(crate) answer: Option<PathBuf>,
    /// The unit changes hands: take an enrolment of another operator than before.
    #[arg(long)]
    pub(crate) other_operator: bool,
    #[command(flatten)]
    pub(crate) lifetimes: Lifetimes,
}

/// Answers a request.
#[derive(Debug, Args)]
pub(crate) struct KeysIssue {
    /// The unit's request.json.
    #[arg(value_name = "REQUEST")]
    pub(crate) request: PathBuf,
    /// The operator's folder.
    #[arg(long, value_name = "DIR")]
    pub(crate) pki: PathBuf,
    #[command(flatten)]
    pub(crate) lifetimes: Lifetimes,
}

/// Revokes.
#[derive(Debug, Args)]
pub(crate) struct KeysRevoke {
    /// The serial of a credential, or the name of a unit; none: only sign the list anew.
    #[arg(value_name = "SERIAL|NAME")]
    pub(crate) which: Option<String>,
    /// The operator's folder.
    #[arg(long, value_name = "DIR")]
    pub(crate) pki: PathBuf,
    #[command(flatten)]
    pub(crate) lifetimes: Lifetimes,
}

/// How long things hold.
#[derive(Debug, Args)]
pub(crate) struct Lifetimes {
    /// Days for which a credential holds.
    #[arg(
        long,
        value_name = "DAYS",
        default_value_t = 365,
        value_parser = clap::value_parser!(u16).range(1..=3650),
    )]
    pub(crate) credential_days: u16,
    /// Days for which a pseudonym holds; it cannot be revoked.
    #[arg(
        long,
        value_name = "DAYS",
        default_value_t = 28,
        value_parser = clap::value_parser!(u16).range(1..=365),
    )]
    pub(crate) pseudonym_days: u16,
    /// Days after which a revocation list is stale.
    #[arg(
        long,
        value_name = "DAYS",
        default_value_t = 30,
        value_parser = clap::value_parser!(u16).range(1..=3650),
    )]
    pub(crate) revocation_days: u16,
}

/// What a unit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum RoleWord {
    /// A car.
    Vehicle,
    /// One slot of a charging station.
    Station,
}

/// An answer of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum YesNo {
    /// Yes.
    Yes,
    /// No.
    No,
}
