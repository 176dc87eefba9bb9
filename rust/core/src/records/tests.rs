//! Walks and extractions against a twin that holds the whole document.

use std::io::{self, Read};

use proptest::prelude::*;
use serde_json::Value;

use super::columns::{Columns, Field, Holds};
use super::extract::Extract;
use super::path::{Step, parse};
use super::walk::{Stop, Walk};
use crate::json::fault::Fault;

/// Gives a few bytes at a time.
struct Dripping {
    bytes: Vec<u8>,
    at: usize,
    step: usize,
}

impl Read for Dripping {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.step.min(self.bytes.len() - self.at).min(buffer.len());
        buffer[..length].copy_from_slice(&self.bytes[self.at..self.at + length]);
        self.at += length;
        Ok(length)
    }
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<i32>().prop_map(|eighths| Value::from(f64::from(eighths) / 8.0)),
        "[a-c\"\\\\\n\u{e9}\u{1f600}]{0,80}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        let key = prop_oneof![Just("a"), Just("b"), Just("c"), Just("d\"e"), Just("\u{e9}")];
        let members = prop::collection::vec((key.prop_map(ToOwned::to_owned), inner.clone()), 0..5);
        prop_oneof![
            prop::collection::vec(inner, 0..5).prop_map(Value::from),
            members.prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn way() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        Just(Step::Member("a".into())),
        Just(Step::Member("b".into())),
        Just(Step::Member("d\"e".into())),
        Just(Step::Each),
        Just(Step::Entries),
        (0_u64..3).prop_map(Step::At),
    ];
    prop::collection::vec(step, 0..4)
}

/// Where a way leads, with the last key and index on it.
type Led<'v> = (&'v Value, Option<&'v str>, Option<u64>);

fn follow<'v>(here: Led<'v>, way: &[Step], out: &mut Vec<Led<'v>>) {
    let (value, key, index) = here;
    let Some((step, rest)) = way.split_first() else { return out.push(here) };
    match (step, value) {
        (Step::Member(name), Value::Object(members)) => {
            members.get(name).into_iter().for_each(|inner| follow((inner, key, index), rest, out));
        }
        (Step::Entries, Value::Object(members)) => {
            members.iter().for_each(|(name, inner)| follow((inner, Some(name), index), rest, out));
        }
        (Step::Each, Value::Array(all)) => {
            (0..).zip(all).for_each(|(at, inner)| follow((inner, key, Some(at)), rest, out));
        }
        (Step::At(at), Value::Array(all)) => {
            let at = usize::try_from(*at).unwrap();
            all.get(at).into_iter().for_each(|inner| follow((inner, key, index), rest, out));
        }
        _ => {}
    }
}

