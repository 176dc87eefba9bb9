//! From one value a problem, whatever it was made of, to estimates with intervals.
//!
//! Metrics of answers and rewards are not functions of (n, c). Their values are means over problems all the same,
//! and have the intervals of [`super::estimate()`]. A k stands alone: problems without a value at it are left out.

use super::moments::distinct;
use super::{
    Cells, Entry, InferenceError, Noise, Over, REPLICATES_AT_ONCE, Row, Spec, estimate_clusters,
    estimate_watched, map,
};
use crate::dd::Dd;

/// The problems of one group at one k.
#[derive(Clone, Copy, Debug)]
pub struct Values<'a> {
    /// The value of each problem, between `low` and `high`; NaN where it has none.
    pub value: &'a [f64],
    /// The sampling variance of each value, where it is known.
    pub variance: Option<&'a [f64]>,
    /// Samples of each problem.
    pub n: &'a [i64],
    /// The cluster of each problem, where problems come in families.
    pub clusters: Option<&'a [i64]>,
    /// The draws that a value is of.
    pub k: u64,
    /// The least value there can be.
    pub low: f64,
    /// The greatest.
    pub high: f64,
}

/// The estimate of each column. Threads and the order of the problems change no bit of a result. About every 50 ms
/// `go_on` is called; when it says false, that is the end.
///
/// # Errors
/// If the spec allows no interval, or the caller asked to stop.
pub fn estimate_values(
    columns: &[Values<'_>],
    spec: &Spec,
    go_on: &mut dyn FnMut() -> bool,
) -> Result<Vec<Entry>, InferenceError> {
    let watch = &mut || if go_on() { Ok(()) } else { Err(InferenceError::Interrupted) };
    let parts = map(spec.threads, columns.to_vec(), watch, |column| Ok(Part::new(column, spec.over)))?;
    let (plain, clustered): (Vec<_>, Vec<_>) =
        (0..).zip(&parts).partition::<Vec<(usize, &Part)>, _>(|(_, part)| part.clusters.is_none());
    let cells: Vec<&Cells> = plain.iter().map(|(_, part)| &part.cells).collect();
    let rows = estimate_watched(&cells, spec, REPLICATES_AT_ONCE, watch)?;
    let mut table: Vec<Option<Entry>> = vec![None; parts.len()];
    for ((at, part), rows) in plain.iter().zip(rows) {
        table[*at] = rows.first().map(|&row| part.entry(row));
    }
    let rows = map(spec.threads, clustered.clone(), watch, |(_, part)| {
        let clusters = part.clusters.as_deref().unwrap_or_default();
        estimate_clusters(clusters, &part.cells.value, &part.cells.max, spec)
    })?;
    for ((at, part), rows) in clustered.iter().zip(rows) {
        table[*at] = rows.first().map(|&row| part.entry(row));
    }
    Ok(table.into_iter().flatten().collect())
}

/// A column without the problems that have no value, from 0 up.
struct Part {
    cells: Cells,
    clusters: Option<Vec<u64>>,
    low: f64,
    n_min: u64,
    n_max: u64,
    skipped: u64,
}

impl Part {
    fn new(column: Values<'_>, over: Over) -> Self {
        let kept: Vec<usize> = (0..column.value.len()).filter(|&i| !column.value[i].is_nan()).collect();
        let n = || kept.iter().map(|&i| column.n[i].cast_unsigned());
        let value = |i: usize| (column.value[i] - column.low).clamp(0.0, column.high - column.low);
        let mut rows: Vec<(f64, f64, u64)> = kept
            .iter()
            .map(|&i| {
                let variance = column.variance.map_or(f64::NAN, |variance| variance[i]);
                (value(i), variance, column.clusters.map_or(0, |clusters| clusters[i].cast_unsigned()))
            })
            .collect();
        // In the order of their values, so that it does not matter who came first.
        rows.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)).then(a.2.cmp(&b.2)));
        let merges = column.clusters.is_none() && over == Over::Problems;
        let pairs: Vec<(u64, f64)> = rows.iter().map(|&(value, ..)| (1, value)).collect();
        let pairs = if merges { distinct(pairs) } else { pairs };
        let repeats = n().min().map_or(1, |n| n / column.k.max(1)).max(1);
        let noise = (over == Over::Samples).then(|| Noise {
            variance: rows.iter().map(|&(_, variance, _)| variance).collect(),
            repeats: vec![repeats],
        });
        Self {
            cells: Cells {
                multiplicity: pairs.iter().map(|&(m, _)| m).collect(),
                value: pairs.iter().map(|&(_, value)| value).collect(),
                noise,
                max: vec![column.high - column.low],
            },
            clusters: column.clusters.map(|_| rows.iter().map(|&(.., cluster)| cluster).collect()),
            low: column.low,
            n_min: n().min().unwrap_or(0),
            n_max: n().max().unwrap_or(0),
            skipped: (column.value.len() - kept.len()) as u64,
        }
    }

    fn entry(&self, row: Row) -> Entry {
        let shift = |x: f64| (Dd::from(x) + Dd::from(self.low)).to_f64();
        let Row { estimate, lower, upper, .. } = row;
        let row = Row { estimate: shift(estimate), lower: shift(lower), upper: shift(upper), ..row };
        let n_problems = self.cells.multiplicity.iter().sum();
        Entry { row, n_problems, n_min: self.n_min, n_max: self.n_max, n_skipped: self.skipped }
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp)] // to the last bit
mod tests {
    use super::{Values, estimate_values};
    use crate::estimators::Estimator;
    use crate::inference::{Method, Problems, Spec, benchmark};

