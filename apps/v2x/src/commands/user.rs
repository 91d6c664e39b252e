//! `v2x user`: the accounts of a dashboard, in their file.

use std::fs::File;
use std::io::{self, BufReader, IsTerminal as _, Read as _, Write as _};
use std::os::fd::AsFd as _;
use std::path::PathBuf;

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use v2x_web::accounts::check_name;
use v2x_web::{Account, password};
use zeroize::Zeroizing;

use crate::cli::{self, AccountTask, Secret, UsersPlace};
use crate::failure::{Blame, Context as _, Failure};
use crate::site::{AccountsFile, USERS_FILE};

/// The longest line that is read for a password, in bytes.
const LINE_MAX: u64 = 4096;

/// Runs the subcommand.
pub(super) fn run(arguments: &cli::User) -> Result<(), Failure> {
    let text = match &arguments.task {
        AccountTask::Add {
            name,
            role,
            secret,
            place,
        } => {
            let (file, mut accounts) = open(place)?;
            check_name(name).map_err(|problem| Failure::new(Blame::Usage, problem))?;
            if accounts.iter().any(|account| account.user == *name) {
                let what = format_args!("there is an account {name}");
                let hint = "`v2x user password` gives it another password";
                return Err(Failure::new(Blame::Usage, what).hint(hint));
            }
            accounts.push(Account {
                user: name.clone(),
                role: *role,
                hash: hash(secret)?,
            });
            write(&file, &mut accounts)?;
            format!("{name} can log in as {}\n", role.word())
        }
        AccountTask::Password {
            name,
            secret,
            place,
        } => {
            let (file, mut accounts) = open(place)?;
            let found = accounts.iter_mut().find(|account| account.user == *name);
            let account = found.ok_or_else(|| nobody(name))?;
            account.hash = hash(secret)?;
            write(&file, &mut accounts)?;
            format!("{name} has another password and is logged out everywhere\n")
        }
        AccountTask::List { place } => {
            let (_, accounts) = open(place)?;
            let line =
                |account: &Account| format!("{:<24}  {}\n", account.user, account.role.word());
            accounts.iter().map(line).collect()
        }
        AccountTask::Remove { name, place } => {
            let (file, mut accounts) = open(place)?;
            if !accounts.iter().any(|account| account.user == *name) {
                return Err(nobody(name));
            }
            accounts.retain(|account| account.user != *name);
            write(&file, &mut accounts)?;
            format!("{name} can log in no more\n")
        }
    };
    let written = io::stdout().write_all(text.as_bytes());
    written.blame(Blame::Runtime, "standard output")
}

fn nobody(name: &str) -> Failure {
    let what = format_args!("there is no account {name}");
    Failure::new(Blame::Usage, what).hint("`v2x user list` shows all of them")
}

fn open(place: &UsersPlace) -> Result<(AccountsFile, Vec<Account>), Failure> {
    let in_folder = |folder: &PathBuf| folder.join(USERS_FILE);
    let path = place.users.clone().or(place.out.as_ref().map(in_folder));
    let path = path.ok_or_else(|| Failure::new(Blame::Usage, "no file of accounts is named"))?;
    if let Some(folder) = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        && !folder.is_dir()
    {
        let what = format_args!("there is no folder {}", folder.display());
        return Err(
            Failure::new(Blame::Usage, what).hint("give the folder of the daemon with --out")
        );
    }
    let file = AccountsFile::new(path);
    let accounts = file.accounts();
    let accounts = accounts.map_err(|problem| Failure::new(Blame::Input, problem))?;
    Ok((file, accounts))
}

fn write(file: &AccountsFile, accounts: &mut [Account]) -> Result<(), Failure> {
    accounts.sort_by(|a, b| a.user.cmp(&b.user));
    let written = file.write(accounts);
    written.blame(Blame::Runtime, file.path().display())
}

fn hash(secret: &Secret) -> Result<String, Failure> {
    let password = read(secret)?;
    let mut salt = [0; 16];
    getrandom::fill(&mut salt).blame(Blame::Runtime, "random numbers")?;
    password::hash(&password, &salt).map_err(|problem| Failure::new(Blame::Usage, problem))
}

fn read(secret: &Secret) -> Result<Zeroizing<String>, Failure> {
    if let Some(path) = &secret.password_file {
        let file = File::open(path);
        let file = file.map_err(|error| {
            Failure::unreadable(
                Blame::Input,
                format_args!("password {}", path.display()),
                &error,
            )
        })?;
        return line(BufReader::new(file.take(LINE_MAX)));
    }
    let stdin = io::stdin();
    if !stdin.is_terminal() {
        return line(BufReader::new(stdin.lock().take(LINE_MAX)));
    }
    let first = ask("Password: ")?;
    // What is too short is told before it is typed again.
    password::check(&first).map_err(|problem| Failure::new(Blame::Usage, problem))?;
    if *first != *ask("Once more: ")? {
        return Err(Failure::new(
            Blame::Usage,
            "the two passwords are not the same",
        ));
    }
    Ok(first)
}

/// The first line, without its end.
fn line(mut from: impl io::BufRead) -> Result<Zeroizing<String>, Failure> {
    let mut text = Zeroizing::new(String::new());
    from.read_line(&mut text).blame(Blame::Input, "password")?;
    let length = text.trim_end_matches(['\r', '\n']).len();
    text.truncate(length);
    Ok(text)
}

/// Asks at the terminal, which shows nothing of what is typed.
fn ask(prompt: &str) -> Result<Zeroizing<String>, Failure> {
    let stdin = io::stdin();
    let mut stderr = io::stderr();
    let told = stderr
        .write_all(prompt.as_bytes())
        .and_then(|()| stderr.flush());
    told.blame(Blame::Runtime, "terminal")?;
    let before = tcgetattr(stdin.as_fd()).map_err(io::Error::from);
    let before: Termios = before.blame(Blame::Runtime, "terminal")?;
    let mut quiet = before.clone();
    quiet.local_modes.remove(LocalModes::ECHO);
    let set = |to: &Termios| {
        let set = tcsetattr(io::stdin().as_fd(), OptionalActions::Flush, to);
        set.map_err(io::Error::from)
            .blame(Blame::Runtime, "terminal")
    };
    set(&quiet)?;
    let answer = line(stdin.lock().take(LINE_MAX));
    set(&before)?;
    stderr.write_all(b"\n").blame(Blame::Runtime, "terminal")?;
    answer
}
