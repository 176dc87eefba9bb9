//! Records of JSON documents, against `serde_json` on the whole text.

use std::borrow::Cow;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{Array, ArrayRef};
use passcurve_core::records::fuzzing::{Found, read};
use passcurve_core::records::{Holds, Step, hash, parse};
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::choices;

const ROWS: [&str; 9] = ["", "[]", "a", "a[]", "{}", "{}[]", "a.b[]", "[1]", "a{}.b"];
const FIELDS: [&str; 12] =
    ["", "a", "a.b", "a[]", "a[].b", "a{}", "a[1]", "a[#]", "a[].b[0]", "\"a.b\"", "a[][]", "a[][#]"];
const HOLDS: [Holds; 5] = [Holds::Ids, Holds::Texts, Holds::Numbers, Holds::Json, Holds::Hashes];

/// The bytes are refused where a twin refuses them, else read as the twin does, whatever the blocks.
pub fn check(data: &[u8]) {
    let Some(([rows, field, holds, block], data)) = choices(data) else { return };
    let (rows, field) = (parse(ROWS[rows % 9]).unwrap(), parse(FIELDS[field % 12]).unwrap());
    let holds = HOLDS[holds % 5];
    let whole = read(data, 1 << 18, &rows, &field, holds).map(rows_of);
    let blocks = read(data, 3 + block, &rows, &field, holds).map(rows_of);
    assert_eq!(whole.is_ok(), blocks.is_ok(), "{whole:?} {blocks:?}");
    if let (Ok(whole), Ok(blocks)) = (&whole, &blocks) {
        assert_eq!(whole, blocks);
    }
    match twin(data, &rows, &field, holds) {
        Ok(expected) => assert_eq!(whole, Ok(expected)),
        Err(Refused::Wrong(why)) => assert!(whole.is_err(), "{why}: {whole:?}"),
        Err(Refused::Unknown) => {}
    }
}

/// A record: how it is written, its first byte and line, the last key and index on the way, and a field of it.
#[derive(Clone, Debug, PartialEq)]
struct Row {
    written: String,
    offset: u64,
    line: u64,
    key: Option<String>,
    index: Option<u64>,
    values: Vec<Option<String>>,
}

/// As the twin has them: numbers as text, where those of 64 bits are told from others by their type.
fn rows_of(found: Found) -> Vec<Row> {
    let column = |name: &str| found.batch.column_by_name(name).unwrap();
    let (keys, indices) = (column("key").as_string::<i32>(), column("index").as_primitive::<Int64Type>());
    let fields = column("field");
    let row = |(at, (written, offset, line)): (usize, (String, u64, u64))| Row {
        written,
        offset,
        line,
        key: keys.is_valid(at).then(|| keys.value(at).to_owned()),
        index: indices.is_valid(at).then(|| indices.value(at).cast_unsigned()),
        values: match fields.as_list_opt::<i32>() {
            Some(lists) => values(&lists.value(at)),
            None => values(&fields.slice(at, 1)),
        },
    };
    found.records.into_iter().enumerate().map(row).collect()
}

fn values(array: &ArrayRef) -> Vec<Option<String>> {
    if let Some(texts) = array.as_string_opt::<i32>() {
        return texts.iter().map(|text| text.map(ToOwned::to_owned)).collect();
    }
    if let Some(numbers) = array.as_primitive_opt::<Float64Type>() {
        return numbers.iter().map(|number| number.map(|number| format!("{number:?}"))).collect();
    }
    if let Some(numbers) = array.as_primitive_opt::<Int64Type>() {
        return numbers.iter().map(|number| number.map(|number| number.to_string())).collect();
    }
    vec![None; array.len()]
}

/// Why the twin has no rows.
enum Refused {
    Wrong(&'static str),
    /// It is not said here what is right: what is more than 1000 deep, and numbers that are not finite.
    Unknown,
}

type Twin<T> = Result<T, Refused>;

/// Where a way leads, with the last key and index on it.
#[derive(Clone)]
struct Led<'v> {
    value: &'v RawValue,
    key: Option<String>,
    index: Option<u64>,
}

fn twin(data: &[u8], rows: &[Step], field: &[Step], holds: Holds) -> Twin<Vec<Row>> {
    let text = std::str::from_utf8(data).map_err(|_| Refused::Wrong("no UTF-8"))?;
    if text.matches(['[', '{']).count() > 1000 || ["NaN", "Infinity"].iter().any(|word| text.contains(word)) {
        return Err(Refused::Unknown);
    }
    let inner = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut found = Vec::new();
    for document in serde_json::Deserializer::from_str(inner).into_iter::<&RawValue>() {
        let value = document.map_err(|_| Refused::Wrong("no JSON"))?;
        follow(Led { value, key: None, index: None }, rows, &mut found)?;
        if reached(value, rows) < rows.len() {
            return Err(Refused::Wrong("a document without what leads to records"));
        }
    }
    let mut kind = None;
    let row = |led: Led<'_>| {
        let written = led.value.get();
        let offset = written.as_ptr().addr() - text.as_ptr().addr();
        Ok(Row {
            written: written.to_owned(),
            offset: offset as u64,
            line: 1 + text[..offset].matches('\n').count() as u64,
            values: field_of(led.value, field, holds, &mut kind)?,
            key: led.key,
            index: led.index,
        })
    };
    found.into_iter().map(row).collect()
}

