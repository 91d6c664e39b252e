//! A town: roads with places, heights, limits and stops, around a charging station.
//!
//! The map is data ([`HALFWAY`] is ours); nothing of it exists. Not here: who drives.
//!
//! | file | what it holds |
//! |---|---|
//! | `file` | a map as TOML, and what can be wrong with it |
//! | [`way`] | a way through the town as a driver sees it: distance, height, heading, limit |

mod file;
pub mod way;

use petgraph::algo::astar;
use petgraph::graph::{DiGraph, NodeIndex};
use v2x_units::{Degrees, Position};

pub use file::MapError;
pub use way::{Place, Stop, Way};

/// The town of our own making.
pub const HALFWAY: &str = include_str!("../../maps/halfway.toml");

/// Metres of one degree of latitude on the sphere that the product reckons with.
const METERS_PER_DEGREE: f64 = 111_195.08;

/// A crossing, a bend or an end of a road.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Its name on the map.
    pub name: String,
    /// Metres east of the origin.
    pub east: f64,
    /// Metres north of the origin.
    pub north: f64,
    /// Metres above the sea.
    pub height: f64,
    /// Whether everybody stops here.
    pub stop: bool,
}

/// A piece of road between two nodes, in one direction.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Road {
    length: f64,
    /// Metres per second.
    limit: f64,
}

/// A town.
#[derive(Debug, Clone)]
pub struct Town {
    /// Its name.
    pub name: String,
    origin: Position,
    station: NodeIndex,
    roads: DiGraph<Node, Road>,
}

impl Town {
    /// Reads a map; `file_name` is only named in errors.
    ///
    /// # Errors
    /// Says what is wrong with the map, and where.
    pub fn from_toml(file_name: &str, text: &str) -> Result<Self, MapError> {
        file::read(file_name, text)
    }

    /// The node where the charging station stands.
    #[must_use]
    pub fn station(&self) -> &Node {
        &self.roads[self.station]
    }

    /// Every node, in the order of the map.
    pub fn nodes(&self) -> impl Iterator<Item = &Node> {
        self.roads.node_weights()
    }

    /// So many metres east and north of the origin, as GNSS says it.
    ///
    /// # Panics
    /// When the place is beyond a pole: maps are checked to be towns.
    #[must_use]
    pub fn position(&self, east: f64, north: f64) -> Position {
        let (latitude, longitude) = (self.origin.latitude().get(), self.origin.longitude().get());
        let around = METERS_PER_DEGREE * latitude.to_radians().cos();
        Position::new(
            Degrees::new(latitude + north / METERS_PER_DEGREE),
            Degrees::new(longitude + east / around),
        )
        .expect("a town is small, and its origin is checked to be far from the poles")
    }

    /// The quickest way that visits these nodes in this order; `None` when a name is not on the
    /// map or no road leads there.
    #[must_use]
    pub fn way(&self, through: &[&str]) -> Option<Way> {
        let mut path = vec![self.find(through.first()?)?];
        for name in through.iter().skip(1) {
            let (from, to) = (*path.last()?, self.find(name)?);
            let (_, leg) = astar(
                &self.roads,
                from,
                |node| node == to,
                |road| road.weight().length / road.weight().limit,
                |_| 0.0,
            )?;
            path.extend(leg.into_iter().skip(1));
        }
        let nodes = path.iter().map(|node| &self.roads[*node]);
        let limits = path.windows(2).map(|pair| {
            let road = self.roads.find_edge(pair[0], pair[1]);
            road.map_or(0.0, |road| self.roads[road].limit)
        });
        Some(Way::new(nodes, limits))
    }

    fn find(&self, name: &str) -> Option<NodeIndex> {
        self.roads
            .node_indices()
            .find(|node| self.roads[*node].name == name)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::town) fn halfway() -> Town {
        Town::from_toml("halfway.toml", HALFWAY).unwrap()
    }

    #[test]
    fn every_place_of_the_town_is_reached_from_every_other() {
        let town = halfway();
        for from in town.nodes() {
            for to in town.nodes() {
                assert!(town.way(&[&from.name, &to.name]).is_some());
            }
        }
    }

    #[test]
    fn roundabout_is_driven_counter_clockwise() {
        let town = halfway();
        // From the west to the south it is the first exit, to the north the third.
        let first = town.way(&["circle_west", "harbour"]).unwrap().length();
        let third = town.way(&["circle_west", "market"]).unwrap().length();
        let quarter = 18.0 * std::f64::consts::SQRT_2;
        assert!((first - quarter - 322.0).abs() < 0.1, "{first}");
        assert!((third - 3.0 * quarter - 342.0).abs() < 0.1, "{third}");
    }

    #[test]
    fn distances_by_gnss_are_those_of_the_map() {
        let town = halfway();
        let (a, b) = (town.position(0.0, 0.0), town.position(300.0, 400.0));
        let apart = a.distance_to(b).get();
        assert!((apart - 500.0).abs() < 0.1, "{apart}");
    }

    #[test]
    fn map_with_a_road_to_nowhere_names_file_and_node() {
        let broken = HALFWAY.replace("\"quarry\", \"market\"", "\"quarry\", \"atlantis\"");
        let error = Town::from_toml("broken.toml", &broken).unwrap_err();
        let text = error.to_string();
        assert!(
            text.contains("broken.toml") && text.contains("atlantis"),
            "{text}"
        );
    }
}
