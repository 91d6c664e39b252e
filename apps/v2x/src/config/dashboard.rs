//! The settings of the dashboard, for vehicle and station alike.

use std::net::SocketAddr;
use std::path::PathBuf;

use v2x_web::types::Tiles;

use super::keys::DashboardTable;

/// Where the dashboard is served, to whom and how.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct DashboardConfig {
    /// Where it answers; `None`: it is switched off.
    pub(crate) listen: Option<SocketAddr>,
    /// What the pages call the vehicle.
    pub(crate) name: Option<String>,
    /// The file of accounts; `None`: the one in the daemon's folder.
    pub(crate) users: Option<PathBuf>,
    /// The files of certificate and key.
    pub(crate) tls: Option<(PathBuf, PathBuf)>,
    /// Where map tiles come from, if they are wanted.
    pub(crate) tiles: Option<Tiles>,
}

impl DashboardConfig {
    /// Takes a table apart.
    pub(super) fn of(table: DashboardTable) -> Result<Self, String> {
        let tls = match (table.tls_cert, table.tls_key) {
            (None, None) => None,
            (Some(certificate), Some(key)) => Some((certificate, key)),
            (Some(_), None) => return Err(missing("tls_cert", "tls_key")),
            (None, Some(_)) => return Err(missing("tls_key", "tls_cert")),
        };
        Ok(Self {
            listen: table.listen.and_then(|listen| listen.0),
            name: table.name.filter(|name| !name.trim().is_empty()),
            users: table.users,
            tls,
            tiles: tiles(table.tiles_url, table.tiles_attribution)?,
        })
    }
}

fn missing(given: &str, other: &str) -> String {
    format!("dashboard.{given} is given without dashboard.{other}; they belong together")
}

fn tiles(url: Option<String>, attribution: Option<String>) -> Result<Option<Tiles>, String> {
    let Some(url) = url.filter(|url| !url.is_empty()) else {
        return Ok(None);
    };
    let has = |part| url.contains(part);
    if !has("{z}") || !has("{x}") || !has("{y}") || !url.starts_with("https://") {
        return Err(format!(
            "dashboard.tiles_url is {url:?}; it must be as https://tiles.example/{{z}}/{{x}}/{{y}}.png"
        ));
    }
    Ok(Some(Tiles {
        url,
        attribution: attribution.unwrap_or_default(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certificate_without_its_key_and_tiles_without_a_place_are_refused() {
        let table = DashboardTable {
            tls_cert: Some("cert.pem".into()),
            ..DashboardTable::default()
        };
        assert!(DashboardConfig::of(table).unwrap_err().contains("tls_key"));
        for url in ["http://a/{z}/{x}/{y}", "https://a/{z}/{x}", "a"] {
            let table = DashboardTable {
                tiles_url: Some(url.to_owned()),
                ..DashboardTable::default()
            };
            assert!(DashboardConfig::of(table).is_err(), "{url}");
        }
        let none = DashboardConfig::of(DashboardTable::default());
        assert_eq!(none, Ok(DashboardConfig::default()));
    }
}
