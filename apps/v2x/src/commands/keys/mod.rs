//! `v2x keys`: the operator's small authority, and the folders of cars and stations.
//!
//! The files and their modes are `crate::keys`'. What is printed here is never secret.

mod show;

use std::path::Path;
use std::time::Duration;

use v2x_proto::secure::{Name, Role};
use v2x_units::UtcTime;

use crate::cli::{self, KeysTask, RoleWord};
use crate::clock::Clock;
use crate::failure::{Blame, Context as _, Failure, read_text};
use crate::keys::{Answer, Drawn, Lifetimes, Pki, Request, Unit, Wanted};

const DAY: Duration = Duration::from_secs(86_400);

/// Runs the subcommand.
pub(super) fn run(arguments: &cli::Keys) -> Result<(), Failure> {
    match &arguments.task {
        KeysTask::Init(init) => self::init(init),
        KeysTask::Enroll(enroll) => self::enroll(enroll),
        KeysTask::Issue(issue) => self::issue(issue),
        KeysTask::Revoke(revoke) => self::revoke(revoke),
        KeysTask::Show { folder } => show::run(folder),
    }
}

fn lifetimes(of: &cli::Lifetimes) -> Lifetimes {
    let days = |days: u16| DAY * u32::from(days);
    Lifetimes {
        credential: days(of.credential_days),
        pseudonym: days(of.pseudonym_days),
        revocations: days(of.revocation_days),
    }
}

/// Credentials of a computer whose clock was never set would begin in 1970.
fn now() -> Result<UtcTime, Failure> {
    Clock::wall().ok_or_else(|| {
        Failure::new(Blame::Runtime, "the clock of this computer is not set")
            .hint("set it first: what is signed says from when to when it holds")
    })
}

fn init(arguments: &cli::KeysInit) -> Result<(), Failure> {
    let times = lifetimes(&arguments.lifetimes);
    let mut rng = Drawn::from_kernel()?;
    let pki = Pki::init(&arguments.pki, &arguments.name, now()?, times, &mut rng)?;
    say(format_args!("operator      {}", pki.authority()));
    say(format_args!("folder        {}", pki.path().display()));
    say("keep a copy of this folder where no network reaches it: whoever has it is the operator");
    Ok(())
}

fn enroll(arguments: &cli::KeysEnroll) -> Result<(), Failure> {
    if let Some(path) = &arguments.answer {
        let answer = read_answer(path)?;
        Unit::open(&arguments.folder)?.install(&answer, arguments.other_operator)?;
        return show::run(&arguments.folder);
    }
    let wanted = wanted(arguments)?;
    let unit = Unit::make(&arguments.folder)?;
    let pseudonyms = match wanted.role {
        Role::Vehicle => usize::from(arguments.pseudonyms),
        // The ticket under which it announces itself.
        Role::Station => 1,
    };
    let mut rng = Drawn::from_kernel()?;
    let request = unit.ask(wanted, pseudonyms, &mut rng)?;
    let Some(pki) = &arguments.pki else {
        let folder = arguments.folder.display();
        say(format_args!("request       {folder}/request.json"));
        say("give it to the operator: v2x keys issue request.json --pki DIR > enrolment.json");
        say(format_args!(
            "then install  v2x keys enroll '{folder}' --answer enrolment.json"
        ));
        return Ok(());
    };
    let times = lifetimes(&arguments.lifetimes);
    let answer = Pki::open(pki)?.issue(&request, now()?, times, &mut rng)?;
    unit.install(&answer, arguments.other_operator)?;
    show::run(&arguments.folder)
}

fn wanted(arguments: &cli::KeysEnroll) -> Result<Wanted, Failure> {
    let (Some(role), Some(name)) = (arguments.role, &arguments.name) else {
        let failure = Failure::new(Blame::Usage, "a unit needs a role and a name");
        return Err(
            failure.hint("give --role vehicle --name NAME, or --answer FILE to install one")
        );
    };
    let role = match role {
        RoleWord::Vehicle => Role::Vehicle,
        RoleWord::Station => Role::Station,
    };
    let name = Name::new(name)
        .blame(Blame::Usage, format_args!("--name {name:?}"))
        .map_err(|failure| failure.hint("as MA*HEL*E0001*1 for a slot, HELECAR-7 for a car"))?;
    let battery_data = match (role, arguments.battery_data) {
        (Role::Vehicle, None) => {
            let what = "the owner was not asked about battery data after unplugging";
            return Err(Failure::new(Blame::Usage, what).hint(
                "ask, and give --battery-data yes or --battery-data no: within 105 m of a station \
                 the car goes on telling it state of charge, current and place",
            ));
        }
        (Role::Vehicle, Some(word)) => word == cli::YesNo::Yes,
        (Role::Station, _) => false,
    };
    Ok(Wanted {
        role,
        name,
        battery_data_after_unplugging: battery_data,
        vehicle_data: role == Role::Vehicle && arguments.vehicle_data == cli::YesNo::Yes,
    })
}

fn issue(arguments: &cli::KeysIssue) -> Result<(), Failure> {
    let path = &arguments.request;
    let text = read_text(Blame::Input, "request", path)?;
    let request = Request::parse(&text, &path.display().to_string())?;
    let times = lifetimes(&arguments.lifetimes);
    let mut rng = Drawn::from_kernel()?;
    let answer = Pki::open(&arguments.pki)?.issue(&request, now()?, times, &mut rng)?;
    say(answer.to_text().trim_end());
    Ok(())
}

fn revoke(arguments: &cli::KeysRevoke) -> Result<(), Failure> {
    let mut pki = Pki::open(&arguments.pki)?;
    let times = lifetimes(&arguments.lifetimes);
    match &arguments.which {
        Some(which) => {
            for revoked in pki.revoke(which, now()?, times)? {
                let (role, name) = (&revoked.role, &revoked.name);
                say(format_args!(
                    "revoked       {} {role} {name}",
                    revoked.serial
                ));
            }
        }
        None => pki.sign_revocations(now()?, times)?,
    }
    show::revocations(pki.revocations(), Clock::wall());
    say(format_args!(
        "file          {}/revocations",
        pki.path().display()
    ));
    say("copy it into the folder of every unit; a running daemon reads it again by itself");
    Ok(())
}

fn read_answer(path: &Path) -> Result<Answer, Failure> {
    let text = read_text(Blame::Input, "enrolment", path)?;
    Answer::parse(&text, &path.display().to_string())
}

#[expect(clippy::print_stdout, reason = "this is what the command is for")]
fn say(line: impl std::fmt::Display) {
    println!("{line}");
}
