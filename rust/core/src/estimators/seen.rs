//! Remembering cells, so that a repeated (n, c, k) costs a comparison.

/// The last few thousand cells: a cell's hash is its only slot, and a newer cell takes it over.
pub(super) struct Seen {
    slots: Vec<((i64, i64, i64), usize)>,
}

impl Seen {
    const BITS: u32 = 10;
    const NOWHERE: usize = usize::MAX;

    pub(super) fn new(cells: usize) -> Self {
        let slots = if cells < 64 { 64 } else { 1 << Self::BITS };
        Self { slots: vec![((0, 0, 0), Self::NOWHERE); slots] }
    }

    /// Where the cell was last seen, else `index` is where.
    #[inline]
    pub(super) fn find_or_insert(&mut self, cell: (i64, i64, i64), index: usize) -> Option<usize> {
        let (n, c, k) = cell;
        let mixed =
            (n ^ c.rotate_left(21) ^ k.rotate_left(42)).wrapping_mul(0x9e37_79b9_7f4a_7c15_u64.cast_signed());
        let place = (mixed.cast_unsigned() >> 40) as usize & (self.slots.len() - 1);
        let slot = &mut self.slots[place];
        if slot.0 == cell && slot.1 != Self::NOWHERE {
            return Some(slot.1);
        }
        *slot = (cell, index);
        None
    }
}
