//! Resamples of a whole curve of differences: the simultaneous band, and where each resampled curve crosses 0.
//!
//! A unit (problem or cluster) has at each k the score z = (d - mean) / sqrt(sum (d - mean)^2), so that with M its
//! count in a resample
//! ```text
//! T_k = sum M z
//! ```
//! is the resampled mean's deviation in units of the bootstrap's standard deviation. One set of counts serves all k.
//! The sup-t band (Montiel Olea & Plagborg-Moller, "Simultaneous confidence bands", 2019) multiplies every standard
//! error by the quantile of the largest `|T_k|`. Here that quantile is turned into the level that a normal deviate of its size
//! has, and the band is made of the pointwise intervals at that level: Student's tails come along, and an interval
//! that is not symmetric stays so.

use std::ops::Range;

use hashbrown::HashMap;
use hashbrown::hash_map::Entry;

use super::crossover::{Axis, Crossing};
use super::differences::Differences;
use crate::inference::Watch;
use crate::inference::distributions::normal_p;
use crate::inference::error::InferenceError;
use crate::inference::intervals::quantile;
use crate::inference::resampling::Resampler;
use crate::inference::spec::{Cells, Spec};
use crate::parallel;

/// The curve of one pair made ready to be resampled.
pub(super) struct Joint {
    resampler: Resampler,
    axis: Axis,
    /// Mean and scale of each k, and its column in the resampler, where units differ.
    path: Vec<(f64, f64, Option<usize>)>,
}

/// What is kept of a resample.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Seen {
    /// The greatest `|T_k|`.
    largest: f64,
    /// The first crossing; infinite where there is none.
    first: f64,
    several: bool,
}

impl Joint {
    /// From the differences at all ks of a pair; `multiplicity` is how many of each unit there are.
    pub(super) fn new(axis: Axis, differences: &[Differences], multiplicity: &[u64]) -> Self {
        let varying: Vec<&Differences> = differences.iter().filter(|d| !d.scores.is_empty()).collect();
        let mut columns = 0..varying.len();
        let path = differences.iter().map(|d| {
            let column = if d.scores.is_empty() { None } else { columns.next() };
            (d.mean, column.map_or(0.0, |_| d.scale()), column)
        });
        let path = path.collect();
        let units: u64 = multiplicity.iter().sum();
        let row = |unit: usize| varying.iter().map(move |d| d.scores[unit] * units as f64);
        let cells = merged(multiplicity, varying.len(), row);
        Self { resampler: Resampler::new(&cells, 0..varying.len()), axis, path }
    }

    /// The mean and the crossings of the curve itself.
    pub(super) fn crossings(&self) -> Vec<f64> {
        let mut ks = Vec::new();
        self.axis.crossings(|at| self.path[at].0, |k| ks.push(k));
        ks
    }

    /// About how many numbers it holds while it is resampled: differences, scores, their copies as cells, and values.
    pub(super) fn size(units: usize, ks: usize, n_resamples: usize) -> usize {
        6 * units * ks + 3 * n_resamples
    }

    fn see(&self, deviations: &[f64]) -> Seen {
        let largest = deviations.iter().fold(0.0_f64, |largest, t| largest.max(t.abs()));
        let (mut first, mut crossings) = (f64::INFINITY, 0);
        let difference = |at: usize| {
            let (mean, scale, column) = self.path[at];
            column.map_or(mean, |column| mean + scale * deviations[column])
        };
        self.axis.crossings(difference, |k| {
            first = first.min(k);
            crossings += 1;
        });
        Seen { largest, first, several: crossings > 1 }
    }
}

/// Units of the same scores are one cell.
fn merged<R: Iterator<Item = f64>>(multiplicity: &[u64], width: usize, row: impl Fn(usize) -> R) -> Cells {
    let mut cells = Cells { max: vec![1.0; width], ..Cells::default() };
    let mut places = HashMap::new();
    for (unit, &m) in multiplicity.iter().enumerate() {
        let bits: Vec<u64> = row(unit).map(f64::to_bits).collect();
        match places.entry(bits) {
            Entry::Occupied(place) => cells.multiplicity[*place.get()] += m,
            Entry::Vacant(place) => {
                place.insert(cells.multiplicity.len());
                cells.multiplicity.push(m);
                cells.value.extend(row(unit));
            }
        }
    }
    cells
}

/// The resamples of several pairs, each as it would be alone.
pub(super) fn draw(
    joints: &[&Joint],
    spec: &Spec,
    watch: &mut Watch<'_>,
) -> Result<Vec<Vec<Seen>>, InferenceError> {
    let mut seen = vec![vec![Seen::default(); spec.n_resamples]; joints.len()];
    let mut tasks = Vec::new();
    for (joint, seen) in joints.iter().zip(&mut seen) {
        let block = joint.resampler.block();
        tasks.extend(
            (0..).step_by(block).zip(seen.chunks_mut(block)).map(|(first, part)| (*joint, first, part)),
        );
    }
    let run = |(): &mut (), _, (joint, first, part): (&Joint, usize, &mut [Seen])| {
        let replicates: Range<usize> = first..first + part.len();
        joint
            .resampler
            .for_each(spec.seed, replicates, |at, deviations| part[at - first] = joint.see(deviations));
        Ok(())
    };
    parallel::fold(spec.threads, tasks, || (), run, Some(watch))?;
    Ok(seen)
}

/// The level at which pointwise intervals hold all k together with the confidence asked for, and never below it.
pub(super) fn simultaneous_level(seen: &[Seen], level: f64) -> f64 {
    let mut largest: Vec<f64> = seen.iter().map(|seen| seen.largest).collect();
    let critical = quantile(&mut largest, level);
    // A level of 1 has no quantile.
    (1.0 - normal_p(critical)).clamp(level, 1.0 - f64::EPSILON)
}

/// What the resamples say of the crossing.
pub(super) fn crossing(ks: Vec<f64>, seen: &[Seen], level: f64) -> Crossing {
    let first = seen.iter().map(|seen| seen.first).collect();
    Crossing::new(ks, first, seen.iter().filter(|seen| seen.several).count(), level)
}
