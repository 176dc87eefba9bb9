//! Walks and extractions against a twin that holds the whole document.

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Array, ArrayRef};
use proptest::prelude::*;
use serde_json::Value;

use super::extract::Extract;
use super::field::Holds;
use super::fuzzing::{read, walk};
use super::path::{Step, parse};
use super::stop::Stop;
use crate::json::fault::Fault;

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

/// How many steps of a way are there.
fn reached(value: &Value, way: &[Step]) -> usize {
    let Some((step, rest)) = way.split_first() else { return 0 };
    let inner = |value: Option<&Value>| value.map_or(0, |value| reached(value, rest));
    match (step, value) {
        (Step::Member(name), Value::Object(members)) => {
            members.get(name).map_or(0, |value| 1 + reached(value, rest))
        }
        (Step::Entries, Value::Object(members)) => {
            1 + members.values().map(|value| inner(Some(value))).max().unwrap_or(0)
        }
        (Step::Each, Value::Array(all)) => 1 + all.iter().map(|value| inner(Some(value))).max().unwrap_or(0),
        (Step::At(at), Value::Array(all)) => 1 + inner(all.get(usize::try_from(*at).unwrap())),
        _ => 0,
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

/// The values of a field of all records: of each as many as there are.
fn values(array: &ArrayRef) -> Vec<Vec<Value>> {
    let texts = |array: &ArrayRef| -> Vec<Value> {
        let text = |text: Option<&str>| text.map_or(Value::Null, |text| serde_json::from_str(text).unwrap());
        array.as_string::<i32>().iter().map(text).collect()
    };
    match array.as_list_opt::<i32>() {
        Some(lists) => lists.iter().map(|list| texts(&list.unwrap())).collect(),
        None => texts(array).into_iter().map(|value| vec![value]).collect(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5000))]

    #[test]
    fn records_are_those_of_the_whole_document(
        documents in prop::collection::vec(json(), 1..4),
        way in way(), field in way(), pretty: bool, block in 3_usize..40,
    ) {
        let write = |value| if pretty { serde_json::to_string_pretty(value) } else { serde_json::to_string(value) };
        let text: String = documents.iter().map(|value| write(value).unwrap() + "\n").collect();
        let found = read(text.as_bytes(), block, &way, &field, Holds::Json);
        if documents.iter().any(|document| reached(document, &way) < way.len()) {
            prop_assert!(found.unwrap_err().contains("Missing"));
            return Ok(());
        }
        let found = found.unwrap();
        let mut expected = Vec::new();
        for document in &documents {
            follow((document, None, None), &way, &mut expected);
        }
        let column = |name: &str| found.batch.column_by_name(name).unwrap();
        prop_assert_eq!(found.records.len(), expected.len());
        let fields = values(column("field"));
        let is_list = field.iter().any(|step| matches!(step, Step::Each | Step::Entries));
        for (at, ((written, offset, line), (value, key, index))) in found.records.iter().zip(&expected).enumerate() {
            prop_assert_eq!(&serde_json::from_str::<Value>(written).unwrap(), *value);
            let start = usize::try_from(*offset).unwrap();
            prop_assert_eq!(&text[start..start + written.len()], written.as_str());
            prop_assert_eq!(*line, 1 + text[..start].matches('\n').count() as u64);
            let mut inside = inside(value, &field);
            if inside.is_empty() && !is_list {
                inside.push(Value::Null);
            }
            prop_assert_eq!(&fields[at], &inside);
            let found_key = column("key").as_string_opt::<i32>().and_then(|keys| keys.is_valid(at).then(|| keys.value(at)));
            prop_assert_eq!(found_key, *key);
            let indices = column("index").as_primitive::<Int64Type>();
            prop_assert_eq!(indices.is_valid(at).then(|| indices.value(at).cast_unsigned()), *index);
        }
    }

    #[test]
    fn a_cut_document_is_never_whole(
        document in json(), way in way(), keep: prop::sample::Index, block in 3_usize..40,
    ) {
        let whole = serde_json::to_string(&document).unwrap();
        let cut = keep.index(whole.len());
        if cut == 0 || !matches!(document, Value::Array(_) | Value::Object(_) | Value::String(_)) {
            return Ok(());
        }
        let stop = last(&whole.as_bytes()[..cut], block, &way).unwrap_err();
        prop_assert!(matches!(stop, Stop::Fault { fault, .. } if *fault == Fault::Cut), "{}", whole);
    }
}

/// How many records there are, or what is wrong.
fn last(bytes: &[u8], block: usize, way: &[Step]) -> Result<usize, Stop> {
    let (mut walk, mut extract) = (walk(bytes, block, way), Extract::new(&[]).unwrap());
    let mut records = 0;
    while walk.next_record(|bytes, depth| extract.read(bytes, depth))?.is_some() {
        records += 1;
    }
    match walk.missing() {
        None => Ok(records),
        Some(missing) => Err(Stop::Io(std::io::Error::other(missing))),
    }
}

fn count(text: &str, way: &str) -> Result<usize, String> {
    last(text.as_bytes(), 7, &parse(way).unwrap()).map_err(|stop| format!("{stop:?}"))
}

#[test]
fn what_is_no_json_is_refused() {
    assert_eq!(count("[1, 2, NaN, -Infinity, Infinity]", "[]"), Ok(5));
    assert_eq!(count("{\"a\": [{}, {}]} {\"a\": [{}]}", "a[]"), Ok(3));
    assert_eq!(count("\u{feff}[1]", "[]"), Ok(1));
    assert_eq!(count("[]", "[]"), Ok(0));
    assert_eq!(count("{}", "{}"), Ok(0));
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
        ("1true", ""),
        ("1 2-3", ""),
        ("null1", ""),
        ("]", ""),
        ("{\"skip\": [1 2], \"a\": 1}", "a"),
        ("{\"a\n\": 1}", "a"),
        ("{\"a\": [1], \"a\": [2]}", "a[]"),
    ] {
        let refused = count(text, rows).unwrap_err();
        assert!(refused.contains("Syntax"), "{text}: {refused}");
    }
    for (text, rows) in [
        ("{}", "a"),
        ("[]", "a"),
        ("{\"a\": 1}", "a[]"),
        ("{\"a\": []}", "a{}"),
        ("{\"a\": []} {\"b\": []}", "a[]"),
        ("", "a"),
    ] {
        assert!(count(text, rows).unwrap_err().contains("another format"), "{text}");
    }
    let deep = "[".repeat(3000);
    assert!(count(&deep, "a").unwrap_err().contains("1000 deep"));
}

#[test]
fn how_deep_is_too_deep_depends_on_neither_way_nor_blocks() {
    for (depth, fine) in [(1000, true), (1001, false)] {
        // One array more is the outermost object.
        let (open, close) = ("[".repeat(depth - 1), "]".repeat(depth - 1));
        for filling in [0, 1 << 18, 1 << 20] {
            let text = format!("{{\"x\": {open}\"{}\"{close}, \"a\": 1}}", "-".repeat(filling));
            for way in ["", "a", "x", "x[]", "x[][][0]"] {
                assert_eq!(count(&text, way).is_ok(), fine, "{depth} {filling} {way}");
            }
        }
    }
}

#[test]
fn text_that_is_stepped_over_is_utf8_too() {
    for bytes in
        [&b"{\"x\": \"\xff\", \"a\": 1}"[..], b"{\"\xff\": 2, \"a\": 1}", b"{\"x\": [\"\xff\"], \"a\": 1}"]
    {
        let stop = last(bytes, 3, &parse("a").unwrap()).unwrap_err();
        assert!(matches!(stop, Stop::Fault { fault, .. } if matches!(*fault, Fault::Syntax(..))));
    }
}
