//! The wanted values of a line as a row of a tally.

use super::kinds::{First, Holds};
use super::object::Slot;
use crate::error::{Place, Reason};
use crate::json::fault::{Fault, Scanned};
use crate::json::scan::Kind;
use crate::json::text::unescape;
use crate::sources::ids;
use crate::sources::worker::Worker;
use crate::tally::ids::IdKind;
use crate::tally::verdict::{Verdict, number};
use crate::tally::{OnNullId, Spec};

/// What the columns that are read are for.
pub(super) struct Columns {
    spec: std::sync::Arc<Spec>,
    /// The names, each once.
    pub(super) names: Vec<String>,
    /// Of the ids, answers and rewards that are read: the number in the specification, the one here, and the kind.
    coded: Vec<(usize, usize, Option<IdKind>)>,
    verdict: usize,
    /// What each column holds.
    pub(super) first: Vec<Option<First>>,
    path: String,
}

#[expect(clippy::unnecessary_box_returns, reason = "they are the errors of Scanned")]
impl Columns {
    /// Fails when a column holds what it cannot be.
    pub(super) fn new(
        spec: &std::sync::Arc<Spec>,
        first: Vec<Option<First>>,
        path: &str,
    ) -> Result<Self, (String, Reason)> {
        let names: Vec<String> = spec.columns().into_iter().map(ToOwned::to_owned).collect();
        let at = |name: &str| names.iter().position(|known| known == name).unwrap_or_default();
        let mut coded = Vec::new();
        for (column, name) in spec.coded().into_iter().enumerate() {
            if !names.iter().any(|known| known == name) {
                continue;
            }
            let holds = first[at(name)].map(|first| first.holds.data_type());
            let kind = holds.map(|holds| ids::kind_of(spec, name, &holds)).transpose();
            coded.push((column, at(name), kind.map_err(|reason| (name.to_owned(), reason))?.flatten()));
        }
        let verdict = at(&spec.verdict);
        Ok(Self { spec: std::sync::Arc::clone(spec), coded, verdict, first, path: path.to_owned(), names })
    }

    /// The kinds of the ids, answers and rewards.
    pub(super) fn kinds(&self) -> Vec<Option<IdKind>> {
        let mut kinds = vec![None; self.spec.coded().len()];
        self.coded.iter().for_each(|&(column, _, kind)| kinds[column] = kind);
        kinds
    }

    /// Adds a row to those that the worker counts next.
    #[inline]
    pub(super) fn push(
        &self,
        worker: &mut Worker,
        line: &str,
        slots: &[Slot],
        position: u64,
        scratch: &mut String,
    ) -> Scanned<()> {
        let mut null_id = worker.lacks_an_id();
        for &(column, at, kind) in &self.coded {
            let code = self.code(worker, column, (at, kind), line, slots[at], scratch)?;
            null_id |= worker.push_code(column, code);
        }
        let left_out = null_id && self.spec.on_null_id == OnNullId::Skip;
        let verdict = self.judge(worker, line, slots[self.verdict], left_out, scratch)?;
        worker.push_verdict(verdict, position);
        Ok(())
    }

    #[inline]
    fn code(
        &self,
        worker: &mut Worker,
        column: usize,
        (at, kind): (usize, Option<IdKind>),
        line: &str,
        slot: Slot,
        scratch: &mut String,
    ) -> Scanned<Option<u32>> {
        let Some(found) = self.check(at, slot)? else { return Ok(None) };
        let ids = worker.ids(column);
        let text = slot.text(line);
        Ok(Some(match (kind, found) {
            (Some(IdKind::Text), Kind::Plain) => ids.text(text),
            (Some(IdKind::Text), _) => {
                unescape(text, slot.start + 1, scratch)?;
                ids.text(scratch)
            }
            (Some(IdKind::Real), Kind::Bool(value)) => ids.real(value.into()),
            (Some(IdKind::Real), _) => match real(text) {
                value if value.is_finite() => ids.real(value),
                _ => crate::tally::NOT_FINITE,
            },
            (_, Kind::Bool(value)) => ids.number(value.into()),
            _ => {
                let beyond = |_| {
                    let message = format!(
                        "the integer {text} does not fit in 64 bits with a sign; write such ids as strings"
                    );
                    self.fault(at, Reason::Malformed(message))
                };
                ids.number(text.parse::<i64>().map_err(beyond)?.into())
            }
        }))
    }

    fn judge(
        &self,
        worker: &mut Worker,
        line: &str,
        slot: Slot,
        left_out: bool,
        scratch: &mut String,
    ) -> Scanned<Verdict> {
        let at = self.verdict;
        let Some(found) = self.check(at, slot)? else { return Ok(Verdict::Null) };
        let mut text = slot.text(line);
        if found == Kind::Escaped {
            unescape(text, slot.start + 1, scratch)?;
            text = scratch;
        }
        let rule = &self.spec.rule;
        let verdict = match found {
            _ if left_out => return Ok(Verdict::Null),
            Kind::Bool(pass) => return Ok(pass.into()),
            Kind::Integer | Kind::Float | Kind::NotFinite => match real(text) {
                value if value.is_finite() => number(value, rule.threshold),
                _ => Err(Reason::Malformed(format!("the number {text} is too large"))),
            },
            _ if rule.passing.is_none() => return Err(Box::new(Fault::NeedsPassing(text.to_owned()))),
            _ => rule.text(text, worker.others(), 1),
        };
        verdict.map_err(|reason| self.fault(at, reason))
    }

    /// What a value is, which is what its column holds; `None` for a null and a missing key.
    #[inline]
    fn check(&self, at: usize, slot: Slot) -> Scanned<Option<Kind>> {
        let kind = match slot.kind {
            None | Some(Kind::Null) => return Ok(None),
            Some(kind) => kind,
        };
        match (Holds::of(kind), self.first[at]) {
            (Some(here), Some(first)) if here == first.holds => Ok(Some(kind)),
            (Some(here), Some(first)) if here.is_number() && first.holds.is_number() && self.mixes(at) => {
                Ok(Some(kind))
            }
            (here, first) => Err(self.misfit(at, kind, here, first)),
        }
    }

    /// Whether a column may hold integers and other numbers.
    fn mixes(&self, at: usize) -> bool {
        at == self.verdict || self.spec.reward.as_ref() == Some(&self.names[at])
    }

    #[cold]
    fn misfit(&self, at: usize, kind: Kind, here: Option<Holds>, first: Option<First>) -> Box<Fault> {
        let reason = match (kind, here, first) {
            (Kind::Array, ..) => Reason::ArrayValue,
            (_, Some(here), Some(first)) => {
                let place = Place::file(&self.path).at_line(Some(first.line), first.byte);
                Reason::MixedValues {
                    here: here.describe(),
                    before: first.holds.describe(),
                    first: place.into(),
                }
            }
            (_, Some(_), None) => Reason::Changed,
            _ => Reason::ObjectValue(format!("{}.id", self.names[at])),
        };
        self.fault(at, reason)
    }

    fn fault(&self, at: usize, reason: Reason) -> Box<Fault> {
        Box::new(Fault::Value(self.names[at].clone(), reason.into()))
    }
}

/// A number by the grammar of JSON, which is part of Rust's.
fn real(text: &str) -> f64 {
    text.parse().unwrap_or(f64::NAN)
}
