//! What a query of Polars computes: columns in, one column of floats out.
//!
//! Nothing here looks for Ctrl-C: Python tells it to its main thread alone, and a call comes on any of Polars', which
//! looks for it itself between calls.

mod counts;
mod lists;
mod samples;

use arrow_array::{Array, ArrayRef, Float64Array};
use arrow_buffer::NullBuffer;
use arrow_schema::DataType;
use passcurve_core::estimators::{Estimator, OnInvalid, Tau, evaluate_many};
use passcurve_core::parallel::thread_count;

use counts::Counts;

/// Rows past which a call takes several threads: a streaming query comes with fewer, on threads of its own.
const ALONE: usize = 1 << 19;

/// A column as Polars hands it over.
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) chunks: Vec<ArrayRef>,
}

impl Column {
    fn len(&self) -> usize {
        self.chunks.iter().map(Array::len).sum()
    }
}

/// The function of that name over columns of one length, or of length one for a constant.
///
/// A row outside the function's domain is an error, or null.
pub(crate) fn call(name: &str, or_null: bool, columns: &[Column]) -> Result<Float64Array, String> {
    let failed = |message: String| format!("{name}: {message}");
    if samples::NAMES.contains(&name) {
        return samples::metric(name, columns).map_err(failed);
    }
    let length = length(columns).map_err(failed)?;
    estimate(name, columns, length, or_null).map_err(failed)
}

fn length(columns: &[Column]) -> Result<usize, String> {
    let lengths: Vec<_> = columns.iter().map(Column::len).collect();
    let longest = if lengths.contains(&0) { 0 } else { lengths.iter().copied().max().unwrap_or(0) };
    if lengths.iter().all(|&length| length == 1 || length == longest) {
        Ok(longest)
    } else {
        Err(format!("the columns have lengths {lengths:?}; a column of one row stands for a constant"))
    }
}

fn estimate(name: &str, columns: &[Column], length: usize, nan: bool) -> Result<Float64Array, String> {
    let [n, c, k, tau @ ..] = columns else { return Err("takes n, c and k".into()) };
    let estimator = Estimator::from_name(name, tau.first().map(share).transpose()?)
        .ok_or_else(|| "is not known here".to_owned())?;
    let third =
        if matches!(name, "zero_signal" | "all_correct" | "informative") { "group_size" } else { "k" };
    let columns = [(n, "n"), (c, "c"), (k, third)];
    let [n, c, k] = columns.map(|(column, word)| Counts::read(column, word));
    let mut counts = [n?, c?, k?];
    let known = known(&counts, length);
    for (counts, (column, word)) in counts.iter_mut().zip(columns) {
        if !nan {
            counts.forbid_strange(column, word, known.as_ref())?;
        }
        // A row with a null anywhere is null, whatever the other two hold; (1, 1, 1) is defined for every estimator.
        counts.fill(known.as_ref(), length);
    }
    let [n, c, k] = counts;
    let mut out = vec![0.0; length];
    let on_invalid = if nan { OnInvalid::Nan } else { OnInvalid::Error };
    let threads = if length > ALONE { thread_count(None) } else { 1 };
    evaluate_many(estimator, &n.values, &c.values, &k.values, &mut out, on_invalid, threads).map_err(
        |at| {
            let row = if length > 1 { format!("row {} of {length}: ", at.index) } else { String::new() };
            let reason = at.reason.to_string();
            // Of counts that cannot be, null would hide a mistake.
            let way = if reason.contains("no unbiased") { ", or say invalid=\"null\"" } else { "" };
            format!("{row}n={}, c={}, {third}={}: {reason}{way}", at.n, at.c, at.k)
        },
    )?;
    let defined = nan.then(|| out.iter().map(|value| !value.is_nan()).collect::<NullBuffer>());
    Ok(Float64Array::new(out.into(), NullBuffer::union(known.as_ref(), defined.as_ref())))
}

/// Where all three are known, if that is not everywhere.
fn known(columns: &[Counts; 3], length: usize) -> Option<NullBuffer> {
    columns.iter().fold(None, |known, counts| {
        let here = counts.known.as_ref().map(|known| match known.len() {
            1 if known.is_null(0) => NullBuffer::new_null(length),
            1 => NullBuffer::new_valid(length),
            _ => known.clone(),
        });
        NullBuffer::union(known.as_ref(), here.as_ref())
    })
}

fn share(column: &Column) -> Result<Tau, String> {
    let one = column.chunks.iter().find(|chunk| !chunk.is_empty());
    let tau = one.and_then(|chunk| Some(chunk.as_any().downcast_ref::<Float64Array>()?.value(0)));
    let tau = tau.filter(|_| column.len() == 1).ok_or("tau is one number")?;
    Tau::new(tau).ok_or_else(|| format!("tau={tau} is not in [0, 1]"))
}

/// What Polars calls a type.
fn type_name(data_type: &DataType) -> String {
    match data_type {
        DataType::Utf8View | DataType::LargeUtf8 | DataType::Utf8 => "String".into(),
        DataType::BinaryView | DataType::LargeBinary | DataType::Binary => "Binary".into(),
        DataType::Dictionary(..) => "Categorical".into(),
        DataType::Date32 => "Date".into(),
        DataType::Timestamp(..) => "Datetime".into(),
        DataType::Time64(_) => "Time".into(),
        DataType::Duration(_) => "Duration".into(),
        DataType::Struct(_) => "Struct".into(),
        DataType::Decimal128(precision, scale) => format!("Decimal({precision}, {scale})"),
        DataType::LargeList(field) | DataType::List(field) => {
            format!("List({})", type_name(field.data_type()))
        }
        DataType::FixedSizeList(field, size) => format!("Array({}, {size})", type_name(field.data_type())),
        other => other.to_string(),
    }
}
