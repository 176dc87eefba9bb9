//! pass@k beyond n: estimates that need an assumption, with intervals, and bounds that need none.
//!
//! A problem with n >= k samples is estimated without bias. Of the others, one that has passes counts 1, and one that
//! has none counts what the fitted law says of it: the chance of a pass in k draws after none in n. So the
//! curve goes on where pass@n ends. Chao2 extrapolates the others together, from the least n.
//!
//! Intervals are percentiles over resamples of the problems, each fitted anew from the fit of the whole; a resample
//! without a fit counts its share of solved problems. Of few problems they are too narrow, and no narrower than the beta
//! interval of what is known without a model. The same resamples give the `bands` that the bounds start from.

mod bands;
mod bounds;
mod chao;
mod forecast;
mod group;
mod replicates;
mod statistics;

use super::{InferenceError, Method, Over, Problems, Spec, map};
use bounds::bounds;
use group::Group;
use replicates::quantiles;

/// What is assumed of problems that were not solved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Model {
    /// Nothing; up to 2n.
    Chao2,
    /// A beta law of p.
    BetaBinomial,
    /// A beta law of p, and a share of problems that cannot be solved.
    ZeroInflated,
}

/// Which models to use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Models {
    /// Chao2 up to 2n, beyond it both laws.
    Auto,
    /// This one at every k.
    Only(Model),
}

impl Models {
    fn at(self, k: u64, n: u64) -> &'static [Model] {
        match self {
            Self::Auto if k <= n.saturating_mul(2) => &[Model::Chao2],
            Self::Auto => &[Model::BetaBinomial, Model::ZeroInflated],
            Self::Only(Model::Chao2) => &[Model::Chao2],
            Self::Only(Model::BetaBinomial) => &[Model::BetaBinomial],
            Self::Only(Model::ZeroInflated) => &[Model::ZeroInflated],
        }
    }
}

/// How an estimate beyond n was made, or why there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// By a model.
    Model(Model),
    /// Every problem was solved, so pass@k is 1; the interval is that of pass@n.
    AllSolved,
    /// No problem was solved, which is no sign of how hard they are.
    NothingSolved,
    /// One problem says nothing about others.
    OneProblem,
    /// A single sample says nothing about how problems differ.
    OneSample,
}

impl Basis {
    /// The word that users see.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Model(Model::Chao2) => "chao2",
            Self::Model(Model::BetaBinomial) => "beta-binomial",
            Self::Model(Model::ZeroInflated) => "zero-inflated beta-binomial",
            Self::AllSolved => "all solved",
            Self::NothingSolved => "none: nothing solved",
            Self::OneProblem => "none: one problem",
            Self::OneSample => "none: n = 1",
        }
    }
}

/// pass@k of a group at a k beyond its least n.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Extrapolated {
    /// The place of k in the caller's ks.
    pub at: usize,
    /// The estimate; NaN where there is none.
    pub estimate: f64,
    /// The ends of its interval; NaN where there is none.
    pub interval: [f64; 2],
    /// How it was made.
    pub basis: Basis,
    /// What speaks against it.
    pub reason: Option<&'static str>,
    /// The least and the greatest value that the curve within n allows, with its sampling error; NaN where
    /// there is one problem.
    pub bounds: [f64; 2],
    /// The same by monotony and Jensen's inequality, from the estimate of pass@n as if it were known.
    pub cheap: [f64; 2],
    /// P
    pub n_problems: u64,
    /// The least n.
    pub n_min: u64,
    /// The greatest.
    pub n_max: u64,
}

/// For each group the rows of every k beyond its least n, in the order of `ks` and of the models.
///
/// Problems without samples are left out, clusters do not matter, nor do the spec's `method` and `over`. Groups,
/// threads and the order of the problems change no bit of a result.
///
/// # Errors
/// If the spec allows no interval, counts are impossible, or the caller asked to stop.
pub fn extrapolate(
    groups: &[Problems<'_>],
    ks: &[u64],
    models: Models,
    spec: &Spec,
    go_on: &mut dyn FnMut() -> bool,
) -> Result<Vec<Vec<Extrapolated>>, InferenceError> {
    let watch = &mut || if go_on() { Ok(()) } else { Err(InferenceError::Interrupted) };
    let spec = &Spec { method: Method::Bootstrap, over: Over::Problems, ..*spec };
    spec.check()?;
    spec.check_resamples()?;
    let groups = map(spec.threads, groups.to_vec(), watch, |problems| Group::new(problems, ks, models))?;
    let quantiles = quantiles(&groups, spec, watch)?;
    let bands: Vec<_> =
        groups.iter().zip(&quantiles).map(|(group, of)| group.bands(of, spec.confidence_level)).collect();
    let programs = groups.iter().zip(&bands).flat_map(|(group, bands)| group.ks().map(move |k| (bands, k)));
    let bounds = map(spec.threads, programs.collect(), watch, |(bands, k)| Ok(bounds(bands, k)))?;
    let mut bounds = bounds.into_iter();
    let parts: Vec<_> = groups
        .iter()
        .zip(&quantiles)
        .map(|(group, quantiles)| {
            (group, quantiles, bounds.by_ref().take(group.ks().count()).collect::<Vec<_>>())
        })
        .collect();
    map(spec.threads, parts, watch, |(group, quantiles, bounds)| Ok(group.rows(quantiles, &bounds, spec)))
}
