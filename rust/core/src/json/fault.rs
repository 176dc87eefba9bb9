//! What is wrong in a line, before its place in the log is added.

use crate::error::Reason;

/// Why a line is no row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Fault {
    /// It ends within its object.
    Cut,
    /// It breaks the rules of JSON at a byte of it.
    Syntax(usize, &'static str),
    /// A value cannot be what its column is.
    Value(String, Box<Reason>),
    /// The verdict is this string, and the call does not say which strings pass.
    NeedsPassing(String),
}

impl Fault {
    /// The column and the reason.
    pub(crate) fn describe(self) -> (Option<String>, Reason) {
        match self {
            Self::Cut | Self::NeedsPassing(_) => (None, malformed("the line ends within its object".into())),
            Self::Syntax(at, rule) => {
                (None, malformed(format!("not JSON: {rule} (at byte {at} of the line)")))
            }
            Self::Value(column, reason) => (Some(column), *reason),
        }
    }
}

fn malformed(message: String) -> Reason {
    Reason::Malformed(message)
}

/// In a box: what succeeds is returned in registers.
pub(crate) type Scanned<T> = Result<T, Box<Fault>>;

#[cold]
#[expect(clippy::unnecessary_box_returns, reason = "they are the errors of Scanned")]
pub(crate) fn cut() -> Box<Fault> {
    Box::new(Fault::Cut)
}

#[cold]
#[expect(clippy::unnecessary_box_returns, reason = "they are the errors of Scanned")]
pub(crate) fn syntax(at: usize, rule: &'static str) -> Box<Fault> {
    Box::new(Fault::Syntax(at, rule))
}