/// What a field holds: with one list in its way a value or a null for each element of that.
fn inside(value: &Value, way: &[Step]) -> Vec<Value> {
    let mut lists = way.iter().enumerate().filter(|(_, step)| matches!(step, Step::Each | Step::Entries));
    let mut all = Vec::new();
    let (Some((at, _)), None) = (lists.next(), lists.next()) else {
        follow((value, None, None), way, &mut all);
        return all.into_iter().map(|led| led.0.clone()).collect();
    };
    follow((value, None, None), &way[..=at], &mut all);
    let one = |led: Led<'_>| {
        let mut found = Vec::new();
        follow(led, &way[at + 1..], &mut found);
        found.first().map_or(Value::Null, |led| led.0.clone())
    };
    all.into_iter().map(one).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn records_are_those_of_the_whole_document(
        documents in prop::collection::vec(json(), 1..4),
        way in way(), field in way(), pretty: bool, step in 1_usize..40,
    ) {
        let write = |value| if pretty { serde_json::to_string_pretty(value) } else { serde_json::to_string(value) };
        let text: String = documents.iter().map(|value| write(value).unwrap() + "\n").collect();
        let source = Dripping { bytes: text.clone().into_bytes(), at: 0, step };
        let mut walk = Walk::new(Box::new(source), way.clone(), true);
        let fields = [
            Field { name: "field".into(), path: field.clone(), holds: Holds::Json },
            Field { name: "key".into(), path: Vec::new(), holds: Holds::Key },
            Field { name: "index".into(), path: Vec::new(), holds: Holds::Index },
        ];
        let (mut extract, mut columns) = (Extract::new(&fields).unwrap(), Columns::new(&fields));
        let mut expected = Vec::new();
        for document in &documents {
            follow((document, None, None), &way, &mut expected);
        }
        let mut at = 0;
        while let Some(record) = walk.next_record(|bytes| extract.read(bytes)).unwrap() {
            let here = std::str::from_utf8(walk.bytes(&record)).unwrap().to_owned();
            let (value, key, index) = expected[at];
            prop_assert_eq!(&serde_json::from_str::<Value>(&here).unwrap(), value);
            prop_assert_eq!((record.key.as_deref(), record.index), (key, index));
            let start = usize::try_from(record.offset).unwrap();
            prop_assert_eq!(&text[start..start + here.len()], here.as_str());
            prop_assert_eq!(walk.line_of(&record), 1 + text[..start].matches('\n').count() as u64);
            let inside = inside(value, &field);
            let found: Vec<Value> = extract.found().iter().map(|&(_, found)| match found {
                super::extract::Found::Value(_, start, end) => serde_json::from_str(&here[start as usize..end as usize]).unwrap(),
                super::extract::Found::Length(length) => length.into(),
                super::extract::Found::Missing => Value::Null,
            }).collect();
            prop_assert_eq!(found.iter().collect::<Vec<_>>(), inside.iter().collect::<Vec<_>>());
            columns.push(&here, extract.found(), &record).unwrap();
            at += 1;
        }
        prop_assert_eq!(at, expected.len());
        prop_assert_eq!(columns.finish().unwrap().num_rows(), at);
    }

    #[test]
    fn a_cut_document_is_never_whole(document in json(), way in way(), keep: prop::sample::Index, step in 1_usize..40) {
        let whole = serde_json::to_string(&document).unwrap();
        prop_assume!(matches!(document, Value::Array(_) | Value::Object(_) | Value::String(_)));
        let cut = keep.index(whole.len());
        prop_assume!(cut > 0);
        let source = Dripping { bytes: whole.as_bytes()[..cut].to_vec(), at: 0, step };
        let mut walk = Walk::new(Box::new(source), way, false);
        let mut extract = Extract::new(&[]).unwrap();
        let stop = loop {
            match walk.next_record(|bytes| extract.read(bytes)) {
                Ok(Some(_)) => {}
                Ok(None) => panic!("{}", &whole[..cut.min(whole.floor_char_boundary(cut))]),
                Err(stop) => break stop,
            }
        };
        prop_assert!(matches!(stop, Stop::Fault { fault, .. } if *fault == Fault::Cut), "{}", whole);
    }
}

fn read(text: &str, rows: &str) -> Result<usize, String> {
    let source = Dripping { bytes: text.as_bytes().to_vec(), at: 0, step: 7 };
    let mut walk = Walk::new(Box::new(source), parse(rows).unwrap(), false);
    let mut extract = Extract::new(&[]).unwrap();
    let mut records = 0;
    loop {
        match walk.next_record(|bytes| extract.read(bytes)) {
            Ok(Some(_)) => records += 1,
            Ok(None) => return walk.missing().map_or(Ok(records), Err),
            Err(stop) => return Err(format!("{stop:?}")),
        }
    }
}

#[test]
fn what_is_no_json_is_refused() {
    assert_eq!(read("[1, 2, NaN, -Infinity, Infinity]", "[]"), Ok(5));
    assert_eq!(read("{\"a\": [{}, {}]} {\"a\": [{}]}", "a[]"), Ok(3));
    assert_eq!(read("\u{feff}[1]", "[]"), Ok(1));
    assert_eq!(read("[]", "[]"), Ok(0));
    assert_eq!(read("{}", "{}"), Ok(0));
    for (text, rows) in [
        ("[1 2]", "[]"),
        ("[1,]", "[]"),
        ("[1}", "[]"),
        ("{\"a\" 1}", "a"),
        ("{\"a\": 1,}", "a"),
        ("{a: 1}", "a"),
        ("[01]", "[]"),
        ("[tru]", "[]"),
        ("[nan]", "[]"),
        ("[-NaN]", "[]"),
        ("]", ""),
        ("{\"skip\": [1 2], \"a\": 1}", "a"),
        ("{\"a\n\": 1}", "a"),
        ("{\"a\": [1], \"a\": [2]}", "a[]"),
    ] {
        let refused = read(text, rows).unwrap_err();
        assert!(refused.contains("Syntax"), "{text}: {refused}");
    }
    for (text, rows) in [("{}", "a"), ("[]", "a"), ("{\"a\": 1}", "a[]"), ("{\"a\": []}", "a{}"), ("", "a")] {
        assert!(read(text, rows).unwrap_err().contains("another format"), "{text}");
    }
    let deep = "[".repeat(3000);
    assert!(read(&deep, "a").unwrap_err().contains("1000 deep"));
}
