//! Places by squares of ground: who may be near, without looking at everybody.
//!
//! Not here: how far away they really are; whoever asks measures that.

/// No more squares than this for each place: a place far out must not fill the memory.
const SQUARES_PER_PLACE: f64 = 8.0;

/// Places in squares.
#[derive(Debug, Clone, Default)]
pub(crate) struct Grid {
    /// Metres of a square's side.
    side: f64,
    west: f64,
    south: f64,
    columns: usize,
    rows: usize,
    /// Where each square begins in `members`; one more at the end.
    begins: Vec<usize>,
    members: Vec<usize>,
}

impl Grid {
    /// Sorts places (metres east and north) into squares, so that whoever is within so many metres
    /// lies in the same square or in one beside it.
    pub(crate) fn sort(&mut self, within: f64, places: &[(f64, f64)]) {
        let none = (f64::INFINITY, f64::NEG_INFINITY);
        let wider = |(low, high): (f64, f64), at: f64| (low.min(at), high.max(at));
        let (west, east) = places.iter().fold(none, |all, place| wider(all, place.0));
        let (south, north) = places.iter().fold(none, |all, place| wider(all, place.1));
        let (width, height) = ((east - west).max(0.0), (north - south).max(0.0));
        #[expect(clippy::cast_precision_loss, reason = "some thousand places")]
        let most = SQUARES_PER_PLACE * places.len().max(1) as f64;
        self.side = within.max(1.0).max((width * height / most).sqrt());
        // A long thin town has one row of squares.
        self.side = self.side.max(width.max(height) / most);
        (self.west, self.south) = (west, south);
        self.columns = index(width / self.side) + 1;
        self.rows = index(height / self.side) + 1;
        self.begins.clear();
        self.begins.resize(self.columns * self.rows + 1, 0);
        for place in places {
            let square = self.square(*place);
            self.begins[square + 1] += 1;
        }
        for square in 1..self.begins.len() {
            self.begins[square] += self.begins[square - 1];
        }
        self.members.clear();
        self.members.resize(places.len(), 0);
        let mut next = self.begins.clone();
        for (who, place) in places.iter().enumerate() {
            let square = self.square(*place);
            self.members[next[square]] = who;
            next[square] += 1;
        }
    }

    /// Everybody who may be near a place, in rising order, and some who are not.
    pub(crate) fn near(&self, place: (f64, f64), found: &mut Vec<usize>) {
        found.clear();
        if self.members.is_empty() {
            return;
        }
        let (column, row) = self.column_and_row(place);
        for row in row.saturating_sub(1)..=(row + 1).min(self.rows - 1) {
            let first = row * self.columns;
            let from = first + column.saturating_sub(1);
            let to = first + (column + 1).min(self.columns - 1);
            found.extend(&self.members[self.begins[from]..self.begins[to + 1]]);
        }
        found.sort_unstable();
    }

    fn square(&self, place: (f64, f64)) -> usize {
        let (column, row) = self.column_and_row(place);
        row * self.columns + column
    }

    fn column_and_row(&self, (east, north): (f64, f64)) -> (usize, usize) {
        let column = index((east - self.west) / self.side).min(self.columns - 1);
        let row = index((north - self.south) / self.side).min(self.rows - 1);
        (column, row)
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "what is negative or no number is 0, and what is too large is bounded by who asks"
)]
const fn index(squares: f64) -> usize {
    squares.max(0.0) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::Seed;

    #[test]
    fn everybody_within_reach_is_found_in_rising_order() {
        let mut chance = Seed(5).stream("grid");
        let mut grid = Grid::default();
        for (places, size) in [(1, 10.0), (50, 400.0), (300, 3000.0), (40, 1e6)] {
            let places: Vec<_> = (0..places)
                .map(|_| (chance.between(-size, size), chance.between(0.0, size / 3.0)))
                .collect();
            grid.sort(150.0, &places);
            assert!(
                grid.begins.len() <= 10 * places.len() + 20,
                "{}",
                grid.begins.len()
            );
            let mut found = Vec::new();
            for own in &places {
                grid.near(*own, &mut found);
                assert!(found.is_sorted());
                for (who, place) in places.iter().enumerate() {
                    let apart = (own.0 - place.0).hypot(own.1 - place.1);
                    assert!(apart > 150.0 || found.contains(&who), "{apart}");
                }
            }
        }
    }

    #[test]
    fn few_are_looked_at_in_a_large_town() {
        let places: Vec<_> = (0..30_u32)
            .flat_map(|east| (0..30_u32).map(move |north| (east, north)))
            .map(|(east, north)| (f64::from(east) * 200.0, f64::from(north) * 200.0))
            .collect();
        let (mut grid, mut found) = (Grid::default(), Vec::new());
        grid.sort(150.0, &places);
        grid.near(places[450], &mut found);
        assert!(found.len() <= 9, "{}", found.len());
    }

    #[test]
    fn nobody_is_near_where_nobody_is() {
        let (mut grid, mut found) = (Grid::default(), vec![1]);
        grid.near((0.0, 0.0), &mut found);
        assert!(found.is_empty());
        grid.sort(150.0, &[]);
        grid.near((0.0, 0.0), &mut found);
        assert!(found.is_empty());
    }
}
