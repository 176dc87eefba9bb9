//! JSON Lines, against `serde_json`.

use std::borrow::Cow;
use std::fmt;

use passcurve_core::sources::Options;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::choices;
use super::files::{Counts, counted};

/// The bytes are refused where a twin refuses them, else counted as the twin does, in parts of any size.
pub fn check(data: &[u8]) {
    let Some(([range], data)) = choices(data) else { return };
    let whole = counted("log.jsonl", data, &COLUMNS, Options::default());
    let range_bytes = Some(1 + range as u64);
    let parts = counted("log.jsonl", data, &COLUMNS, Options { range_bytes, ..Options::default() });
    assert_eq!(whole, parts, "parts of {range_bytes:?} bytes");
    match twin(data) {
        Ok(expected) => assert_eq!(whole, Some(expected)),
        Err(Refused::Wrong) => assert_eq!(whole, None),
        Err(Refused::Unknown) => {}
    }
}

const COLUMNS: [&str; 2] = ["a", "b.c"];

/// Why the twin has no counts.
enum Refused {
    Wrong,
    /// It is not said here what is right: more than 1000 arrays and objects inside each other, which are refused, or
    /// verdicts that are strings in rows that are left out.
    Unknown,
}

type Twin<T> = Result<T, Refused>;

/// A wanted value: of a string what it says, of a number its digits.
#[derive(Clone, Debug, PartialEq)]
enum Value {
    Null,
    Text(String),
    Integer(String),
    Float(String),
    Bool(bool),
}

impl Value {
    /// What values of a column have in common; numbers are one kind for verdicts alone.
    fn kind(&self, verdict: bool) -> u8 {
        match self {
            Self::Null => 0,
            Self::Text(_) => 1,
            Self::Integer(_) => 2,
            Self::Float(_) => 3 - u8::from(verdict),
            Self::Bool(_) => 4,
        }
    }
}

/// The wanted values of a line: of `a`, of `b.c` or of `c` in `b`, and of `correct`; `None` without their key.
type Row = [Option<Value>; 3];

fn twin(data: &[u8]) -> Twin<Counts> {
    let text = std::str::from_utf8(data).map_err(|_| Refused::Wrong)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut rows = Vec::new();
    for line in text.split('\n').filter(|line| !line.trim_matches([' ', '\t', '\r']).is_empty()) {
        if line.matches(['[', '{']).count() > 1000 {
            return Err(Refused::Unknown);
        }
        rows.push(row(line)?);
    }
    if rows.is_empty() {
        return Ok(Counts::default());
    }
    let mut kinds = [0; 3];
    for (column, kind) in kinds.iter_mut().enumerate() {
        let values = || rows.iter().filter_map(|row| row[column].as_ref());
        let mut found: Vec<_> =
            values().map(|value| value.kind(column == 2)).filter(|&kind| kind > 0).collect();
        *kind = found.first().copied().unwrap_or(0);
        found.dedup();
        // An id is there in one row at least, and is no float; verdicts have a key in one.
        if found.len() > 1 || (column < 2 && matches!(kind, 0 | 3)) || values().count() == 0 {
            return Err(Refused::Wrong);
        }
    }
    if kinds[2] == 1 {
        return Err(Refused::Unknown);
    }
    counts(&rows)
}

fn counts(rows: &[Row]) -> Twin<Counts> {
    let mut counts = Counts::default();
    for [a, b, correct] in rows {
        let (a, b) = (id(a.as_ref())?, id(b.as_ref())?);
        let key = a.zip(b).map(|(a, b)| vec![a, b]);
        let verdict = match correct.as_ref().filter(|_| key.is_some()) {
            None | Some(Value::Null | Value::Text(_)) => None,
            Some(Value::Bool(pass)) => Some(*pass),
            Some(Value::Integer(digits) | Value::Float(digits)) => match digits.parse::<f64>() {
                Ok(0.0) => Some(false),
                Ok(1.0) => Some(true),
                _ => return Err(Refused::Wrong),
            },
        };
        counts.add(key, verdict);
    }
    Ok(counts)
}

/// The name of an id in a table of ids.
fn id(value: Option<&Value>) -> Twin<Option<String>> {
    Ok(match value {
        None | Some(Value::Null) => None,
        Some(Value::Text(text)) => Some(text.clone()),
        Some(Value::Integer(digits)) => {
            Some(format!("{},", digits.parse::<i64>().map_err(|_| Refused::Wrong)?))
        }
        Some(Value::Bool(value)) => Some(format!("{value},")),
        Some(Value::Float(_)) => return Err(Refused::Wrong),
    })
}

fn row(line: &str) -> Twin<Row> {
    let members = Members::of(line)?;
    let inner = match members.get("b")?.filter(|raw| raw.get().starts_with('{')) {
        Some(b) => Members::of(b.get())?.get("c")?,
        None => None,
    };
    // The whole name comes first.
    let b = members.get("b.c")?.or(inner);
    let value = |raw: Option<&RawValue>| raw.map(value).transpose();
    Ok([value(members.get("a")?)?, value(b)?, value(members.get("correct")?)?])
}

/// The members of an object, whose values are checked and kept as they are written.
struct Members<'a>(Vec<(&'a RawValue, &'a RawValue)>);

impl<'a> Members<'a> {
    fn of(text: &'a str) -> Twin<Self> {
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let members = deserializer.deserialize_map(Collect).map_err(|_| Refused::Wrong)?;
        deserializer.end().map_err(|_| Refused::Wrong)?;
        Ok(Self(members))
    }

    /// The value of a key; wanted ones come once. A key that is no text, being half a surrogate pair, is none of them.
    fn get(&self, key: &str) -> Twin<Option<&'a RawValue>> {
        let same =
            |raw: &RawValue| serde_json::from_str::<Cow<'_, str>>(raw.get()).is_ok_and(|found| found == key);
        let mut found = self.0.iter().filter(|(raw, _)| same(raw)).map(|(_, value)| *value);
        let first = found.next();
        if found.next().is_some() { Err(Refused::Wrong) } else { Ok(first) }
    }
}

fn value(raw: &RawValue) -> Twin<Value> {
    let raw = raw.get();
    Ok(match raw.as_bytes()[0] {
        b'"' => Value::Text(serde_json::from_str(raw).map_err(|_| Refused::Wrong)?),
        b'{' | b'[' => return Err(Refused::Wrong),
        b't' | b'f' => Value::Bool(raw == "true"),
        b'n' => Value::Null,
        _ if raw.contains(['.', 'e', 'E']) => Value::Float(raw.to_owned()),
        _ => Value::Integer(raw.to_owned()),
    })
}

struct Collect;

impl<'de> Visitor<'de> for Collect {
    type Value = Vec<(&'de RawValue, &'de RawValue)>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(members)
    }
}
