//! Small valid inputs, to start from.

use std::sync::Arc;

use arrow_array::types::Int8Type;
use arrow_array::{ArrayRef, BooleanArray, DictionaryArray, Int64Array, RecordBatch, StringArray};
use arrow_ipc::writer::{FileWriter, StreamWriter};

/// A Thrift struct that is being written.
#[derive(Default)]
struct Struct {
    bytes: Vec<u8>,
    last: u8,
}

fn varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value.to_le_bytes()[0] | 0x80);
        value >>= 7;
    }
    out.push(value.to_le_bytes()[0]);
}

fn zigzag(value: i64, out: &mut Vec<u8>) {
    varint((value << 1 ^ value >> 63).cast_unsigned(), out);
}

impl Struct {
    fn head(mut self, field: u8, kind: u8) -> Self {
        self.bytes.push((field - self.last) << 4 | kind);
        self.last = field;
        self
    }

    fn int(self, field: u8, kind: u8, value: usize) -> Self {
        let mut this = self.head(field, kind);
        zigzag(value.try_into().unwrap(), &mut this.bytes);
        this
    }

    fn i32(self, field: u8, value: usize) -> Self {
        self.int(field, 5, value)
    }

    fn i64(self, field: u8, value: usize) -> Self {
        self.int(field, 6, value)
    }

    fn text(self, field: u8, text: &str) -> Self {
        let mut this = self.head(field, 8);
        varint(text.len() as u64, &mut this.bytes);
        this.bytes.extend(text.as_bytes());
        this
    }

    fn inner(self, field: u8, inner: Self) -> Self {
        let mut this = self.head(field, 12);
        this.bytes.extend(inner.end());
        this
    }

    /// At most 14 elements of a kind.
    fn list(self, field: u8, kind: u8, elements: &[Vec<u8>]) -> Self {
        let mut this = self.head(field, 9);
        this.bytes.push(u8::try_from(elements.len()).unwrap() << 4 | kind);
        this.bytes.extend(elements.concat());
        this
    }

    fn end(mut self) -> Vec<u8> {
        self.bytes.push(0);
        self.bytes
    }
}

/// A column of a Parquet file: its name, its physical type, whether it is optional, and its pages.
struct Column {
    name: &'static str,
    physical: usize,
    optional: usize,
    pages: Vec<u8>,
    /// The bytes of the dictionary's page, or none.
    dictionary: usize,
}

const ROWS: usize = 8;

fn page(encoding: usize, body: &[u8]) -> Vec<u8> {
    let data = Struct::default().i32(1, ROWS).i32(2, encoding).i32(3, 3).i32(4, 3);
    let header = Struct::default().i32(1, 0).i32(2, body.len()).i32(3, body.len()).inner(5, data);
    [header.end(), body.to_vec()].concat()
}

fn second_page(encoding: usize, nulls: usize, levels: &[u8], values: &[u8]) -> Vec<u8> {
    let data = Struct::default().i32(1, ROWS).i32(2, nulls).i32(3, ROWS).i32(4, encoding);
    let data = data.i32(5, levels.len()).i32(6, 0).head(7, 2);
    let length = levels.len() + values.len();
    let header = Struct::default().i32(1, 3).i32(2, length).i32(3, length).inner(8, data);
    [header.end(), levels.to_vec(), values.to_vec()].concat()
}

fn dictionary_page(values: &[&str]) -> Vec<u8> {
    let body = plain(values);
    let data = Struct::default().i32(1, values.len()).i32(2, 0);
    let header = Struct::default().i32(1, 2).i32(2, body.len()).i32(3, body.len()).inner(7, data);
    [header.end(), body].concat()
}

fn plain(values: &[&str]) -> Vec<u8> {
    let value =
        |text: &&str| [&u32::try_from(text.len()).unwrap().to_le_bytes()[..], text.as_bytes()].concat();
    values.iter().flat_map(value).collect()
}

