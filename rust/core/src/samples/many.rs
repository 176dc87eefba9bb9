//! Metrics of many problems, each with any number of samples, at several k, on several threads.
//!
//! A problem's value depends on its samples as a set, so neither their order nor the number of threads changes a bit.

use std::ops::Range;

use super::maximum::{Extreme, Tails};
use super::{Majority, Mixed, Ties, Undefined, Votes, best_of_k, best_of_k_with_replacement, check};
use crate::dd::Dd;
use crate::parallel;

/// Samples in a chunk of problems, so that threads end together.
const CHUNK: usize = 1 << 11;

/// A metric and the samples of all problems, one after the other.
#[derive(Clone, Copy, Debug)]
pub enum Metric<'a> {
    /// The largest reward.
    Max(&'a [f64]),
    /// The smallest reward.
    Min(&'a [f64]),
    /// The value of the sample with the highest score.
    Best {
        /// What decides; infinite ones too.
        scores: &'a [f64],
        /// What is had.
        values: &'a [f64],
    },
    /// Whether the most frequent answer is correct.
    Majority {
        /// The answers' numbers, negative for none.
        answers: &'a [i64],
        /// Whether each is correct.
        correct: &'a [bool],
        /// What a tie counts.
        ties: Ties,
        /// What samples that give one answer to one problem are where some are correct and some not.
        mixed: Mixed,
    },
}

/// The first problem without a value, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Spoiled {
    /// Too few samples.
    #[error("row {row}: {reason}")]
    Undefined {
        /// The problem.
        row: usize,
        /// Why.
        reason: Undefined,
    },
    /// A reward or a value that is NaN or infinite, or a score that is NaN.
    #[error("row {row}, sample {sample}: not a finite number")]
    NotFinite {
        /// The problem.
        row: usize,
        /// Its place among the problem's samples.
        sample: usize,
    },
    /// An answer that is correct in one sample and wrong in another.
    #[error("row {row}: the answer of sample {sample} passed {passed} times of {samples}")]
    Mixed {
        /// The problem.
        row: usize,
        /// The place of a wrong one among the problem's samples.
        sample: usize,
        /// How often it is correct.
        passed: usize,
        /// How often it is given.
        samples: usize,
    },
    /// The caller asked to stop.
    #[error("interrupted")]
    Interrupted,
}

/// Writes the metric of each problem at each k to `out`, problems by ks; problem i has the samples from `offsets[i]`
/// to `offsets[i + 1]`.
///
/// # Errors
/// What [`Spoiled`] lists, of the first such problem.
///
/// # Panics
/// If `out` has another size.
pub fn evaluate(
    metric: Metric<'_>,
    offsets: &[usize],
    ks: &[u64],
    with_replacement: bool,
    out: &mut [f64],
    threads: usize,
    keep_on: &mut dyn FnMut() -> bool,
) -> Result<(), Spoiled> {
    let problems = offsets.len().saturating_sub(1);
    assert_eq!(out.len(), problems * ks.len(), "one place for each problem and k");
    let task = |room: &mut Room, _, (rows, out): (Range<usize>, &mut [f64])| {
        for (row, out) in rows.zip(out.chunks_mut(ks.len())) {
            let range = offsets[row]..offsets[row + 1];
            for &k in ks {
                check(range.len() as u64, k, with_replacement)
                    .map_err(|reason| Spoiled::Undefined { row, reason })?;
            }
            room.load(metric, range, row)?;
            room.shared.resize_with(ks.len(), Default::default);
            for (at, (out, &k)) in out.iter_mut().zip(ks).enumerate() {
                *out = room.at(metric, k, with_replacement, at);
            }
        }
        Ok(())
    };
    if ks.is_empty() {
        return Ok(());
    }
    let small = offsets.last().is_none_or(|&samples| samples <= CHUNK);
    let mut watch = || if keep_on() { Ok(()) } else { Err(Spoiled::Interrupted) };
    let watch = if small { None } else { Some(&mut watch as &mut dyn FnMut() -> Result<(), Spoiled>) };
    parallel::fold(
        if small { 1 } else { threads },
        chunks(offsets, ks.len(), out),
        Room::default,
        task,
        watch,
    )
    .map(drop)
}

/// Consecutive problems, each chunk with its part of the output.
fn chunks<'a>(offsets: &[usize], width: usize, mut out: &'a mut [f64]) -> Vec<(Range<usize>, &'a mut [f64])> {
    let (mut chunks, mut first) = (Vec::new(), 0);
    for end in 1..offsets.len() {
        if offsets[end] - offsets[first] >= CHUNK || end + 1 == offsets.len() || end - first >= CHUNK {
            let (here, after) = out.split_at_mut((end - first) * width);
            chunks.push((first..end, here));
            (out, first) = (after, end);
        }
    }
    chunks
}

