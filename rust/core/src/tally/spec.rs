//! What a tally counts, and what it does with rows that are not plain.

use super::verdict::Rule;

/// What to do with a null verdict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnNull {
    /// It is an error.
    #[default]
    Error,
    /// The sample failed.
    Fail,
    /// The sample is left out and counted.
    Skip,
}

/// What to do with a null id.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnNullId {
    /// It is an error.
    #[default]
    Error,
    /// The row is left out and counted.
    Skip,
}

/// What to do with a second row of the same sample.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnDuplicate {
    /// It is an error.
    #[default]
    Error,
    /// Copies with the same verdict count once; others are an error.
    Agree,
    /// The first row counts.
    First,
}

/// What is counted, by which columns, and the policies.
#[derive(Clone, Debug, Default)]
pub struct Spec {
    /// Columns of groups, such as the model and the step.
    pub by: Vec<String>,
    /// Columns that name the problem.
    pub problem: Vec<String>,
    /// The column of the sample's index, when samples must be unique.
    pub sample: Option<String>,
    /// The column of answers, when they are kept.
    pub answer: Option<String>,
    /// The column of rewards, when they are kept.
    pub reward: Option<String>,
    /// Those of these columns that no file holds, since its path states their one value.
    pub stated: Vec<String>,
    /// The column of verdicts.
    pub verdict: String,
    /// What a verdict's value means.
    pub rule: Rule,
    /// Policy for null verdicts.
    pub on_null: OnNull,
    /// Policy for null ids.
    pub on_null_id: OnNullId,
    /// Policy for copies of a sample.
    pub on_duplicate: OnDuplicate,
}

impl Spec {
    /// The columns of the key: groups, then problem.
    pub fn key(&self) -> impl Iterator<Item = &String> {
        self.by.iter().chain(&self.problem)
    }

    /// The columns of what is kept of each sample.
    pub fn details(&self) -> impl Iterator<Item = &String> {
        self.answer.iter().chain(&self.reward)
    }

    /// The columns whose values become codes: the key's, the sample's, then the details.
    #[must_use]
    pub fn coded(&self) -> Vec<&str> {
        self.key().chain(&self.sample).chain(self.details()).map(String::as_str).collect()
    }

    /// All columns that are read from files, each once: a reward may be the verdict too.
    #[must_use]
    pub fn columns(&self) -> Vec<&str> {
        let mut columns = self.coded();
        columns.retain(|column| !self.stated.iter().any(|stated| stated == column));
        if !columns.contains(&self.verdict.as_str()) {
            columns.push(&self.verdict);
        }
        columns
    }
}
