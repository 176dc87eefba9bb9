//! Where the cell of a key is: the codes of its columns side by side in one number.

/// How many bits each column's code has, the first column's the highest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Layout {
    bits: Vec<u32>,
}

impl Layout {
    /// Whether codes below these numbers have cells.
    pub(super) fn holds(&self, codes: &[usize]) -> bool {
        self.bits.len() == codes.len() && self.bits.iter().zip(codes).all(|(bits, codes)| *codes <= 1 << bits)
    }

    /// The next larger one for codes below these numbers.
    pub(super) fn wider(&self, codes: &[usize]) -> Self {
        let before = self.bits.iter().copied().chain(std::iter::repeat(0));
        let needed = codes.iter().map(|codes| codes.max(&1).next_power_of_two().trailing_zeros());
        Self { bits: needed.zip(before).map(|(needed, before)| needed.max(before)).collect() }
    }

    /// How many cells there are, at most 2^31; `None` for more.
    pub(super) fn cells(&self) -> Option<usize> {
        let bits = self.bits.iter().sum::<u32>();
        (bits < 32 && !self.bits.is_empty()).then(|| 1 << bits)
    }

    /// How far apart the cells of neighbouring codes are, a column each.
    pub(super) fn steps(&self) -> Vec<u32> {
        self.shifts().map(|(shift, _)| 1 << shift).collect()
    }

    /// The cell of a key.
    pub(super) fn cell(&self, key: impl Iterator<Item = u32>) -> u32 {
        self.shifts().zip(key).fold(0, |cell, ((shift, _), code)| cell | code << shift)
    }

    /// The codes of these cells' keys, one vector a column.
    pub(super) fn keys(&self, cells: &[u32]) -> Vec<Vec<u32>> {
        let codes = |(shift, mask): (u32, u32)| cells.iter().map(|cell| cell >> shift & mask).collect();
        self.shifts().map(codes).collect()
    }

    /// Where a cell of this layout is in a wider one.
    pub(super) fn translate(&self, wider: &Self) -> impl Fn(u32) -> u32 + use<> {
        let both: Vec<_> = self.shifts().zip(wider.shifts()).collect();
        move |cell| both.iter().fold(0, |moved, ((old, mask), (new, _))| moved | (cell >> old & mask) << new)
    }

    /// The shift and mask of each column.
    fn shifts(&self) -> impl Iterator<Item = (u32, u32)> {
        let mut shift = self.bits.iter().sum::<u32>();
        self.bits.iter().map(move |bits| {
            shift -= bits;
            (shift, (1 << bits) - 1)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Layout;

    #[test]
    fn a_key_keeps_its_codes_in_a_wider_layout() {
        let narrow = Layout::default().wider(&[3, 1, 20]);
        assert_eq!((narrow.cells(), narrow.steps()), (Some(128), vec![32, 32, 1]));
        assert!(narrow.holds(&[4, 1, 32]) && !narrow.holds(&[5, 1, 1]) && !narrow.holds(&[1, 1]));
        let wide = narrow.wider(&[1, 9, 33]);
        assert_eq!(wide.cells(), Some(4 * 16 * 64));
        let translate = narrow.translate(&wide);
        for cell in 0..128 {
            assert_eq!(narrow.keys(&[cell]), wide.keys(&[translate(cell)]));
            assert_eq!(narrow.cell(narrow.keys(&[cell]).iter().map(|codes| codes[0])), cell);
        }
        assert_eq!(wide.wider(&[1 << 12, 1 << 12, 1 << 12]).cells(), None);
    }
}
