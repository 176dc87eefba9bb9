//! Long products of ratios, each with its complement: q = prod (1 - `x_i`) and p = 1 - q.
//!
//! A factor comes as three numbers, (num, den, diff) with num / den = 1 - x and diff = den - num given
//! exactly. Several of them make a block, divided once: with N, D the running products, E = D - N obeys
//! `E' = E num + D diff`, which has no subtraction in it, so p keeps its digits even where it is 2^-53.

use std::ops::Range;

use super::chance::{Chance, Scaled};
use crate::dd::Dd;

/// One factor of a product: numerator, denominator, denominator - numerator.
pub(crate) type Factor = [Dd; 3];

/// A product that can be asked for at longer and longer lengths.
#[derive(Clone, Copy)]
pub(crate) struct Product {
    block: u64,
    done: u64,
    value: Chance,
}

impl Product {
    /// No factor yet. A block's numerators and denominators must multiply to less than 2^960.
    pub(crate) fn in_blocks_of(block: u64) -> Self {
        Self { block, done: 0, value: Chance::NEVER }
    }

    /// The product of the first `length` factors, where `length` is no less than the last time.
    ///
    /// Blocks start at multiples of their size whatever was asked for before, so the bits depend on `length` only. It
    /// stops, with q anything below 2^`floor`, where q falls below that.
    pub(crate) fn first(&mut self, length: u64, floor: i32, factor: impl Fn(u64) -> Factor) -> Chance {
        while self.done + self.block <= length && self.value.q.e >= floor {
            self.value = times_block(self.value, self.done..self.done + self.block, &factor);
            self.done += self.block;
        }
        if self.value.q.e < floor || self.done == length {
            self.value
        } else {
            times_block(self.value, self.done..length, &factor)
        }
    }
}

fn times_block(value: Chance, block: Range<u64>, factor: impl Fn(u64) -> Factor) -> Chance {
    let [mut num, mut den, mut diff] = [Dd::ONE, Dd::ONE, Dd::ZERO];
    if value.q.e < -1 {
        // Below 1/2 the complement of q is as good, and half the work.
        for [n, d, _] in block.map(factor) {
            num = num * n;
            den = den * d;
        }
        let q = value.q.mul(Scaled::new(num / den, 0));
        return Chance { q, p: q.to_dd().complement() };
    }
    for [n, d, x] in block.map(factor) {
        diff = diff * n + den * x;
        num = num * n;
        den = den * d;
    }
    value.and(Chance { q: Scaled::new(num / den, 0), p: diff / den })
}
