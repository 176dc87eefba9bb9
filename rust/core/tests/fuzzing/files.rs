//! Whole files: counted or refused with the file's name, and nothing else.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::DataType;
use passcurve_core::error::Error;
use passcurve_core::sources::{Options, files, fuzzing};
use passcurve_core::tally::{Finished, OnNull, OnNullId, Spec};

/// What a log counts to: n and c of each key, and the rows that are in none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub keys: BTreeMap<Vec<String>, (u64, u64)>,
    pub nulls: u64,
    pub null_ids: u64,
}

impl Counts {
    /// Takes in a row.
    pub fn add(&mut self, key: Option<Vec<String>>, verdict: Option<bool>) {
        let Some(key) = key else {
            self.null_ids += 1;
            return;
        };
        let count = self.keys.entry(key).or_default();
        match verdict {
            Some(pass) => *count = (count.0 + 1, count.1 + u64::from(pass)),
            None => self.nulls += 1,
        }
    }

    /// The counts without their keys, sorted.
    pub fn sizes(&self) -> Vec<(u64, u64)> {
        let mut sizes: Vec<_> = self.keys.values().copied().collect();
        sizes.sort_unstable();
        sizes
    }
}

/// A file in memory, where there is a file system for that, that is written over and over.
struct Scratch {
    folder: PathBuf,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::new(Scratch::new());
}

impl Scratch {
    fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let memory = PathBuf::from("/dev/shm");
        let root = if memory.is_dir() { memory } else { std::env::temp_dir() };
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder = root.join(format!("passcurve-fuzz-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Self { folder }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// The columns that are read: of these names, whatever the file.
pub fn spec(problem: &[&str]) -> Spec {
    Spec {
        problem: problem.iter().map(|&name| name.to_owned()).collect(),
        verdict: "correct".into(),
        on_null: OnNull::Skip,
        on_null_id: OnNullId::Skip,
        ..Spec::default()
    }
}

/// Counts a file of this name with these bytes; `None` where it is refused, as it may be.
pub fn counted(name: &str, data: &[u8], problem: &[&str], options: Options) -> Option<Counts> {
    SCRATCH.with_borrow(|scratch| {
        let path = scratch.folder.join(name);
        std::fs::write(&path, data).unwrap();
        let path = path.display().to_string();
        let options = Options { threads: Some(1), ..options };
        match files::tally(spec(problem), &[path.as_str().into()], &[], options, &mut |_| Ok(())) {
            Ok((finished, _)) => Some(counts(&finished)),
            Err(error) => {
                let words = error.to_string();
                let fair = matches!(error, Error::Data(_) | Error::Usage(_));
                assert!(fair && words.contains(&path) && !words.contains("the decoder failed"), "{words}");
                None
            }
        }
    })
}

fn counts(finished: &Finished) -> Counts {
    let table = &finished.table;
    let keys = table.num_columns() - 2;
    let number = |column: usize, row: usize| -> u64 {
        table.column(column).as_primitive::<Int64Type>().value(row).try_into().unwrap()
    };
    let key = |row: usize| (0..keys).map(|column| shown(table.column(column).as_ref(), row)).collect();
    let row = |row: usize| (key(row), (number(keys, row), number(keys + 1, row)));
    let all: BTreeMap<_, _> = (0..table.num_rows()).map(row).collect();
    assert_eq!(all.len(), table.num_rows(), "a key that comes twice");
    let counters = &finished.counters;
    let samples: u64 = all.values().map(|count| count.0).sum();
    assert_eq!(counters.rows, samples + counters.nulls + counters.null_ids, "rows that are nowhere");
    Counts { keys: all, nulls: counters.nulls, null_ids: counters.null_ids }
}

/// A text or integer in words that are the same for all types of it, other values in Arrow's.
fn shown(array: &dyn Array, row: usize) -> String {
    match array.data_type() {
        DataType::Utf8 => array.as_string::<i32>().value(row).to_owned(),
        DataType::LargeUtf8 => array.as_string::<i64>().value(row).to_owned(),
        DataType::Utf8View => array.as_string_view().value(row).to_owned(),
        // The array's type, a bracket, and the value on a line of its own.
        _ => format!("{:?}", array.slice(row, 1)).lines().nth(2).unwrap_or_default().trim().to_owned(),
    }
}

/// Fails unless what was counted is what is in batches that another reader made of the same columns.
pub fn compare(found: &Counts, batches: &[RecordBatch], problem: &[&str]) {
    let (mut expected, mut exact) = (Counts::default(), true);
    for batch in batches {
        let Some(keys) = problem.iter().map(|name| batch.column_by_name(name)).collect::<Option<Vec<_>>>()
        else {
            return;
        };
        let Some(verdicts) = batch.column_by_name("correct") else { return };
        for row in 0..batch.num_rows() {
            let key: Option<Vec<_>> = keys.iter().map(|key| value(key, row)).collect();
            // The names of other types (decimals, dates) are written in other ways.
            exact &= key.iter().flatten().all(|(array, _)| {
                matches!(array.data_type(), DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
                    || array.data_type().is_integer()
            });
            let key = key.map(|key| key.iter().map(|(array, row)| shown(array.as_ref(), *row)).collect());
            let verdict = match value(verdicts, row) {
                Some(_) if key.is_none() => None,
                Some((array, row)) => match verdict(array.as_ref(), row) {
                    Some(pass) => Some(pass),
                    None => return,
                },
                None => None,
            };
            expected.add(key, verdict);
        }
    }
    assert_eq!((found.nulls, found.null_ids), (expected.nulls, expected.null_ids));
    assert_eq!(found.sizes(), expected.sizes());
    if exact {
        assert_eq!(found, &expected);
    }
}

/// The value of a row and its place; `None` for null.
fn value(array: &ArrayRef, row: usize) -> Option<(ArrayRef, usize)> {
    if array.is_null(row) || *array.data_type() == DataType::Null {
        return None;
    }
    match array.as_any_dictionary_opt() {
        Some(coded) => value(coded.values(), coded.normalized_keys()[row]),
        None => Some((Arc::clone(array), row)),
    }
}

/// Whether a value passes; `None` for a type that is not compared.
fn verdict(array: &dyn Array, row: usize) -> Option<bool> {
    if let Some(array) = array.as_boolean_opt() {
        return Some(array.value(row));
    }
    let is_number = array.data_type().is_integer() || array.data_type().is_floating();
    let number = is_number.then(|| shown(array, row).trim_end_matches(',').parse::<f64>())?;
    match number.unwrap() {
        0.0 => Some(false),
        1.0 => Some(true),
        other => panic!("the verdict {other} was counted"),
    }
}

/// What a Parquet file counts to, which is as many rows as its row groups have; `None` where it is refused.
pub fn parquet(data: &[u8]) -> Option<Counts> {
    let found = counted("log.parquet", data, &["model", "problem"], Options::default())?;
    let (rest, tail) = data.split_at(data.len() - 8);
    let length = u32::from_le_bytes(tail[..4].try_into().unwrap());
    let (_, _, rows) = fuzzing::footer(&rest[rest.len() - usize::try_from(length).unwrap()..]).unwrap();
    let samples: u64 = found.keys.values().map(|count| count.0).sum();
    assert_eq!(rows, i128::from(samples + found.nulls + found.null_ids));
    Some(found)
}
