//! Quantiles of the statistics of groups over resamples, a few columns at a time.

use std::ops::Range;

use super::group::Group;
use crate::inference::intervals::quantile;
use crate::inference::spec::Spec;
use crate::inference::{InferenceError, REPLICATES_AT_ONCE, Watch, map};

/// Replicates per task: from 1 ms (164 problems, n = 64) to 4 ms (5,000, n = 256) of work, both laws.
const BLOCK: usize = 16;

/// For each group the quantiles of its columns: both of the level's for the first, which has absolute deviations, and
/// the ends of the percentile interval for the others.
pub(super) fn quantiles(
    groups: &[Group],
    spec: &Spec,
    watch: &mut Watch<'_>,
) -> Result<Vec<Vec<[f64; 2]>>, InferenceError> {
    quantiles_of(groups, spec, REPLICATES_AT_ONCE, watch)
}

/// The same with at most so many replicates `at_once`, or those of one column.
fn quantiles_of(
    groups: &[Group],
    spec: &Spec,
    at_once: usize,
    watch: &mut Watch<'_>,
) -> Result<Vec<Vec<[f64; 2]>>, InferenceError> {
    let tail = 0.5 * (1.0 - spec.confidence_level);
    let mut found: Vec<Vec<[f64; 2]>> = vec![Vec::new(); groups.len()];
    let columns: Vec<(usize, usize)> = (0..)
        .zip(groups)
        .flat_map(|(at, group)| (0..group.width()).map(move |column| (at, column)))
        .collect();
    for columns in columns.chunks((at_once / spec.n_resamples).max(1)) {
        let slices = columns.chunk_by(|a, b| a.0 == b.0);
        let slices: Vec<_> =
            slices.map(|slice| (slice[0].0, slice[0].1..slice[slice.len() - 1].1 + 1)).collect();
        let drawn = replicate(groups, &slices, spec, watch)?;
        let drawn = columns.iter().zip(drawn).collect();
        let levels = |column| if column == 0 { [spec.confidence_level; 2] } else { [tail, 1.0 - tail] };
        let ends = map(spec.threads, drawn, watch, |(&(_, column), mut values)| {
            Ok(levels(column).map(|p| quantile(&mut values, p)))
        })?;
        columns.iter().zip(ends).for_each(|(&(at, _), ends)| found[at].push(ends));
    }
    Ok(found)
}

/// The replicates of some columns of some groups, one row a column.
fn replicate(
    groups: &[Group],
    slices: &[(usize, Range<usize>)],
    spec: &Spec,
    watch: &mut Watch<'_>,
) -> Result<Vec<Vec<f64>>, InferenceError> {
    let firsts = || (0..spec.n_resamples).step_by(BLOCK);
    let tasks = slices.iter().flat_map(|slice| firsts().map(move |first| (slice, first))).collect();
    let blocks = map(spec.threads, tasks, watch, |((at, columns), first)| {
        let length = BLOCK.min(spec.n_resamples - first);
        Ok(groups[*at].replicates(columns.clone(), spec.seed, first..first + length))
    })?;
    let mut blocks = blocks.into_iter();
    let mut rows = Vec::new();
    for (_, columns) in slices {
        let start = rows.len();
        rows.resize_with(start + columns.len(), || Vec::with_capacity(spec.n_resamples));
        for block in blocks.by_ref().take(firsts().count()) {
            for replicate in block.chunks(columns.len()) {
                rows[start..].iter_mut().zip(replicate).for_each(|(row, &value)| row.push(value));
            }
        }
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::quantiles_of;
    use crate::inference::Problems;
    use crate::inference::extrapolation::group::Group;
    use crate::inference::extrapolation::{Model, Models};
    use crate::inference::spec::Spec;

    #[test]
    fn few_columns_at_once_change_nothing() {
        let a = Problems { n: &[9, 16, 12, 16, 9, 10], c: &[0, 1, 2, 16, 0, 3], clusters: None };
        let b = Problems { n: &[8; 4], c: &[0, 3, 1, 8], clusters: None };
        let ks = [10, 12, 16, 18, 40];
        let group = |problems| Group::new(problems, &ks, Models::Auto).unwrap();
        let only = Group::new(b, &ks, Models::Only(Model::Chao2)).unwrap();
        let groups = [group(a), group(b), only];
        let spec = Spec { n_resamples: 50, threads: 2, ..Spec::default() };
        let at_once = |columns: usize| quantiles_of(&groups, &spec, columns * 50, &mut || Ok(())).unwrap();
        let expected = at_once(1000);
        assert_eq!(expected.iter().map(Vec::len).collect::<Vec<_>>(), [7, 8, 6]);
        for columns in [0, 1, 2, 3, 7, 9] {
            assert_eq!(at_once(columns), expected);
        }
    }
}
