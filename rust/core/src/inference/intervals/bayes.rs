//! Intervals that trust the beta-binomial law: the p of the problems are draws from one Beta(a, b).
//!
//! a and b are fitted (empirical Bayes), so the data choose the prior; a uniform one would pull every unsolved
//! problem towards the middle. With theta the mean of 1 - (1-p)^j under the law, and S the inverse information,
//! - over problems: logit(theta) +- t sqrt(g' S g) / (theta (1 - theta)), g the gradient of theta by (ln a, ln b);
//! - over samples: the problems' posteriors are independent, so their mean M and variance V add up, and the interval
//!   is logit(M) +- z sqrt(V) / (M (1 - M)).
//!
//! pass^k is the same with passes and fails exchanged, `alpha_k` is k times the complement of pass@(k-1).

use super::{Interval, gamma};
use crate::estimators::Estimator;
use crate::inference::distributions::{normal_quantile, student_critical};
use crate::inference::moments::Moments;
use crate::inference::rates::BetaBinomial;
use crate::inference::rates::Tallies;
use crate::inference::row::Label;
use crate::inference::spec::{Over, Spec};

/// The fitted law of one group of problems, and how an estimator is read from it.
pub(crate) struct Prior {
    law: Option<BetaBinomial>,
    tallies: Tallies,
    reading: Reading,
}

/// An estimator as scale * (1 - (1-p)^(k - less)), or the complement of that; p is the chance to fail if swapped.
#[derive(Clone, Copy)]
struct Reading {
    swapped: bool,
    complement: bool,
    less: u64,
}

impl Prior {
    /// The law fitted to (multiplicity, n, c); none for an estimator that is no mean of powers.
    pub(crate) fn fit(estimator: Estimator, problems: impl Iterator<Item = (u64, u64, u64)>) -> Option<Self> {
        let reading = match estimator {
            Estimator::PassAtK => Reading { swapped: false, complement: false, less: 0 },
            Estimator::PassHatK => Reading { swapped: true, complement: true, less: 0 },
            Estimator::AlphaK => Reading { swapped: false, complement: true, less: 1 },
            _ => return None,
        };
        let passes = |(m, n, c): (u64, u64, u64)| (m, n, if reading.swapped { n - c } else { c });
        let tallies = Tallies::new(problems.map(passes));
        let law = BetaBinomial::fit(&tallies).filter(|law| law.covariance.is_some());
        Some(Self { law, tallies, reading })
    }

    /// The interval at one k of an estimator with values in \[0, max\].
    pub(crate) fn interval(&self, k: u64, m: &Moments, max: f64, spec: &Spec) -> Interval {
        let j = k - self.reading.less;
        let made = self.law.and_then(|law| match spec.over {
            Over::Problems => of_population(&law, j, m.problems, spec.confidence_level),
            Over::Samples => self.of_these(&law, j, spec.confidence_level),
        });
        match (made, spec.over) {
            (Some((low, high)), _) => {
                let (low, high) = if self.reading.complement { (1.0 - high, 1.0 - low) } else { (low, high) };
                Interval::new(max * low, max * high, Label::Bayes)
            }
            (None, Over::Problems) => gamma(&m.minority, m.problems, spec.confidence_level, max)
                .because(Some("no beta-binomial fits")),
            (None, Over::Samples) => Interval::none(Label::NoFit),
        }
    }

    fn of_these(&self, law: &BetaBinomial, j: u64, level: f64) -> Option<(f64, f64)> {
        let (mut problems, mut mean, mut variance) = (0.0, 0.0, 0.0);
        for (m, n, c) in self.tallies.iter() {
            let (of_one, spread) = law.posterior(n, c, j);
            problems += m;
            mean += m * of_one;
            variance += m * spread;
        }
        on_logit(mean / problems, variance / (problems * problems), normal_quantile(0.5 + 0.5 * level))
    }
}

fn of_population(law: &BetaBinomial, j: u64, problems: u64, level: f64) -> Option<(f64, f64)> {
    let ([x, y], covariance) = (law.gradient(j), law.covariance?);
    let variance = x * x * covariance[0][0] + 2.0 * x * y * covariance[0][1] + y * y * covariance[1][1];
    on_logit(law.pass_at_k(j), variance, student_critical(level, problems - 1))
}

/// `estimate` +- `critical` standard errors on the logit scale; none at the ends of the range.
fn on_logit(estimate: f64, variance: f64, critical: f64) -> Option<(f64, f64)> {
    let margin = critical * variance.sqrt() / (estimate * (1.0 - estimate));
    let (odds, stretch) = (estimate / (1.0 - estimate), libm::exp(margin));
    let end = |odds: f64| odds / (1.0 + odds);
    let (low, high) = (end(odds / stretch), 1.0 - 1.0 / (1.0 + odds * stretch));
    (low.is_finite() && high.is_finite() && variance > 0.0).then_some((low, high))
}
