//! Metrics of the answers and rewards that a tally keeps.

use std::sync::atomic::{AtomicBool, Ordering};

use numpy::PyArray1;
use passcurve_core::parallel::{fold, thread_count};
use passcurve_core::samples::{
    Majority, Ties, Votes, best_of_k, max_at_k, max_at_k_variance, min_at_k, min_at_k_variance,
};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::arrays::{Array, Floats, Ints};
use crate::errors::watched;

/// Problems whose values are computed by one thread before it takes more.
const CHUNK: usize = 32;

/// The cells of one problem: rewards in any order, or distinct answers.
#[derive(Clone, Copy)]
struct Cells<'a> {
    value: &'a [f64],
    n: &'a [i64],
    c: &'a [i64],
}

impl Cells<'_> {
    fn samples(&self) -> u64 {
        self.n.iter().sum::<i64>().cast_unsigned()
    }

    /// Distinct rewards in ascending order, with their n and c.
    #[expect(clippy::float_cmp, reason = "rewards are the same or they are not")]
    fn rewards(&self, out: &mut Vec<(f64, i64, i64)>) {
        out.clear();
        out.extend(self.value.iter().zip(self.n).zip(self.c).map(|((&value, &n), &c)| (value, n, c)));
        if !out.is_sorted_by(|before, after| before.0 < after.0) {
            out.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
            out.dedup_by(|next, kept| {
                let same = next.0 == kept.0;
                if same {
                    kept.1 += next.1;
                    kept.2 += next.2;
                }
                same
            });
        }
    }

    /// Answers, where the value says whether it is one (1) or none (0).
    fn votes(&self) -> Votes {
        let mut votes = Votes::default();
        for ((&value, &n), &c) in self.value.iter().zip(self.n).zip(self.c) {
            let count = n.cast_unsigned();
            if value == 0.0 {
                votes.abstain += count;
            } else {
                votes.classes.push((count, 2 * c > n));
            }
        }
        votes
    }
}

#[derive(Clone, Copy)]
enum Metric {
    Max,
    Min,
    Best,
    Majority(Ties),
}

/// What a thread keeps from problem to problem.
#[derive(Default)]
struct Room {
    rewards: Vec<(f64, i64, i64)>,
    values: Vec<(f64, u64)>,
    majority: Majority,
}

impl Metric {
    fn write(self, cells: Cells<'_>, ks: &[u64], variances: bool, room: &mut Room, out: &mut [[f64; 2]]) {
        let n = cells.samples();
        let Room { rewards, values, majority } = room;
        let mut votes = Votes::default();
        values.clear();
        if let Self::Majority(_) = self {
            votes = cells.votes();
        } else {
            cells.rewards(rewards);
            let share =
                |value: f64, n: i64, c: i64| if let Self::Best = self { c as f64 / n as f64 } else { value };
            values.extend(rewards.iter().map(|&(value, n, c)| (share(value, n, c), n.cast_unsigned())));
        }
        for (&k, out) in ks.iter().zip(out) {
            if k == 0 || k > n {
                continue;
            }
            let twice = |variance: fn(&[(f64, u64)], u64, u64) -> f64| {
                if variances && 2 * k <= n { variance(values, n, k) } else { f64::NAN }
            };
            *out = match self {
                Self::Max => [max_at_k(values, n, k), twice(max_at_k_variance)],
                Self::Min => [min_at_k(values, n, k), twice(min_at_k_variance)],
                Self::Best => [best_of_k(values, n, k), f64::NAN],
                Self::Majority(ties) => [majority.at_k(&votes, k, ties, false), f64::NAN],
            };
        }
    }
}

/// One array a k, each with a value a problem.
type Columns<'py> = Vec<Array<'py>>;

/// The metric of each problem at each k, and its sampling variance where it is asked for; NaN where k > n, or where there
/// is no variance.
#[pyfunction]
#[pyo3(signature = (*, metric, ties, ends, value, n, c, ks, variances, threads))]
pub(crate) fn detailed<'py>(
    py: Python<'py>,
    metric: &str,
    ties: &str,
    ends: Ints<'py>,
    value: Floats<'py>,
    n: Ints<'py>,
    c: Ints<'py>,
    ks: Vec<u64>,
    variances: bool,
    threads: Option<usize>,
) -> PyResult<(Columns<'py>, Columns<'py>)> {
    let unknown = |what: &str| PyValueError::new_err(format!("{what:?} is not known"));
    let metric = match metric {
        "max_at_k" => Metric::Max,
        "min_at_k" => Metric::Min,
        "best_of_k" => Metric::Best,
        "maj_at_k" => Metric::Majority(Ties::from_name(ties).ok_or_else(|| unknown(ties))?),
        other => return Err(unknown(other)),
    };
    let (value, n, c) = (value.as_slice()?, n.as_slice()?, c.as_slice()?);
    let ends: Vec<usize> =
        ends.as_slice()?.iter().map(|&end| usize::try_from(end)).collect::<Result<_, _>>()?;
    let whole = value.len() == n.len() && n.len() == c.len() && ends.last().is_none_or(|&end| end == n.len());
    if !whole || !ends.is_sorted() {
        return Err(PyValueError::new_err("the cells are not as many as the problems have"));
    }
    let mut out = vec![[f64::NAN; 2]; ends.len() * ks.len()];
    let width = ks.len().max(1);
    let chunks = out.chunks_mut(CHUNK * width).enumerate().collect();
    let stopped = AtomicBool::new(false);
    let work = |room: &mut Room, _, (chunk, out): (usize, &mut [[f64; 2]])| {
        for (i, out) in out.chunks_mut(width).enumerate() {
            if stopped.load(Ordering::Relaxed) {
                break;
            }
            let problem = chunk * CHUNK + i;
            let cells = if problem == 0 { 0 } else { ends[problem - 1] }..ends[problem];
            let cells = Cells { value: &value[cells.clone()], n: &n[cells.clone()], c: &c[cells] };
            metric.write(cells, &ks, variances, room, out);
        }
        Ok(())
    };
    watched(py, |watch| {
        let mut tick = || watch(&|_| Ok(())).inspect_err(|_| stopped.store(true, Ordering::Relaxed));
        fold(thread_count(threads), chunks, Room::default, work, Some(&mut tick))
    })?;
    let column = |at: usize, part: usize| {
        PyArray1::from_iter(py, out.iter().skip(at).step_by(width).map(|pair| pair[part]))
    };
    let columns = |part: usize| (0..ks.len()).map(|at| column(at, part)).collect();
    Ok((columns(0), if variances { columns(1) } else { Vec::new() }))
}