    fn column<'a>(value: &'a [f64], n: &'a [i64]) -> Values<'a> {
        Values { value, variance: None, n, clusters: None, k: 4, low: 0.0, high: 1.0 }
    }

    #[test]
    fn values_of_counts_have_the_rows_of_counts() {
        let c: Vec<i64> = (0..60).map(|i| i * i % 17).collect();
        let n = vec![16; c.len()];
        let value: Vec<f64> =
            c.iter().map(|&c| Estimator::PassAtK.evaluate(16, c.cast_unsigned(), 4)).collect();
        for method in [Method::Auto, Method::T, Method::Bca, Method::Beta] {
            let spec = Spec { method, ..Spec::default() };
            let problems = Problems { n: &n, c: &c, clusters: None };
            let expected = benchmark(Estimator::PassAtK, &[problems], &[4], &spec, &mut || true).unwrap();
            let found = estimate_values(&[column(&value, &n)], &spec, &mut || true).unwrap();
            let [found_row, row] = [found[0].row, expected[0][0].row];
            assert_eq!((found_row.estimate, found_row.method), (row.estimate, row.method));
            // Cells come in another order.
            for (a, b) in [(found_row.se, row.se), (found_row.lower, row.lower), (found_row.upper, row.upper)]
            {
                assert!((a - b).abs() < 1e-14, "{a} is not {b}");
            }
            assert_eq!((found[0].n_min, found[0].n_problems), (16, 60));
        }
    }

    #[test]
    fn shifts_move_everything_and_gaps_are_left_out() {
        let n = [4, 8, 8, 8, 2];
        let value = [0.25, 0.5, 0.75, 0.125, f64::NAN];
        let moved = value.map(|x| x - 8.0);
        let there = Values { low: -8.0, high: -7.0, ..column(&moved, &n) };
        let found = estimate_values(&[column(&value, &n), there], &Spec::default(), &mut || true).unwrap();
        assert_eq!(found[0].n_skipped, 1);
        assert_eq!((found[0].n_min, found[0].n_max), (4, 8));
        assert_eq!(found[1].row.estimate, found[0].row.estimate - 8.0);
        assert_eq!(found[1].row.lower, found[0].row.lower - 8.0);
        assert_eq!(found[1].row.se, found[0].row.se);
    }
}
