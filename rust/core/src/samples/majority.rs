//! maj@k: whether the answer that most of k samples give is correct, in the mean over all k-subsets.
//!
//! With `n_b` samples in answer class b, R the correct classes, j the winning number of votes and t the number of other
//! classes that tie with it:
//!
//! ```text
//! maj@k = sum_{a in R} sum_j C(n_a, j) sum_t 1/(t+1) [x^(k-j) y^t]
//!         (1+x)^abstain prod_{b != a} (sum_{i<j} C(n_b, i) x^i + y C(n_b, j) x^j)  /  C(n, k)
//! ```
//!
//! For each j only the classes with `n_b` >= j are told apart, the rest are one factor; where j > k/2 nobody can tie.
//! Wang et al. 2023 (arXiv 2203.11171) introduce the vote. A tie that the first vote decides ("first seen") has the
//! mean of a fair one, as each order of the draws is equally likely. O(n k^2) at worst.

use super::majority_layers::{AtTop, Layer};
use super::majority_rows::Rows;
use crate::estimators::allfail;

/// The answers of one problem's n samples.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Votes {
    /// Samples that give an answer, and whether it is correct, answer by answer.
    pub classes: Vec<(u64, bool)>,
    /// Samples that give none.
    pub abstain: u64,
}

impl Votes {
    /// All samples.
    #[must_use]
    pub fn samples(&self) -> u64 {
        self.classes.iter().map(|class| class.0).sum::<u64>() + self.abstain
    }
}

/// What a tie for most votes counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ties {
    /// The share of correct answers among those that tie.
    Fair,
    /// 0, unless all that tie are correct.
    Wrong,
    /// 1, if any that ties is correct.
    Right,
}

impl Ties {
    /// The rule with that public name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "fair" => Some(Self::Fair),
            "wrong" => Some(Self::Wrong),
            "right" => Some(Self::Right),
            _ => None,
        }
    }

    /// What a tie counts of which so many are correct.
    fn value(self, correct: usize, all: usize) -> f64 {
        match self {
            Self::Fair => correct as f64 / all as f64,
            Self::Wrong => f64::from(u8::from(correct == all)),
            Self::Right => f64::from(u8::from(correct > 0)),
        }
    }

    /// What wrong classes do that reach the top, and correct ones beside a correct one.
    const fn at_top(self) -> [AtTop; 2] {
        match self {
            Self::Fair => [AtTop::Counts, AtTop::Counts],
            Self::Wrong => [AtTop::Ends, AtTop::Passes],
            Self::Right => [AtTop::Passes, AtTop::Passes],
        }
    }
}

/// What samples of one answer with different verdicts are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mixed {
    /// An error.
    Error,
    /// Correct, where more than half of them are.
    Majority,
}

impl Mixed {
    /// The rule with that public name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "error" => Some(Self::Error),
            "majority" => Some(Self::Majority),
            _ => None,
        }
    }
}

/// maj@k of one problem, in [0, 1]; 0 where nobody votes. 1 <= k <= n.
#[must_use]
pub fn maj_at_k(votes: &Votes, k: u64, ties: Ties) -> f64 {
    Majority::default().at_k(votes, k, ties, false)
}

/// The same of k draws with replacement; any k >= 1. Biased as an estimate of the model's own.
#[must_use]
pub fn maj_at_k_with_replacement(votes: &Votes, k: u64, ties: Ties) -> f64 {
    Majority::default().at_k(votes, k, ties, true)
}

/// Room for the sums, used again from problem to problem.
#[derive(Default)]
pub struct Majority {
    rows: Rows,
    /// Wrong and correct classes, largest first.
    classes: [Vec<u64>; 2],
    /// Ways without a correct class at the top, and with one.
    open: [Layer; 2],
    crowned: [Layer; 2],
}

impl Majority {
    /// As [`maj_at_k`] or [`maj_at_k_with_replacement`], with the same bits.
    #[must_use]
    pub fn at_k(&mut self, votes: &Votes, k: u64, ties: Ties, with_replacement: bool) -> f64 {
        for (list, correct) in self.classes.iter_mut().zip([false, true]) {
            list.clear();
            list.extend(votes.classes.iter().filter(|class| class.1 == correct && class.0 > 0).map(|c| c.0));
            list.sort_unstable_by(|a, b| b.cmp(a));
        }
        let n = votes.samples();
        let [wrong, correct] = [0, 1].map(|which| self.classes[which].iter().sum::<u64>());
        if correct == 0 {
            0.0
        } else if k == 1 {
            correct as f64 / n as f64
        } else if wrong == 0 && votes.abstain == 0 {
            1.0
        } else if wrong == 0 && !with_replacement {
            allfail(n, correct, k).1
        } else if k == n && !with_replacement {
            self.of_all(ties)
        } else {
            self.rows.turn_to(n, k, with_replacement);
            let whole = self.rows.chance(n, k);
            let [dense, sparse] = [self.undivided(n, k), self.tied(votes.abstain, k, ties)];
            ((dense + sparse) / whole).min(1.0)
        }
    }

    /// All samples vote.
    fn of_all(&self, ties: Ties) -> f64 {
        let most = self.classes.iter().filter_map(|list| list.first()).max();
        let [wrong, correct] = [0, 1]
            .map(|which: usize| self.classes[which].iter().take_while(|&count| Some(count) == most).count());
        ties.value(correct, wrong + correct)
    }

    /// A correct class has more than half of the draws, whoever has the others.
    fn undivided(&mut self, n: u64, k: u64) -> f64 {
        let Self { rows, classes, .. } = self;
        let mut sum = 0.0;
        for &count in &classes[1] {
            for j in k / 2 + 1..=rows.most(count) {
                sum += rows.chance(count, j) * rows.chance(n - count, k - j);
            }
        }
        sum
    }