fn follow<'v>(here: Led<'v>, way: &[Step], out: &mut Vec<Led<'v>>) -> Twin<()> {
    let Some((step, rest)) = way.split_first() else {
        out.push(here);
        return Ok(());
    };
    let text = here.value.get();
    match step {
        Step::Member(_) | Step::Entries if text.starts_with('{') => {
            let mut came = false;
            for (key, value) in members(text) {
                match step {
                    Step::Member(name) if *name != key => {}
                    Step::Member(_) if came => return Err(Refused::Wrong("a key twice")),
                    Step::Member(_) => {
                        came = true;
                        follow(Led { value, ..here.clone() }, rest, out)?;
                    }
                    _ => follow(Led { value, key: Some(key), ..here.clone() }, rest, out)?,
                }
            }
        }
        Step::Each | Step::At(_) if text.starts_with('[') => {
            for (at, value) in (0_u64..).zip(elements(text)) {
                match step {
                    Step::At(wanted) if *wanted != at => {}
                    Step::At(_) => follow(Led { value, ..here.clone() }, rest, out)?,
                    _ => follow(Led { value, index: Some(at), ..here.clone() }, rest, out)?,
                }
            }
        }
        // The array stands for its length.
        Step::Length if text.starts_with('[') => out.push(here),
        _ => {}
    }
    Ok(())
}

/// How many steps of a way are there.
fn reached(value: &RawValue, way: &[Step]) -> usize {
    let Some((step, rest)) = way.split_first() else { return 0 };
    let text = value.get();
    let (is_object, is_array) = (text.starts_with('{'), text.starts_with('['));
    let inner: Vec<usize> = match step {
        Step::Member(name) if is_object => {
            let wanted = members(text).into_iter().filter(|(key, _)| key == name);
            return wanted.map(|(_, value)| 1 + reached(value, rest)).max().unwrap_or(0);
        }
        Step::Entries if is_object => {
            members(text).into_iter().map(|(_, value)| reached(value, rest)).collect()
        }
        Step::Each if is_array => elements(text).into_iter().map(|value| reached(value, rest)).collect(),
        Step::At(at) if is_array => {
            let at = usize::try_from(*at).unwrap();
            elements(text).get(at).map(|value| reached(value, rest)).into_iter().collect()
        }
        _ => return 0,
    };
    1 + inner.into_iter().max().unwrap_or(0)
}

/// What a field holds: with one list in its way a value or a null for each element of that.
fn field_of(
    value: &RawValue,
    way: &[Step],
    holds: Holds,
    kind: &mut Option<bool>,
) -> Twin<Vec<Option<String>>> {
    let start = || Led { value, key: None, index: None };
    let lists: Vec<usize> =
        (0..way.len()).filter(|&at| matches!(way[at], Step::Each | Step::Entries)).collect();
    let mut found: Vec<Option<Led<'_>>> = Vec::new();
    if let [list] = lists[..] {
        let mut elements = Vec::new();
        follow(start(), &way[..=list], &mut elements)?;
        for element in elements {
            let mut inner = Vec::new();
            follow(element, &way[list + 1..], &mut inner)?;
            found.push(inner.into_iter().next());
        }
    } else {
        let mut all = Vec::new();
        follow(start(), way, &mut all)?;
        found.extend(all.into_iter().map(Some));
        if lists.is_empty() && found.is_empty() {
            found.push(None);
        }
    }
    let length = way.last() == Some(&Step::Length);
    let one = |led: Option<Led<'_>>| match led {
        None => Ok(None),
        Some(led) if length => held(&elements(led.value.get()).len().to_string(), holds, length, kind),
        Some(led) => held(led.value.get(), holds, length, kind),
    };
    found.into_iter().map(one).collect()
}

/// A value as its column holds it; `kind` is whether ids are texts.
fn held(written: &str, holds: Holds, length: bool, kind: &mut Option<bool>) -> Twin<Option<String>> {
    if length && matches!(holds, Holds::Texts | Holds::Json | Holds::Hashes) {
        return Err(Refused::Wrong("a length as text"));
    }
    if holds == Holds::Json {
        return Ok(Some(written.to_owned()));
    }
    if written == "null" {
        return Ok(None);
    }
    let is_text = written.starts_with('"');
    Ok(Some(match holds {
        Holds::Hashes if is_text && written.contains('\\') => {
            let said: String = serde_json::from_str(written).map_err(|_| Refused::Unknown)?;
            hash(&format!("\"{said}\""))
        }
        Holds::Hashes => hash(written),
        Holds::Texts if !is_text => written.to_owned(),
        Holds::Numbers => match written {
            "true" => "1.0".into(),
            "false" => "0.0".into(),
            _ if written.starts_with(['"', '[', '{']) => return Err(Refused::Wrong("no number")),
            number => format!("{:?}", number.parse::<f64>().map_err(|_| Refused::Wrong("no number"))?),
        },
        _ => {
            if holds == Holds::Ids && *kind.get_or_insert(is_text) != is_text {
                return Err(Refused::Wrong("ids of two types"));
            }
            if is_text {
                serde_json::from_str(written).map_err(|_| Refused::Wrong("half a surrogate pair"))?
            } else {
                let number: i64 = written.parse().map_err(|_| Refused::Wrong("no integer"))?;
                number.to_string()
            }
        }
    }))
}

fn members(object: &str) -> Vec<(String, &RawValue)> {
    serde_json::Deserializer::from_str(object).deserialize_map(Members).unwrap()
}

fn elements(array: &str) -> Vec<&RawValue> {
    serde_json::from_str(array).unwrap()
}

/// All members, also those whose key came before. A key that is no text, being half a surrogate pair, is as it is written.
struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Vec<(String, &'de RawValue)>;

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some((key, value)) = map.next_entry::<&'de RawValue, &'de RawValue>()? {
            let inner = &key.get()[1..key.get().len() - 1];
            let said = serde_json::from_str::<Cow<'_, str>>(key.get());
            members.push((said.map_or_else(|_| inner.to_owned(), Cow::into_owned), value));
        }
        Ok(members)
    }
}
