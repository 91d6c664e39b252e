//! Embeds the dashboard, if it was built before: each file with its type and tag, packed once.
//!
//! Without `web/dashboard/dist` the program has no pages and says so. `V2X_DASHBOARD` names another
//! folder, or `none`.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest as _, Sha256};

const DASHBOARD: &str = "../../web/dashboard";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=V2X_DASHBOARD");
    let given = std::env::var("V2X_DASHBOARD").ok();
    let folder = match given.as_deref() {
        Some("none") => None,
        Some(folder) => Some(PathBuf::from(folder)),
        None => Some(Path::new(DASHBOARD).join("dist")),
    };
    let out = PathBuf::from(std::env::var("OUT_DIR").expect("cargo sets it"));
    let mut table = String::from("&[\n");
    let pages = folder.filter(|folder| folder.join("index.html").is_file());
    match &pages {
        Some(folder) => {
            println!("cargo::rerun-if-changed={}", folder.display());
            for (number, file) in files(folder).iter().enumerate() {
                let packed = out.join(format!("page-{number}"));
                table.push_str(&row(folder, file, &packed));
            }
        }
        // Looked at again as soon as it is built.
        None if Path::new(DASHBOARD).is_dir() => {
            println!("cargo::rerun-if-changed={DASHBOARD}");
        }
        None => {}
    }
    table.push_str("]\n");
    fs::write(out.join("pages.rs"), table).expect("the build folder can be written");
}

/// All files of a folder and those in it, in order.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let entries = fs::read_dir(folder).expect("the dashboard's folder can be read");
    for entry in entries {
        let path = entry.expect("the dashboard's folder can be read").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_none_or(|end| end != "map") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Writes a file as it is served; gives its row in the table.
fn row(folder: &Path, file: &Path, packed: &Path) -> String {
    let bytes = fs::read(file).expect("the dashboard's files can be read");
    let name = file.strip_prefix(folder).expect("it was found there");
    let name = name
        .to_str()
        .expect("the dashboard's files have plain names");
    let (kind, packs) = kind(file);
    let served = if packs { pack(&bytes) } else { bytes.clone() };
    fs::write(packed, served).expect("the build folder can be written");
    let mut tag = String::new();
    for byte in &Sha256::digest(&bytes)[..12] {
        write!(tag, "{byte:02x}").expect("a text takes everything");
    }
    format!(
        "    Page {{ path: {name:?}, kind: {kind:?}, tag: \"\\\"{tag}\\\"\", is_packed: {packs}, \
         bytes: include_bytes!({packed:?}) }},\n"
    )
}

fn pack(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).expect("memory takes everything");
    encoder.finish().expect("memory takes everything")
}

/// The media type of a file, and whether packing makes it smaller.
fn kind(file: &Path) -> (&'static str, bool) {
    let end = file.extension().and_then(|end| end.to_str());
    match end.unwrap_or_default() {
        "html" => ("text/html; charset=utf-8", true),
        "js" | "mjs" => ("text/javascript; charset=utf-8", true),
        "css" => ("text/css; charset=utf-8", true),
        "json" => ("application/json", true),
        "webmanifest" => ("application/manifest+json", true),
        "svg" => ("image/svg+xml", true),
        "txt" => ("text/plain; charset=utf-8", true),
        "wasm" => ("application/wasm", true),
        "ttf" => ("font/ttf", true),
        "png" => ("image/png", false),
        "jpg" | "jpeg" => ("image/jpeg", false),
        "webp" => ("image/webp", false),
        "ico" => ("image/x-icon", false),
        "woff2" => ("font/woff2", false),
        _ => ("application/octet-stream", false),
    }
}