/// A file of one row group, and its footer.
fn file(columns: &[Column]) -> (Vec<u8>, Vec<u8>) {
    let mut bytes = b"PAR1".to_vec();
    let mut schema = vec![Struct::default().text(4, "r").i32(5, columns.len()).end()];
    let mut chunks = Vec::new();
    for column in columns {
        schema.push(
            Struct::default().i32(1, column.physical).i32(3, column.optional).text(4, column.name).end(),
        );
        let path = [[&[column.name.len().to_le_bytes()[0]], column.name.as_bytes()].concat()];
        let described = Struct::default().i32(1, column.physical).list(2, 5, &[vec![0], vec![6]]);
        let described = described.list(3, 8, &path).i32(4, 0).i64(5, ROWS);
        let described = described.i64(6, column.pages.len()).i64(7, column.pages.len());
        let described = described.i64(9, bytes.len() + column.dictionary);
        let described = if column.dictionary > 0 { described.i64(11, bytes.len()) } else { described };
        chunks.push(Struct::default().i64(2, bytes.len()).inner(3, described).end());
        bytes.extend(&column.pages);
    }
    let group = Struct::default().list(1, 12, &chunks).i64(2, bytes.len() - 4).i64(3, ROWS).end();
    let footer = Struct::default().i32(1, 1).list(2, 12, &schema).i64(3, ROWS).list(4, 12, &[group]).end();
    bytes.extend(&footer);
    bytes.extend(u32::try_from(footer.len()).unwrap().to_le_bytes());
    bytes.extend(b"PAR1");
    (bytes, footer)
}

fn files() -> Vec<(Vec<u8>, Vec<u8>)> {
    let required = |name, physical, pages| Column { name, physical, optional: 0, pages, dictionary: 0 };
    let words = ["p0", "p1", "p2", "p1", "", "p0", "p2", "p2"];
    let model = || required("model", 1, page(0, &[7, 0, 0, 0].repeat(ROWS)));
    let plain_text = required("problem", 6, page(0, &plain(&words)));
    let bits = required("correct", 0, page(0, &[0b0110_1001]));
    // Two bits an index: a stretch of eight.
    let (dictionary, indices) =
        (dictionary_page(&["p0", "p1", "p2"]), page(8, &[2, 3, 0b0110_0100, 0b1010_0010]));
    let coded =
        Column { dictionary: dictionary.len(), ..required("problem", 6, [dictionary, indices].concat()) };
    // Rows 0 to 5 hold a value, of which a run says that it is true.
    let levels = [12, 1, 4, 0];
    let runs = [2, 0, 0, 0, 12, 1];
    let some = Column { optional: 1, ..required("correct", 0, second_page(3, 2, &levels, &runs)) };
    let deltas = required("problem", 2, page(5, &differences()));
    let first_levels = [&[4, 0, 0, 0][..], &levels, &[1, 0, 0, 0].repeat(6)].concat();
    let numbers = Column { optional: 1, ..required("correct", 1, page(0, &first_levels)) };
    vec![file(&[model(), plain_text, bits]), file(&[model(), coded, some]), file(&[model(), deltas, numbers])]
}

/// Eight delta-encoded integers, two bits a difference.
fn differences() -> Vec<u8> {
    let mut bytes = Vec::new();
    for head in [128, 4, 8] {
        varint(head, &mut bytes);
    }
    zigzag(5, &mut bytes);
    zigzag(-1, &mut bytes);
    [&bytes[..], &[2, 0, 0, 0], &[0b0110_0100, 0b0010_0010], &[0; 6]].concat()
}

/// Parquet files.
pub fn parquet() -> Vec<Vec<u8>> {
    files().into_iter().map(|(file, _)| file).collect()
}

/// Footers, page headers, and structs as deep as may be and deeper.
pub fn thrift() -> Vec<Vec<u8>> {
    let footers = files().into_iter().map(|(_, footer)| footer);
    let deep = |depth: usize| [vec![0x1c; depth - 1], vec![0; 70]].concat();
    footers.chain([second_page(3, 2, &[12, 1], &[]), dictionary_page(&["p"]), deep(64), deep(65)]).collect()
}

/// Runs and stretches, behind the bytes that say how they are read.
pub fn levels() -> Vec<Vec<u8>> {
    vec![
        vec![1, 20, 0, 2, 8, 1, 5, 0xa5, 0x5a],
        vec![3, 11, 0, 200, 5, 1, 2, 3, 4, 5, 6, 6, 7],
        vec![32, 10, 0, 3, 3, 1, 0, 0, 0, 2, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 4, 1, 2, 3, 4],
        vec![1, 0, 2, 255, 0x80, 8, 1],
    ]
}