/// One problem's samples, and what one thread works in.
#[derive(Default)]
struct Room {
    pairs: Vec<(f64, f64)>,
    groups: Vec<(f64, u64)>,
    ballots: Vec<(i64, bool)>,
    votes: Votes,
    /// For each k, what problems with as many samples share.
    shared: Vec<(Majority, Tails)>,
}

impl Room {
    fn load(&mut self, metric: Metric<'_>, range: Range<usize>, row: usize) -> Result<(), Spoiled> {
        let spoiled = |sample| Spoiled::NotFinite { row, sample };
        match metric {
            Metric::Max(rewards) | Metric::Min(rewards) => {
                let rewards = &rewards[range];
                rewards
                    .iter()
                    .position(|reward| !reward.is_finite())
                    .map_or(Ok(()), |at| Err(spoiled(at)))?;
                self.rank(rewards.iter().map(|&reward| (reward, reward)));
            }
            Metric::Best { scores, values } => {
                let both = || scores[range.clone()].iter().zip(&values[range.clone()]);
                let bad = both().position(|(score, value)| score.is_nan() || !value.is_finite());
                bad.map_or(Ok(()), |at| Err(spoiled(at)))?;
                self.rank(both().map(|(&score, &value)| (score, value)));
            }
            Metric::Majority { answers, correct, mixed, .. } => {
                let (answers, correct) = (&answers[range.clone()], &correct[range]);
                self.count(answers.iter().copied().zip(correct.iter().copied()));
                if mixed == Mixed::Error {
                    self.forbid_mixed(answers, correct, row)?;
                }
            }
        }
        Ok(())
    }

    fn forbid_mixed(&self, answers: &[i64], correct: &[bool], row: usize) -> Result<(), Spoiled> {
        if self.ballots.windows(2).all(|pair| pair[0].0 != pair[1].0 || pair[0].1 == pair[1].1) {
            return Ok(());
        }
        let of = |answer| self.ballots.iter().filter(move |ballot| ballot.0 == answer);
        let passed = |answer| of(answer).filter(|ballot| ballot.1).count();
        let wrong = |&at: &usize| answers[at] >= 0 && !correct[at] && passed(answers[at]) > 0;
        let sample = (0..answers.len()).find(wrong).unwrap_or(0);
        let answer = answers[sample];
        Err(Spoiled::Mixed { row, sample, passed: passed(answer), samples: of(answer).count() })
    }

    /// Groups samples by what decides, each with its mean value.
    fn rank(&mut self, samples: impl Iterator<Item = (f64, f64)>) {
        self.pairs.clear();
        // -0 and 0 tie, but total_cmp would part them, and the values of a tie are to be sorted.
        self.pairs.extend(samples.map(|(by, value)| (by + 0.0, value)));
        self.pairs.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        self.groups.clear();
        #[allow(clippy::float_cmp)] // a tie is a tie
        let ties = self.pairs.chunk_by(|a, b| a.0 == b.0);
        self.groups.extend(ties.map(|tied| (mean(tied), tied.len() as u64)));
    }

    fn count(&mut self, samples: impl Iterator<Item = (i64, bool)>) {
        self.ballots.clear();
        self.ballots.extend(samples);
        let all = self.ballots.len();
        self.ballots.retain(|ballot| ballot.0 >= 0);
        self.votes.abstain = (all - self.ballots.len()) as u64;
        self.ballots.sort_unstable();
        self.votes.classes.clear();
        let classes = self.ballots.chunk_by(|a, b| a.0 == b.0);
        let passed = |class: &[(i64, bool)]| class.iter().filter(|ballot| ballot.1).count();
        self.votes.classes.extend(classes.map(|class| (class.len() as u64, 2 * passed(class) > class.len())));
    }

    fn at(&mut self, metric: Metric<'_>, k: u64, with_replacement: bool, place: usize) -> f64 {
        let Self { pairs, groups, votes, shared, .. } = self;
        let (n, (majority, tails)) = (pairs.len() as u64, &mut shared[place]);
        match metric {
            Metric::Max(_) => Extreme::Largest.of_k(groups, n, k, with_replacement, tails),
            Metric::Min(_) => Extreme::Smallest.of_k(groups, n, k, with_replacement, tails),
            Metric::Best { .. } if with_replacement => best_of_k_with_replacement(groups, n, k),
            Metric::Best { .. } => best_of_k(groups, n, k),
            Metric::Majority { ties, .. } => majority.at_k(votes, k, ties, with_replacement),
        }
    }
}

