//! What can go wrong, by condition, and where.

mod near;
mod place;

use std::io;

pub use place::Place;

/// What is bad in a log, and the way out.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    /// A verdict is missing and no policy was given.
    #[error(
        "the verdict is null; say on_null=\"fail\" to count such samples as failed, or on_null=\"skip\" to leave them out"
    )]
    NullVerdict,
    /// A problem, sample or group id is missing.
    #[error("the id is null; say on_null_id=\"skip\" to leave such rows out and count them")]
    NullId,
    /// A sample without a reward.
    #[error("the reward is null; leave such rows out, or fill it (for example with 0)")]
    NullReward,
    /// A sample without a reward and without a verdict.
    #[error(
        "the reward is null, and so is the verdict; on_null=\"fail\" fails the sample but names no reward of it: fill the reward (for example with 0), or say on_null=\"skip\" to leave such samples out"
    )]
    NullRewardAndVerdict,
    /// A reward that is an integer too large to be a float of its own.
    #[error("the reward is an integer that is not below 2^53, where floats of integers are exact; scale it")]
    NotExact,
    /// A reward that is NaN or infinite.
    #[error("the reward is NaN or infinite; leave such rows out, or fill it (for example with 0)")]
    NotFiniteReward,
    /// A number as an answer that is NaN or infinite.
    #[error("the answer is NaN or infinite; mend the log, or make it null (a null answer is none)")]
    NotFiniteAnswer,
    /// A reward column of a type without numbers.
    #[error("a column of type {0} cannot be a reward; rewards are numbers or booleans")]
    RewardType(String),
    /// A number that is neither 0 nor 1.
    #[error(
        "the verdict {0} is neither 0 nor 1; say threshold= (a sample passes when its value is >= threshold)"
    )]
    NotBinary(String),
    /// A floating NaN as a verdict.
    #[error("the verdict is NaN, which no threshold can decide; replace it by null or by a number")]
    NanVerdict,
    /// A string outside the closed vocabulary of `passing` and `failing`.
    #[error("the verdict {0:?} is neither in passing= nor in failing=")]
    UnknownVerdict(String),
    /// The same sample twice.
    #[error(
        "this sample ({key}) was read before, at {first}; say on_duplicate=\"agree\" if copies are expected, or on_duplicate=\"first\" to keep the first"
    )]
    Duplicate {
        /// The key's columns and values.
        key: String,
        /// The place of the first copy.
        first: Box<Place>,
    },
    /// The same sample twice, with different verdicts.
    #[error(
        "this sample ({key}) has another verdict, answer or reward than its copy at {first}; say on_duplicate=\"first\" to keep the first, or mend the log"
    )]
    Conflict {
        /// The key's columns and values.
        key: String,
        /// The place of the first copy.
        first: Box<Place>,
    },
    /// An id column whose type changes from file to file in a way that could change its meaning.
    #[error("ids are {here} here and {before} in what was read before; cast them to one type")]
    MixedIds {
        /// The type here.
        here: String,
        /// The type so far.
        before: String,
    },
    /// An id column of a type that names nothing exactly.
    #[error(
        "a column of type {0} cannot be an id; ids are strings, integers, booleans, dates or dictionaries of these: cast it, or pick a field of it (for example with pl.scan_parquet(...).with_columns(...))"
    )]
    IdType(String),
    /// A verdict column of a type that says neither pass nor fail.
    #[error("a column of type {0} cannot be a verdict; verdicts are booleans, numbers or strings")]
    VerdictType(String),
    /// A verdict column that holds words here and something else elsewhere.
    #[error("verdicts are {here} here and {before} in what was read before; make them one kind")]
    MixedVerdicts {
        /// What is here.
        here: &'static str,
        /// What came before.
        before: &'static str,
    },
    /// Values of several kinds in one column of a file of lines.
    #[error("the value is {here} here and {before} at {first}; make them one kind")]
    MixedValues {
        /// What is here.
        here: &'static str,
        /// What came first.
        before: &'static str,
        /// Where that is.
        first: Box<Place>,
    },
    /// A row without the key of a column, which is therefore null.
    #[error("the key is missing, so {0}")]
    MissingKey(Box<Self>),
    /// An object where a value is wanted.
    #[error("the value is an object; name a member of it, such as {0:?}")]
    ObjectValue(String),
    /// An array where a value is wanted.
    #[error(
        "the value is an array, with many values in a row; explode it with pl.scan_ndjson, and pass that"
    )]
    ArrayValue,
    /// A last line that is not whole.
    #[error(
        "the line is cut: the file ends within it; say partial=\"skip\" to leave such a line out and count it, or mend the file"
    )]
    PartialLine,
    /// A last record that is not whole.
    #[error(
        "the record is cut: the file ends within it; say partial=\"skip\" to leave such a record out and count it, or mend the file"
    )]
    PartialRecord,
    /// A column that this file lacks and others have.
    #[error("the column is missing here; this file has: {0}")]
    MissingColumn(String),
    /// A row that contradicts the path of its file.
    #[error("the row says {here}, and the path of its file says {path}; mend the one that is wrong")]
    PathDisagrees {
        /// What is here.
        here: String,
        /// What the path says.
        path: String,
    },
    /// A column that this file holds and states in its path, and which the first file only states.
    #[error(
        "the column is here and in the path, and the first file has it in the path alone; write the files alike"
    )]
    ColumnAndPath,
    /// A struct, of which a member can be read.
    #[error("the column is a Struct; name a member of it, such as {0:?}")]
    NestedColumn(String),
    /// A list or map.
    #[error(
        "the column is a List or Map, with many values in a row; explode it with pl.scan_parquet, and pass that"
    )]
    ListColumn,
    /// Two columns of the same name.
    #[error("there are two columns of this name")]
    RepeatedColumn,
    /// A file of no bytes.
    #[error("the file is empty (0 bytes)")]
    EmptyFile,
    /// A file without the magic number of its format.
    #[error("this is not a Parquet file: it does not begin with PAR1")]
    NotParquet,
    /// A Parquet file without its end.
    #[error("the file is truncated: there is no Parquet footer (it ends at byte {0})")]
    Truncated(u64),
    /// The file is not the one that was opened.
    #[error("the file changed while it was read; read it again when its writer is done")]
    Changed,
    /// An id column in a file that holds nulls alone, by its type.
    #[error("every id is missing: the column has the null type")]
    NullIds,
    /// A decimal number that is too long to be compared.
    #[error("the decimal has more than 128 bits; cast the column to strings")]
    LongDecimal,
    /// The decoder refused the file.
    #[error("{0}")]
    Malformed(String),
}

