//! What kinds of ids there are, and which of them go together.

/// What kind of id a column holds; integers keep their width, so that a tally joins back to its log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdKind {
    /// Booleans.
    Bool,
    /// Integers of 8 to 64 bits.
    Int {
        /// Width.
        bits: u8,
        /// Two's complement or not.
        signed: bool,
    },
    /// Days since 1970-01-01.
    Date,
    /// Finite floating numbers, for answers and rewards.
    Real,
    /// UTF-8 strings.
    Text,
}

impl IdKind {
    /// The kind that holds the ids of both, where that changes no meaning.
    pub(crate) fn join(self, other: Self) -> Option<Self> {
        match (self, other) {
            (a, b) if a == b => Some(a),
            (Self::Int { bits: a, signed: s }, Self::Int { bits: b, signed: t }) => Some(if s == t {
                Self::Int { bits: a.max(b), signed: s }
            } else {
                let unsigned = if s { b } else { a };
                Self::Int { bits: a.max(b).max(unsigned.saturating_mul(2)).min(64), signed: true }
            }),
            _ => None,
        }
    }

    pub(crate) fn describe(self) -> String {
        match self {
            Self::Bool => "booleans".into(),
            Self::Int { bits, signed } => format!("{}int{bits}", if signed { "" } else { "u" }),
            Self::Date => "dates".into(),
            Self::Real => "floating numbers".into(),
            Self::Text => "strings".into(),
        }
    }
}