/// The mean value of samples that tie.
fn mean(tied: &[(f64, f64)]) -> f64 {
    let (first, last) = (tied[0].1, tied[tied.len() - 1].1);
    if first.to_bits() == last.to_bits() {
        return first; // sorted, so all are
    }
    // 2^-64 of each, so that the sum of the largest floats stays one.
    let small = f64::from_bits((1023 - 64) << 52);
    let scale = if first.abs().max(last.abs()) > 1e280 { small } else { 1.0 };
    let sum = tied.iter().fold(Dd::ZERO, |sum, sample| sum + Dd::from(sample.1 * scale));
    sum.div_f64(tied.len() as f64).to_f64() / scale
}

#[cfg(test)]
#[allow(clippy::float_cmp)] // to the last bit
mod tests {
    use super::{Metric, Mixed, Spoiled, Ties, Undefined, evaluate};

    fn run(metric: Metric<'_>, offsets: &[usize], ks: &[u64], threads: usize) -> Result<Vec<f64>, Spoiled> {
        let mut out = vec![0.0; (offsets.len() - 1) * ks.len()];
        evaluate(metric, offsets, ks, false, &mut out, threads, &mut || true).map(|()| out)
    }

    #[test]
    fn the_first_bad_row_is_named() {
        let rewards = [1.0, 0.5, 0.0, f64::NAN, 2.0];
        let max = Metric::Max(&rewards);
        assert_eq!(run(max, &[0, 2, 3], &[1], 1), Ok(vec![0.75, 0.0]));
        assert_eq!(run(max, &[0, 2, 5], &[1, 2], 1), Err(Spoiled::NotFinite { row: 1, sample: 1 }));
        let reason = Undefined::TooFew { n: 1, k: 2 };
        assert_eq!(run(max, &[0, 2, 3, 5], &[1, 2], 1), Err(Spoiled::Undefined { row: 1, reason }));
        let reason = Undefined::NoSamples;
        assert_eq!(run(max, &[0, 0], &[1], 1), Err(Spoiled::Undefined { row: 0, reason }));
        let correct = [true, true, false];
        let votes = |answers, mixed| Metric::Majority { answers, correct: &correct, ties: Ties::Fair, mixed };
        let differ = Spoiled::Mixed { row: 0, sample: 2, passed: 1, samples: 2 };
        assert_eq!(run(votes(&[7, 3, 7], Mixed::Error), &[0, 3], &[1], 1), Err(differ));
        assert_eq!(run(votes(&[7, 3, 7], Mixed::Majority), &[0, 3], &[1], 1), Ok(vec![1.0 / 3.0]));
        assert_eq!(run(votes(&[7, 7, 7], Mixed::Majority), &[0, 3], &[1], 1), Ok(vec![1.0]));
        assert_eq!(run(votes(&[7, -1, -1], Mixed::Error), &[0, 3], &[1, 3], 1), Ok(vec![1.0 / 3.0, 1.0]));
    }

    #[test]
    fn threads_do_not_change_bits() {
        let rewards: Vec<f64> = (0..9_000_u32).map(|i| f64::from(i * i % 101) / 7.0).collect();
        let offsets: Vec<_> = (0..=600).map(|i| i * 15).collect();
        let alone = run(Metric::Max(&rewards), &offsets, &[1, 4, 15], 1);
        assert_eq!(run(Metric::Max(&rewards), &offsets, &[1, 4, 15], 3), alone);
        assert_eq!(alone.unwrap().len(), 1_800);
    }

    #[test]
    fn zeros_of_both_signs_tie() {
        let (scores, values) = ([0.0, -0.0, -0.0, 0.0, -1.0], [0.0, 0.0, 1.0, 0.0, 1.0]);
        let best = Metric::Best { scores: &scores, values: &values };
        assert_eq!(run(best, &[0, 5], &[1, 2, 5], 1), Ok(vec![0.4, 0.25, 0.25]));
    }

    #[test]
    fn ties_of_large_values() {
        let (scores, values) = ([f64::INFINITY; 3], [f64::MAX, f64::MAX, f64::MAX / 4.0]);
        let best = Metric::Best { scores: &scores, values: &values };
        assert_eq!(run(best, &[0, 3], &[3], 1), Ok(vec![f64::MAX * 0.75]));
    }
}
