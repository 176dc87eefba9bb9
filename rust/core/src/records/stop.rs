//! Why a walk ends before the document does.

use std::io;

use super::buffer::NoMore;
use super::path::Step;
use crate::json::fault::Fault;

/// Why there are no more records.
#[derive(Debug)]
pub(super) enum Stop {
    Io(io::Error),
    /// What is at this byte is no JSON.
    Fault {
        fault: Box<Fault>,
        offset: u64,
        line: u64,
    },
    /// What begins at this byte is too long.
    Long {
        offset: u64,
        line: u64,
    },
    /// The document that begins at this byte does not have what leads to the records.
    Missing {
        missing: String,
        offset: u64,
    },
}

impl From<NoMore> for Stop {
    fn from(why: NoMore) -> Self {
        match why {
            NoMore::Io(error) => Self::Io(error),
            NoMore::Long { offset, line } => Self::Long { offset, line },
        }
    }
}

/// Says that this step of a way to the records leads nowhere.
pub(super) fn missing(step: &Step) -> String {
    let missing = match step {
        Step::Member(key) => format!("member {key:?}"),
        Step::Entries => "object".into(),
        _ => "array".into(),
    };
    format!("there is no {missing} where the records should be; is this another format?")
}