/// Delta-encoded values of each kind, and with differences as wide as may be and wider.
pub fn coded() -> Vec<Vec<u8>> {
    let head = |what| vec![what, 8, 0, 2];
    // Eight lengths of 2, eight prefixes of 0, and the bytes.
    let lengths: &[u8] = &[128, 1, 4, 8, 4, 0, 0, 0, 0, 0];
    let prefixes: &[u8] = &[128, 1, 4, 8, 0, 0, 0, 0, 0, 0];
    let wide =
        |what, width: u8| [head(what), vec![128, 1, 4, 8, 0, 0, width, 0, 0, 0], vec![7; 300]].concat();
    vec![
        wide(0, 64),
        wide(0, 65),
        wide(1, 32),
        wide(1, 33),
        [head(0), differences()].concat(),
        [head(1), differences()].concat(),
        [head(2), lengths.to_vec(), b"aabbccddeeffgghh".to_vec()].concat(),
        [head(3), prefixes.to_vec(), lengths.to_vec(), b"aabbccddeeffgghh".to_vec()].concat(),
        // Of 1 + 64 modulo 63 bytes each.
        [head(64), prefixes.to_vec(), lengths.to_vec(), b"aabbccddeeffgghh".to_vec()].concat(),
        [head(5), (0..64).collect()].concat(),
    ]
}

/// Arrow IPC files and streams.
pub fn ipc() -> Vec<Vec<u8>> {
    let models: DictionaryArray<Int8Type> =
        (0..ROWS).map(|at| Some(if at < 3 { "m0" } else { "m1" })).collect();
    let problem = |at| (at != 5).then(|| format!("p{}", at % 3));
    let problems: StringArray = (0..ROWS).map(problem).collect();
    let verdicts: BooleanArray = (0..ROWS).map(|at| (at != 2).then_some(at % 2 == 0)).collect();
    let numbers = Int64Array::from_iter_values((0..8).map(|at| at % 2));
    let of = |problem: ArrayRef, correct: ArrayRef| {
        let models = Arc::new(models.clone()) as ArrayRef;
        RecordBatch::try_from_iter([("model", models), ("problem", problem), ("correct", correct)]).unwrap()
    };
    let numbers = || Arc::new(numbers.clone());
    [of(Arc::new(problems), Arc::new(verdicts)), of(numbers(), numbers())].iter().flat_map(written).collect()
}

/// The rows in two batches, as a file and as a stream.
fn written(rows: &RecordBatch) -> [Vec<u8>; 2] {
    let (schema, halves) = (rows.schema(), [rows.slice(0, 3), rows.slice(3, 5)]);
    let mut file = FileWriter::try_new(Vec::new(), &schema).unwrap();
    let mut stream = StreamWriter::try_new(Vec::new(), &schema).unwrap();
    for half in &halves {
        file.write(half).unwrap();
        stream.write(half).unwrap();
    }
    [file.into_inner().unwrap(), stream.into_inner().unwrap()]
}

/// JSON Lines, behind a byte that says how long their parts are.
pub fn lines() -> Vec<Vec<u8>> {
    let logs = [
        r#"{"a":"x","b":{"c":"y"},"correct":true}
{"a":"x","b":{"c":"\u00e9\ud83d\ude00"},"correct":false}
{"a":"z","b":{"c":null},"correct":null}
"#,
        r#"{"a": 1, "b.c": -7, "correct": 0, "more": [1.5e3, {"k": "\"\\"}, [], {}]}
{"a": 1, "b.c": -7, "correct": 1, "more": [1.5e3, {"k": "\"\\"}, [], {}]}
{"b": {"c": 4, "d": null}, "a": 2, "correct": 1.0}"#,
        // An array that a whole name hides, and a log without rows.
        r#"{"a": true, "b": {"c": [{}, 1.5]}, "b.c": true, "correct": null}"#,
        " \n",
    ];
    logs.iter().map(|log| [b"\x28", log.as_bytes()].concat()).collect()
}

/// Documents behind the ways to their records and a field, what that holds, and the length of blocks.
pub fn records() -> Vec<Vec<u8>> {
    let documents = [
        r#"{"a": {"b": [{"a": [1, 2.5, null]}, {"a": []}], "c": "x"}, "a.b": true}
{"a": {"b": [{"a": ["\u00e9\ud83d\ude00", "\"\\"]}]}} "#,
        r#"[{"a": 1, "b": [{"b": [7]}, {"b": []}, {}]}, {"a": [{"b": ["x"]}, {"b": [null, 0]}, []], "c": -1e-3}]"#,
        r#"{"x": {"a": {"k": 1, "l": "m"}, "b": false}, "a": [[1, 2], [], [3]], "y": [{"a": "z"}, [0]]}"#,
        "12 \"a\"\n[true, false, null, [[]], {}]\n",
    ];
    let mut seeds = Vec::new();
    for (at, document) in (0_u8..).zip(documents) {
        seeds.extend(
            (0..20_u8).map(|way| [&[way, way + 3 * at, way / 2, 2 * way], document.as_bytes()].concat()),
        );
    }
    seeds
}
