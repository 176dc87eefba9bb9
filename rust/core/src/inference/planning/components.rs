//! The sampling variance of pass@k for any number of samples a problem, from the samples of a pilot.
//!
//! ```text
//! sigma_w^2(n, k) = sum_{j=1}^{k} w_j (Q_{2k-j} - Q_2k),   w_j = C(k, j) C(n-k, k-j) / C(n, k)
//! Q_m = mean over problems of (1-p)^m, estimated without bias by the mean of C(n-c, m) / C(n, m)
//! ```
//!
//! Two sets of k of the n samples share j with probability `w_j`, and then 2k-j samples must fail for both to:
//! the variance of a U-statistic, Hoeffding (1948). At the pilot's own n it is the mean of `q_k^2 - q_2k`.

use crate::dd::Dd;
use crate::estimators::Draws;
use crate::inference::benchmark::distinct;
use crate::inference::{InferenceError, Problems, Watch, map};

/// Moments of one group that a thread takes at a time.
const MOMENTS: u64 = 64;

/// Weights below this share of the greatest change no digit.
const NEGLIGIBLE: f64 = 1e-25;

/// The mean over problems of pass@k's sampling variance with `n` samples a problem, n >= k >= 1.
///
/// `q` holds `Q_k` to `Q_2k`, the means of (1-p)^m.
///
/// # Panics
/// If `q` has not k + 1 values, or n < k.
#[must_use]
pub fn within_variance(q: &[f64], n: u64, k: u64) -> f64 {
    assert!(q.len() as u64 == k + 1 && n >= k, "Q_k to Q_2k, and n >= k");
    let twice = Dd::from(q[q.len() - 1]);
    let (mut sum, mut total) = (Dd::ZERO, Dd::ZERO);
    for (j, weight) in overlaps(n, k) {
        let gap = Dd::from(q[q.len() - 1 - j]) - twice;
        sum = sum + gap.mul_f64(weight);
        total = total + Dd::from(weight);
    }
    (sum / total).to_f64().max(0.0)
}

/// How many samples two sets of k among n share, with the probability, up to a factor; from the mode outwards.
fn overlaps(n: u64, k: u64) -> Vec<(usize, f64)> {
    let (n, k) = (n as f64, k as f64);
    let least = (2.0 * k - n).max(0.0);
    let mode = ((k + 1.0) * ((k + 1.0) / (n + 2.0))).floor().clamp(least, k);
    // w_(j+1) / w_j
    let ratio = |j: f64| (k - j) * (k - j) / ((j + 1.0) * (n - 2.0 * k + j + 1.0));
    let mut weights = vec![(mode, 1.0)];
    let (mut j, mut weight) = (mode, 1.0);
    while j < k && weight > NEGLIGIBLE {
        weight *= ratio(j);
        j += 1.0;
        weights.push((j, weight));
    }
    (j, weight) = (mode, 1.0);
    while j > least && weight > NEGLIGIBLE {
        j -= 1.0;
        weight /= ratio(j);
        weights.push((j, weight));
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole, from 0 to k")]
    weights.into_iter().map(|(j, weight)| (j as usize, weight)).collect()
}

/// `Q_k` to `Q_2k` of each group; NaN past the least n of a group, and where it has no problem.
///
/// Groups, threads and the order of the problems change no bit. About every 50 ms `go_on` is called; when it says
/// false, that is the end.
///
/// # Errors
/// If counts are impossible, or the caller asked to stop.
pub fn failure_moments(
    groups: &[Problems<'_>],
    k: u64,
    threads: usize,
    go_on: &mut dyn FnMut() -> bool,
) -> Result<Vec<Vec<f64>>, InferenceError> {
    let watch: &mut Watch<'_> = &mut || if go_on() { Ok(()) } else { Err(InferenceError::Interrupted) };
    let cells = map(threads, groups.to_vec(), watch, distinct)?;
    let starts: Vec<u64> = (k..=2 * k).step_by(usize::try_from(MOMENTS).unwrap_or(1)).collect();
    let pieces: Vec<_> =
        cells.iter().flat_map(|cells| starts.iter().map(move |&start| (cells, start))).collect();
    let moments = map(threads, pieces, watch, |(cells, start)| {
        Ok(piece(cells, start, (start + MOMENTS - 1).min(2 * k)))
    })?;
    Ok(moments.chunks(starts.len()).map(<[Vec<f64>]>::concat).collect())
}

/// The moments from `first` to `last`.
fn piece(cells: &[(u64, u64, u64)], first: u64, last: u64) -> Vec<f64> {
    let problems = cells.iter().map(|&(.., m)| m).sum::<u64>() as f64;
    // Cells are sorted by n.
    let least = cells.first().map_or(0, |&(n, ..)| n);
    let mut draws: Vec<_> = cells.iter().map(|&(n, c, m)| (Draws::new(n, c), m as f64)).collect();
    let mean = |m: u64| {
        if m > least {
            return f64::NAN;
        }
        let all_fail = draws.iter_mut().map(|(draws, weight)| draws.all_fail(m).q.to_dd().mul_f64(*weight));
        all_fail.fold(Dd::ZERO, |sum, term| sum + term).div_f64(problems).to_f64()
    };
    (first..=last).map(mean).collect()
}
