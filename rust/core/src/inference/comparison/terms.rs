//! What goes into a comparison and what comes out.

use super::crossover::Crossing;
use crate::inference::row::Label;
use crate::inference::spec::Spec;

/// How the interval of a difference is made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PairedMethod {
    /// Student's t, or MOVER where the variance rests on few problems; over samples MOVER of both models.
    #[default]
    Auto,
    /// Student's t.
    T,
    /// From the gamma intervals of gains and losses.
    Mover,
    /// Percentiles of the bootstrap's law, smooth.
    Percentile,
    /// The same with its atoms.
    Lattice,
    /// Bias-corrected and accelerated bootstrap.
    Bca,
}

/// How two models are compared.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PairedSpec {
    /// How the interval is made.
    pub method: PairedMethod,
    /// Leave out the problems with fewer than k samples, not the k.
    pub skip: bool,
    /// All else; its own method stays [`Method::Auto`](crate::inference::Method::Auto).
    pub spec: Spec,
}

/// The difference at one k.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PairedRow {
    /// The number of draws.
    pub k: u64,
    /// The mean of a.
    pub a: f64,
    /// The mean of b.
    pub b: f64,
    /// The mean of a - b.
    pub difference: f64,
    /// Its standard error; NaN where there is none.
    pub se: f64,
    /// The lower end of the interval; NaN where there is none.
    pub lower: f64,
    /// The upper end.
    pub upper: f64,
    /// The lower end of the band that holds all k together; NaN where there is none.
    pub band_lower: f64,
    /// The upper end.
    pub band_upper: f64,
    /// How the interval was made, or why there is none.
    pub method: Label,
    /// Why the method is not the one asked for.
    pub reason: Option<&'static str>,
    /// Two-sided, of the test that belongs to the interval.
    pub p_value: f64,
    /// Two-sided, of the bootstrap over problems; NaN over samples.
    pub p_bootstrap: f64,
    /// Two-sided, of differences symmetric about 0; NaN over samples.
    pub p_sign_flip: f64,
    /// Two-sided, of equal success probabilities in each problem; NaN over problems.
    pub p_permutation: f64,
    /// `p_value` adjusted by Holm over all pairs at this k.
    pub p_holm: f64,
    /// And by Benjamini and Hochberg.
    pub p_bh: f64,
    /// Problems that went in.
    pub n_problems: u64,
    /// The least n of both models among them; 0 where there are none.
    pub n_min: u64,
    /// The greatest.
    pub n_max: u64,
    /// Problems with fewer than k samples.
    pub n_skipped: u64,
}

/// All ks of a pair.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// In ascending order of k.
    pub rows: Vec<PairedRow>,
    /// Where the curves cross.
    pub crossing: Crossing,
    /// The samples of the two are too alike to be independent.
    pub shared: bool,
}
