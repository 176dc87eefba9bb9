//! Keys in their order.

use super::ids::IdColumn;
use super::layout::Layout;

/// A table of places may be so many times as long as there are keys.
const SPARSEST: usize = 16;

/// The places of keys in sorted order; `columns` holds their codes, one vector an id column.
pub(super) fn sorted(ids: &[IdColumn], columns: &[Vec<u32>]) -> Vec<u32> {
    let ranks: Vec<_> = ids.iter().map(IdColumn::ranks).collect();
    let keys = columns.first().map_or(0, Vec::len);
    let lengths: Vec<_> = ranks.iter().map(Vec::len).collect();
    let layout = Layout::default().wider(&lengths);
    let rank = |key: usize| columns.iter().zip(&ranks).map(move |(codes, ranks)| ranks[codes[key] as usize]);
    if let Some(cells) = layout.cells().filter(|&cells| cells <= SPARSEST * keys.max(1 << 10)) {
        return placed(cells, (0..keys).map(|key| layout.cell(rank(key))));
    }
    let mut order: Vec<u32> = (0..u32::try_from(keys).unwrap_or(u32::MAX)).collect();
    order.sort_by_cached_key(|&key| {
        let mut ranks = rank(key as usize);
        // Up to four columns of ranks are one integer; more are rare and pay for a list.
        let head = ranks.by_ref().take(4).fold(0_u128, |head, rank| head << 32 | u128::from(rank));
        (head, ranks.collect::<Vec<u32>>())
    });
    order
}

/// Distinct cells in order, by laying each in its place.
fn placed(most: usize, cells: impl Iterator<Item = u32>) -> Vec<u32> {
    let mut places = vec![u32::MAX; most];
    for (key, cell) in (0..).zip(cells) {
        places[cell as usize] = key;
    }
    places.retain(|&key| key != u32::MAX);
    places
}

#[cfg(test)]
mod tests {
    use super::sorted;
    use crate::tally::ids::{IdColumn, IdKind};

    fn column(values: &[i128]) -> (IdColumn, Vec<u32>) {
        let mut ids = IdColumn::new("id");
        ids.expect(IdKind::Int { bits: 64, signed: true }).unwrap();
        let codes = values.iter().map(|&value| ids.number(value)).collect();
        (ids, codes)
    }

    #[test]
    fn close_and_far_keys_are_sorted_alike() {
        for (left, right) in [(50, 40), (1 << 40, 1 << 20)] {
            let values = |most: i128, factor| {
                (0..3000).map(|i: i128| i * i * factor % 3001 * most / 3001 - most / 3).collect::<Vec<_>>()
            };
            let (first, second, third) = (values(left, 7), values(right, 13), values(right, 1001));
            let mut keys: Vec<_> = (0..3000).map(|i| (first[i], second[i], third[i])).collect();
            keys.sort_unstable();
            keys.dedup();
            // An order of its own, so that codes are no ranks.
            let start = keys.len() / 3;
            keys.rotate_left(start);
            let split =
                |of: fn(&(i128, i128, i128)) -> i128| column(&keys.iter().map(of).collect::<Vec<_>>());
            let (ids, codes): (Vec<_>, Vec<_>) =
                [split(|key| key.0), split(|key| key.1), split(|key| key.2)].into_iter().unzip();
            let order = sorted(&ids, &codes);
            assert_eq!(order.len(), keys.len());
            assert!(order.is_sorted_by_key(|&at| keys[at as usize]));
        }
    }
}