    /// A correct class has the most draws, up to half of them.
    fn tied(&mut self, abstain: u64, k: u64, ties: Ties) -> f64 {
        let total: u64 = self.classes.iter().flatten().sum();
        let most = self.classes[1].first().map_or(0, |&count| self.rows.most(count));
        let mut sum = 0.0;
        for j in 1..=most.min(k / 2) {
            let told_apart =
                self.classes.each_ref().map(|list| list.partition_point(|&count| self.rows.most(count) >= j));
            let counts = || self.classes.iter().zip(told_apart).flat_map(|(list, length)| &list[..length]);
            let rest = total + abstain - counts().sum::<u64>();
            // Classes are few, and all of them full are not enough for k draws: no way leads there.
            let room = (told_apart[0] + told_apart[1]) as u64 * j;
            if room.saturating_add(self.rows.most(rest)) >= k {
                sum += self.with_most(told_apart, rest, j, k, ties);
            }
        }
        sum
    }

    /// A correct class has j draws and no class more.
    #[allow(clippy::cast_possible_truncation)] // k ways fit in memory, or nothing does
    fn with_most(&mut self, told_apart: [usize; 2], rest: u64, j: u64, k: u64, ties: Ties) -> f64 {
        let Self { rows, classes, open, crowned } = self;
        let others = rows.most(rest) as usize;
        rows.make(rest);
        let (top, k) = (j as usize, k as usize);
        let mut left = told_apart[0] + told_apart[1];
        let most_ties = if ties == Ties::Fair { left.min(k / top) } else { 1 };
        for layer in open.iter_mut().chain(&mut *crowned) {
            layer.clear(most_ties, k + 1);
        }
        open[0].start();
        let at_top = ties.at_top();
        for (which, length) in told_apart.into_iter().enumerate() {
            for &count in &classes[which][..length] {
                left -= 1;
                rows.make(count);
                let row = rows.of(count);
                let least = k.saturating_sub(left * top + others);
                let [open_before, open_after] = &mut *open;
                let [crowned_before, crowned_after] = &mut *crowned;
                open_after.clear(most_ties, k + 1);
                if which == 1 {
                    crowned_after.clear(most_ties, k + 1);
                    crowned_after.let_in(crowned_before, row, top, at_top[1], &(least..k + 1));
                    crowned_after.crown(open_before, row, top, &(least..k + 1));
                    crowned.swap(0, 1);
                }
                if left > 0 {
                    let before_crown = if which == 0 { at_top[0] } else { open_at_top(ties) };
                    open_after.let_in(open_before, row, top, before_crown, &(least..k + 1 - top));
                }
                open.swap(0, 1);
            }
        }
        crowned[0].total(rows.of(rest), k)
    }
}

/// What a correct class does at the top before one is crowned: with fair ties it counts for those still to come.
const fn open_at_top(ties: Ties) -> AtTop {
    match ties {
        Ties::Fair => AtTop::Counts,
        Ties::Wrong | Ties::Right => AtTop::Ends,
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp)] // to the last bit
mod tests {
    use super::{Ties, Votes, maj_at_k, maj_at_k_with_replacement};

    fn votes(counts: &[u64], correct: usize, abstain: u64) -> Votes {
        Votes {
            classes: counts.iter().enumerate().map(|(b, &count)| (count, b == correct)).collect(),
            abstain,
        }
    }

    #[test]
    fn vectors() {
        let near =
            |value: f64, exact: f64| assert!((value / exact - 1.0).abs() < 1e-15, "{value}, not {exact}");
        near(maj_at_k(&votes(&[3, 2, 1], 0, 0), 3, Ties::Fair), 3.0 / 5.0);
        near(maj_at_k(&votes(&[3, 2, 1], 1, 0), 3, Ties::Fair), 3.0 / 10.0);
        near(maj_at_k(&votes(&[3, 2, 1], 0, 0), 3, Ties::Wrong), 1.0 / 2.0);
        near(maj_at_k(&votes(&[5, 3, 3, 1, 1, 1], 0, 2), 5, Ties::Fair), 1097.0 / 2184.0);
        near(maj_at_k(&votes(&[5, 3, 3, 1, 1, 1], 1, 2), 8, Ties::Fair), 965.0 / 5148.0);
        near(maj_at_k_with_replacement(&votes(&[5, 3, 2], 0, 0), 5, Ties::Fair), 0.6125);
    }

    #[test]
    fn edges() {
        for ties in [Ties::Fair, Ties::Wrong, Ties::Right] {
            assert_eq!(maj_at_k(&Votes { classes: vec![], abstain: 3 }, 2, ties), 0.0);
            assert_eq!(maj_at_k(&Votes { classes: vec![(0, true), (2, false)], abstain: 1 }, 2, ties), 0.0);
            assert_eq!(maj_at_k(&Votes { classes: vec![(2, true), (1, true)], abstain: 0 }, 2, ties), 1.0);
            assert_eq!(maj_at_k(&Votes { classes: vec![(1, true)], abstain: 3 }, 2, ties), 0.5);
        }
        let tied = Votes { classes: vec![(2, true), (2, false), (2, true), (1, false)], abstain: 0 };
        assert_eq!(maj_at_k(&tied, 7, Ties::Fair), 2.0 / 3.0);
        assert_eq!(maj_at_k(&tied, 7, Ties::Wrong), 0.0);
        assert_eq!(maj_at_k(&tied, 7, Ties::Right), 1.0);
    }
}
