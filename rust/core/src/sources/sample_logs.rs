//! One small log in every format.

use std::io::Write;
use std::sync::Arc;

use arrow_array::{BooleanArray, Int32Array, RecordBatch, StringArray};
use arrow_ipc::writer::{FileWriter, StreamWriter};
use arrow_schema::{DataType, Field, Schema};

use crate::tally::Spec;

pub(super) const ROWS: usize = 400;

/// The rows below as pyarrow writes them: two row groups, small pages, Snappy, one column with a dictionary.
pub(super) const PARQUET: &[u8] = include_bytes!("read_at/log.parquet");

pub(super) fn rows() -> impl Iterator<Item = (String, i32, bool)> {
    (0..ROWS).map(|i| (format!("p{}", i % 23), i32::try_from(i).unwrap(), i % 3 == 0))
}

pub(super) fn lines() -> Vec<u8> {
    let line = |(problem, sample, correct)| {
        format!("{{\"problem\": \"{problem}\", \"sample\": {sample}, \"correct\": {correct}}}\n")
    };
    rows().map(line).collect::<String>().into_bytes()
}

pub(super) fn batch(from: usize, length: usize) -> RecordBatch {
    let fields = [("problem", DataType::Utf8), ("sample", DataType::Int32), ("correct", DataType::Boolean)];
    let fields: Vec<_> = fields.into_iter().map(|(name, kind)| Field::new(name, kind, true)).collect();
    let some = || rows().skip(from).take(length);
    let problems: StringArray = some().map(|row| Some(row.0)).collect();
    let samples: Int32Array = some().map(|row| row.1).collect();
    let verdicts: BooleanArray = some().map(|row| Some(row.2)).collect();
    RecordBatch::try_new(
        Arc::new(Schema::new(fields)),
        vec![Arc::new(problems), Arc::new(samples), Arc::new(verdicts)],
    )
    .unwrap()
}

pub(super) fn arrow_file() -> Vec<u8> {
    let mut writer = FileWriter::try_new(Vec::new(), &batch(0, 0).schema()).unwrap();
    (0..4).for_each(|part| writer.write(&batch(part * 100, 100)).unwrap());
    writer.finish().unwrap();
    writer.into_inner().unwrap()
}

pub(super) fn arrow_stream() -> Vec<u8> {
    let mut writer = StreamWriter::try_new(Vec::new(), &batch(0, 0).schema()).unwrap();
    (0..4).for_each(|part| writer.write(&batch(part * 100, 100)).unwrap());
    writer.finish().unwrap();
    writer.into_inner().unwrap()
}

pub(super) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}

/// The log in every format, with a name for a file of it.
pub(super) fn every_format() -> [(&'static str, Vec<u8>); 6] {
    [
        ("log.parquet", PARQUET.to_vec()),
        ("log.arrow", arrow_file()),
        ("log.arrows", arrow_stream()),
        ("log.jsonl", lines()),
        ("log.jsonl.gz", gzip(&lines())),
        ("log.jsonl.zst", zstd::encode_all(&*lines(), 1).unwrap()),
    ]
}

pub(super) fn spec(sample: bool) -> Spec {
    Spec {
        problem: vec!["problem".into()],
        sample: sample.then(|| "sample".into()),
        verdict: "correct".into(),
        ..Spec::default()
    }
}
