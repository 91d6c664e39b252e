//! `cargo xtask dashboard`: the pages in `web/dashboard`, checked, built and tried in a browser.
//!
//! Steps in their order: the packages of the lock file, lints, unit tests (with the licences of all
//! packages), the build, the weight of the first load, and the browser tests against a mock of the
//! API. What each is, is a script in `web/dashboard/package.json`.

use std::path::Path;
use std::process::Command;

use crate::Outcome;
use crate::process::{self, workspace_root};

/// Where the pages are, from the root of the workspace.
const FOLDER: &str = "web/dashboard";

/// Leaves the browser out, where there is none.
const WITHOUT_BROWSER: &str = "--without-browser";

/// The demo of a built binary in a browser, and every page of its sites; nothing else.
const DEMO: &str = "--demo";

/// Only what the binary embeds.
const ONLY_BUILD: &str = "--only-build";

/// Checks, builds and tries the pages.
pub(crate) fn run(arguments: &[String]) -> Outcome {
    let scripts: &[&str] = match arguments {
        [] => &["lint", "test", "build", "size", "browser"],
        [option] if option == WITHOUT_BROWSER => &["lint", "test", "build", "size"],
        [option] if option == ONLY_BUILD => &["build", "size"],
        [option] if option == DEMO => return demo(),
        _ => {
            let seen = arguments.join(" ");
            return Err(format!(
                "`{seen}` is not known; say nothing, {WITHOUT_BROWSER}, \
                 {ONLY_BUILD} or {DEMO}"
            ));
        }
    };
    let folder = workspace_root().join(FOLDER);
    install(&folder)?;
    for script in scripts {
        println!("dashboard: {script}");
        process::run(&mut npm(&folder, &["run", "--silent", script]))?;
    }
    Ok(())
}

/// The demo, as the tests have built it.
fn demo() -> Outcome {
    let folder = workspace_root().join(FOLDER);
    install(&folder)?;
    let target = std::env::var("CARGO_TARGET_DIR").unwrap_or_else(|_| "target".to_owned());
    let program = workspace_root().join(target).join("debug/v2x");
    let mut browser = npm(
        &folder,
        &["run", "--silent", "browser", "--", "demo", "live"],
    );
    process::run(browser.env("V2X_PROGRAM", program))
}

/// The packages of the lock file, unless the very same are there.
fn install(folder: &Path) -> Outcome {
    let read = |path: &Path| std::fs::read(path).ok();
    let wanted = read(&folder.join("package-lock.json"));
    let marker = folder.join("node_modules/.installed-from");
    if wanted.is_some() && wanted == read(&marker) {
        return Ok(());
    }
    println!("dashboard: npm ci");
    process::run(&mut npm(folder, &["ci"])).map_err(|reason| {
        format!("{reason}; the pages need Node 18 or newer and npm (`script/test` installs them)")
    })?;
    let from = folder.join("package-lock.json");
    std::fs::copy(&from, &marker)
        .map(|_| ())
        .map_err(|error| format!("{}: {error}", marker.display()))
}

fn npm(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new("npm");
    command.args(arguments).current_dir(folder);
    // The browser is Debian's.
    command.env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1");
    command
}
