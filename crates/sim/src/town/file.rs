//! A map as TOML, and what can be wrong with it.

use std::collections::BTreeMap;

use petgraph::graph::{DiGraph, NodeIndex};
use serde::Deserialize;
use thiserror::Error;
use v2x_units::{Degrees, Position};

use super::{Node, Road, Town};

/// A map that is none.
#[derive(Debug, Error)]
#[error("{file}: {fault}")]
pub struct MapError {
    /// The map's name.
    pub file: String,
    /// What is wrong, and what would be right.
    pub fault: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct MapFile {
    name: String,
    origin: Origin,
    station: String,
    nodes: BTreeMap<String, NodeRow>,
    roads: Vec<RoadRow>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct Origin {
    latitude: f64,
    longitude: f64,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct NodeRow {
    east: f64,
    north: f64,
    height: f64,
    #[serde(default)]
    stop: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RoadRow {
    #[serde(default)]
    #[expect(dead_code, reason = "for whoever reads the map")]
    name: String,
    limit: f64,
    #[serde(default)]
    one_way: bool,
    nodes: Vec<String>,
}

/// A town is smaller than this, in metres from its origin.
const FARTHEST: f64 = 50_000.0;

pub(super) fn read(file: &str, text: &str) -> Result<Town, MapError> {
    build(text).map_err(|fault| MapError {
        file: file.to_owned(),
        fault,
    })
}

fn build(text: &str) -> Result<Town, String> {
    let map: MapFile = toml::from_str(text).map_err(|error| error.to_string())?;
    let origin = Position::new(
        Degrees::new(map.origin.latitude),
        Degrees::new(map.origin.longitude),
    )
    .map_err(|error| format!("origin: {error}"))?;
    if origin.latitude().get().abs() > 80.0 {
        return Err("origin: a town lies below 80 degrees of latitude".to_owned());
    }
    let mut roads = DiGraph::new();
    let mut places = BTreeMap::new();
    for (name, row) in &map.nodes {
        if ![row.east, row.north, row.height]
            .iter()
            .all(|it| it.abs() <= FARTHEST)
        {
            return Err(format!("node {name}: beyond {FARTHEST} m from the origin"));
        }
        let node = Node {
            name: name.clone(),
            east: row.east,
            north: row.north,
            height: row.height,
            stop: row.stop,
        };
        places.insert(name.as_str(), roads.add_node(node));
    }
    let find = |name: &str| {
        let known = || places.keys().copied().collect::<Vec<_>>().join(", ");
        (places.get(name).copied())
            .ok_or_else(|| format!("there is no node {name:?}; there are {}", known()))
    };
    for row in &map.roads {
        if !(5.0..=130.0).contains(&row.limit) {
            return Err(format!(
                "a limit of {} km/h; it must be 5 to 130",
                row.limit
            ));
        }
        for pair in row.nodes.windows(2) {
            let (from, to) = (find(&pair[0])?, find(&pair[1])?);
            connect(&mut roads, from, to, row)?;
        }
    }
    let station = find(&map.station)?;
    Ok(Town {
        name: map.name,
        origin,
        station,
        roads,
    })
}

fn connect(
    roads: &mut DiGraph<Node, Road>,
    from: NodeIndex,
    to: NodeIndex,
    row: &RoadRow,
) -> Result<(), String> {
    let (a, b) = (&roads[from], &roads[to]);
    let length = (a.east - b.east).hypot(a.north - b.north);
    if length < 1.0 || (a.height - b.height).abs() > 0.3 * length {
        return Err(format!(
            "the road from {} to {} is shorter than 1 m or steeper than 30 %",
            a.name, b.name
        ));
    }
    let road = Road {
        length,
        limit: row.limit / 3.6,
    };
    roads.add_edge(from, to, road);
    if !row.one_way {
        roads.add_edge(to, from, road);
    }
    Ok(())
}