fn meant(column: &str, available: &str) -> String {
    near::nearest(column, available).map_or_else(String::new, |near| format!(" did you mean {near:?}?"))
}

/// What is wrong with the call rather than with the log.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Usage {
    /// A column that was asked for and is nowhere.
    #[error("no column {column:?} in {place};{} there are: {available}", meant(column, available))]
    NoSuchColumn {
        /// The name asked for.
        column: String,
        /// Where.
        place: Place,
        /// The names there are.
        available: String,
    },
    /// Strings as verdicts without saying which ones pass.
    #[error("{place}: the column holds strings (such as {example:?}); say passing= (the strings that pass)")]
    NeedsPassing {
        /// The verdict column.
        place: Place,
        /// A value of it.
        example: String,
    },
    /// A threshold for what is not a number.
    #[error("{place}: threshold= is for numbers, and the column holds {kind}")]
    ThresholdOn {
        /// The verdict column.
        place: Place,
        /// What it holds.
        kind: String,
    },
    /// A vocabulary for what is not a string.
    #[error("{place}: passing= and failing= are for strings, and the column holds {kind}")]
    PassingOn {
        /// The verdict column.
        place: Place,
        /// What it holds.
        kind: String,
    },
}

/// Bad data, and where it is.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{place}: {reason}")]
pub struct BadData {
    /// Where.
    pub place: Place,
    /// What.
    pub reason: Reason,
}

/// Any failure of the core.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// What is in a log is bad.
    #[error(transparent)]
    Data(Box<BadData>),
    /// The call is wrong.
    #[error(transparent)]
    Usage(Box<Usage>),
    /// The operating system refused.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: String,
        /// Its words.
        source: io::Error,
    },
    /// The counts need more memory than was allowed.
    #[error(
        "memory_limit of {limit} bytes reached ({used} bytes, {keys} keys and {samples} samples in one thread); raise it, or split the log"
    )]
    MemoryLimit {
        /// What was allowed.
        limit: usize,
        /// What was needed.
        used: usize,
        /// How many keys one worker held.
        keys: usize,
        /// How many samples, where they are checked.
        samples: usize,
    },
    /// A sample came twice; which one, another reading by rows tells.
    #[error("a sample came twice")]
    Copied,
    /// The caller asked to stop.
    #[error("interrupted")]
    Interrupted,
    /// A bug of ours.
    #[error("internal error: {0}; please report it")]
    Internal(String),
}

impl Error {
    /// Bad data at a place.
    #[must_use]
    pub fn data(place: Place, reason: Reason) -> Self {
        Self::Data(Box::new(BadData { place, reason }))
    }
}

impl From<Usage> for Error {
    fn from(usage: Usage) -> Self {
        Self::Usage(Box::new(usage))
    }
}

/// The words of a panic, where it has some.
#[must_use]
pub fn panic_words(panic: &(dyn std::any::Any + Send)) -> Option<&str> {
    panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied())
}

/// What the core's functions return.
pub type Result<T> = std::result::Result<T, Error>;
