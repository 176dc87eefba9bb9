//! Whether the parts of a log hold the same kinds of things.

use arrow_schema::{DataType, Schema};

use super::ids;
use crate::error::{Error, Place, Reason, Result};
use crate::tally::Spec;
use crate::tally::ids::IdKind;

/// What the columns of all parts hold, joined: decided part by part in the order of the log, before rows are
/// shared between threads, so that a mixture is found at the same place for any number of them.
#[derive(Clone, Debug)]
pub(crate) struct Types {
    /// Kinds of the key's columns, the sample's, then the details'; that of the answers is left to the answers, for a
    /// part that gives none may have any type.
    pub(crate) kinds: Vec<Option<IdKind>>,
    answers: Option<IdKind>,
    verdict: Option<&'static str>,
}

impl Types {
    pub(crate) fn new(spec: &Spec) -> Self {
        Self { kinds: vec![None; spec.coded().len()], answers: None, verdict: None }
    }

    /// Takes in a part whose schema [`super::batches::check_schema`] let pass, and which gives answers or none.
    pub(crate) fn join(&mut self, spec: &Spec, schema: &Schema, place: &Place, answers: bool) -> Result<()> {
        let names = spec.coded();
        for (kind, name) in self.kinds.iter_mut().zip(&names) {
            let is_answer = spec.answer.as_deref() == Some(*name);
            if is_answer && !answers {
                continue;
            }
            let kind = if is_answer { &mut self.answers } else { kind };
            let Ok(field) = schema.field_with_name(name) else { continue };
            let data = |reason| Error::data(place.clone().in_column(name), reason);
            let Some(here) = ids::kind_of(spec, name, field.data_type()).map_err(data)? else { continue };
            *kind = match *kind {
                None => Some(here),
                Some(before) => Some(before.join(here).ok_or_else(|| data(mixed(here, before)))?),
            };
        }
        let Ok(field) = schema.field_with_name(&spec.verdict) else { return Ok(()) };
        match (words_or_numbers(field.data_type()), self.verdict) {
            (Some(here), Some(before)) if here != before => {
                let place = place.clone().in_column(&spec.verdict);
                Err(Error::data(place, Reason::MixedVerdicts { here, before }))
            }
            (here, before) => {
                self.verdict = before.or(here);
                Ok(())
            }
        }
    }
}

fn mixed(here: IdKind, before: IdKind) -> Reason {
    Reason::MixedIds { here: here.describe(), before: before.describe() }
}

/// Booleans and numbers mean the same thing; strings need another rule.
fn words_or_numbers(data_type: &DataType) -> Option<&'static str> {
    match data_type {
        DataType::Null => None,
        DataType::Dictionary(_, values) => words_or_numbers(values),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Some("strings"),
        _ => Some("booleans or numbers"),
    }
}
