//! The interval of a mean difference over problems: Student's t, or MOVER of gains and losses where few problems differ.

use super::differences::{Differences, SAME};
use super::gains::Gains;
use super::terms::PairedMethod;
use crate::dd::Dd;
use crate::inference::clusters::Clusters;
use crate::inference::distributions::student_p;
use crate::inference::intervals::Interval;
use crate::inference::row::Label;

/// Below this many effective differences Student's interval undercovers (docs/compare.md).
const FEWEST_EFFECTIVE: f64 = 10.0;

/// The mean of some changes, with its uncertainty.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::inference) struct Change {
    pub mean: f64,
    pub se: f64,
    pub interval: Interval,
    pub p_value: f64,
}

/// The mean of one change a problem, in \[-1, 1\], from values up to `largest`.
pub(in crate::inference) fn mean_change(
    changes: &[Dd],
    clusters: Option<&Clusters>,
    largest: f64,
    level: f64,
) -> Change {
    let d = Differences::of_problems(changes, clusters, largest);
    let mean = if d.mean.abs() <= SAME * largest { 0.0 } else { d.mean };
    let (interval, p_value) = match reason(&d, clusters.is_some(), PairedMethod::Auto) {
        Err(why) => (Interval::none(why), f64::NAN),
        Ok(reason) => {
            let ([interval], p) = if reason.is_some() { by_gains(&d, [level]) } else { by_t(&d, [level]) };
            (interval.because(reason), p)
        }
    };
    Change { mean, se: d.se, interval, p_value }
}

/// Why the interval is that of gains and losses and not as asked, if so; or why there is none.
pub(super) fn reason(
    d: &Differences,
    clustered: bool,
    method: PairedMethod,
) -> Result<Option<&'static str>, Label> {
    match method {
        _ if d.units == 0 => Err(Label::NoProblem),
        _ if d.units == 1 && clustered => Err(Label::OneCluster),
        _ if d.units == 1 => Err(Label::OneProblem),
        _ if d.se == 0.0 => Ok(Some("all differences are equal")),
        PairedMethod::Auto if d.effective < FEWEST_EFFECTIVE => {
            Ok(Some("fewer than 10 effective differences"))
        }
        _ => Ok(None),
    }
}

/// The MOVER intervals at some levels, and their p-value.
pub(super) fn by_gains<const N: usize>(d: &Differences, levels: [f64; N]) -> ([Interval; N], f64) {
    let gains = Gains::new(d);
    (levels.map(|level| gains.interval(level)), gains.p_value())
}

/// Student's.
pub(super) fn by_t<const N: usize>(d: &Differences, levels: [f64; N]) -> ([Interval; N], f64) {
    (levels.map(|level| d.t(level)), student_p(d.mean / d.se, d.units - 1))
}
