//! The laws of the tally: any split, order and association of a log gives the counts of a slow, obvious twin.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{ArrayRef, BooleanArray, Int64Array, RecordBatch, StringArray};
use passcurve_core::error::{Error, Place, Reason};
use passcurve_core::sources::{Options, batches::BatchTally};
use passcurve_core::tally::{Finished, OnDuplicate, OnNull, Spec};
use proptest::prelude::*;

#[derive(Clone, Debug)]
struct Row {
    model: u8,
    problem: i64,
    sample: i64,
    verdict: Option<bool>,
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let row = (0..3_u8, -3..6_i64, 0..4_i64, prop::option::weighted(0.9, any::<bool>()));
    let row = row.prop_map(|(model, problem, sample, verdict)| Row { model, problem, sample, verdict });
    prop::collection::vec(row, 0..120)
}

fn batch(rows: &[Row]) -> RecordBatch {
    let columns: [(&str, ArrayRef); 4] = [
        ("model", Arc::new(StringArray::from_iter_values(rows.iter().map(|r| format!("m{}", r.model))))),
        ("problem", Arc::new(Int64Array::from_iter_values(rows.iter().map(|r| r.problem)))),
        ("sample", Arc::new(Int64Array::from_iter_values(rows.iter().map(|r| r.sample)))),
        ("correct", Arc::new(rows.iter().map(|r| r.verdict).collect::<BooleanArray>())),
    ];
    RecordBatch::try_from_iter(columns).unwrap()
}

fn spec(on_null: OnNull, duplicates: Option<OnDuplicate>) -> Spec {
    Spec {
        by: vec!["model".into()],
        problem: vec!["problem".into()],
        sample: duplicates.map(|_| "sample".into()),
        verdict: "correct".into(),
        on_null,
        on_duplicate: duplicates.unwrap_or_default(),
        ..Spec::default()
    }
}

fn count(spec: Spec, parts: &[&[Row]], threads: usize) -> Result<Finished, Error> {
    let mut tally = BatchTally::new(spec, Options { threads: Some(threads), ..Options::default() });
    tally.insert(&batch(&[]).into(), &mut |_| Ok(()))?;
    for part in parts {
        tally.insert(&batch(part).into(), &mut |_| Ok(()))?;
    }
    tally.finish(&mut |_| Ok(()))
}

type Counts = BTreeMap<(String, i64), (i64, i64)>;

fn as_map(finished: &Finished) -> Counts {
    let table = &finished.table;
    let (models, problems) = (table.column(0).as_string_view(), table.column(1).as_primitive::<Int64Type>());
    let (n, c) = (table.column(2).as_primitive::<Int64Type>(), table.column(3).as_primitive::<Int64Type>());
    let row = |i| ((models.value(i).to_owned(), problems.value(i)), (n.value(i), c.value(i)));
    let keys: Vec<_> = (0..table.num_rows()).map(|i| row(i).0).collect();
    assert!(keys.is_sorted(), "the table is sorted by key");
    (0..table.num_rows()).map(row).collect()
}

/// Row by row, in maps.
fn twin(rows: &[Row], on_null: OnNull, unique: bool) -> Counts {
    let mut counts = Counts::new();
    let mut seen = HashSet::new();
    for row in rows {
        let key = (format!("m{}", row.model), row.problem);
        let count = counts.entry(key.clone()).or_default();
        let verdict = match (row.verdict, on_null) {
            (None, OnNull::Skip) => continue,
            (None, _) => false,
            (Some(verdict), _) => verdict,
        };
        if unique && !seen.insert((key, row.sample)) {
            continue;
        }
        count.0 += 1;
        count.1 += i64::from(verdict);
    }
    counts
}

proptest! {
    #[test]
    fn any_split_and_thread_count_equals_the_twin(log in rows(), cut in 0..120_usize, threads in 1..9_usize, skip: bool) {
        let on_null = if skip { OnNull::Skip } else { OnNull::Fail };
        let (head, tail) = log.split_at(cut.min(log.len()));
        let finished = count(spec(on_null, None), &[head, tail], threads).unwrap();
        prop_assert_eq!(as_map(&finished), twin(&log, on_null, false));
        prop_assert_eq!(finished.counters.rows, log.len() as u64);
        prop_assert_eq!(finished.counters.nulls, log.iter().filter(|r| r.verdict.is_none()).count() as u64);
    }

    #[test]
    fn order_does_not_matter(log in rows().prop_shuffle(), threads in 1..4_usize) {
        let forward = count(spec(OnNull::Fail, None), &[&log], threads).unwrap();
        let backward: Vec<_> = log.iter().rev().cloned().collect();
        let backward = count(spec(OnNull::Fail, None), &[&backward], threads).unwrap();
        prop_assert_eq!(forward.table, backward.table);
    }

    #[test]
    fn the_first_of_each_sample_counts(log in rows(), cut in 0..120_usize, skip: bool) {
        let on_null = if skip { OnNull::Skip } else { OnNull::Fail };
        let (head, tail) = log.split_at(cut.min(log.len()));
        let finished = count(spec(on_null, Some(OnDuplicate::First)), &[head, tail], 2).unwrap();
        prop_assert_eq!(as_map(&finished), twin(&log, on_null, true));
    }

    /// The copy that is reported is the first row that has one before it, however the rows were shared out.
    #[test]
    fn the_lowest_clash_is_reported(log in rows(), agree: bool) {
        let policy = if agree { OnDuplicate::Agree } else { OnDuplicate::Error };
        let result = count(spec(OnNull::Fail, Some(policy)), &[&log], 1);
        let mut first: HashMap<_, (u64, bool)> = HashMap::new();
        let mut expected = None;
        for (at, row) in (0_u64..).zip(&log) {
            let pass = row.verdict == Some(true);
            let &mut (before, verdict) = first.entry((row.model, row.problem, row.sample)).or_insert((at, pass));
            if before != at && (!agree || verdict != pass) {
                expected = Some((at, before));
                break;
            }
        }
        match (result, expected) {
            (Ok(_), None) => {}
            (Err(Error::Data(bad)), Some((at, before))) => {
                prop_assert_eq!(&bad.place, &Place::default().at_row(at));
                let (Reason::Duplicate { first, .. } | Reason::Conflict { first, .. }) = bad.reason else {
                    return Err(TestCaseError::fail("another reason"));
                };
                prop_assert_eq!(*first, Place::default().at_row(before));
            }
            (result, expected) => prop_assert!(false, "{result:?} where {expected:?} was due"),
        }
    }
}

#[test]
fn combine_is_associative_and_has_an_identity() {
    use passcurve_core::tally::{Rows, Tally, verdict::Verdict};
    let spec = Arc::new(spec(OnNull::Fail, Some(OnDuplicate::First)));
    let part = |from: i64| {
        let mut tally = Tally::new(Arc::clone(&spec));
        let text = passcurve_core::tally::ids::IdKind::Text;
        let int = passcurve_core::tally::ids::IdKind::Int { bits: 64, signed: true };
        tally.ids[0].expect(text).unwrap();
        tally.ids[1].expect(int).unwrap();
        tally.sample_ids.as_mut().unwrap().expect(int).unwrap();
        let problems = from..from + 50;
        let rows = Rows {
            keys: vec![
                problems.clone().map(|p| tally.ids[0].text(if p % 2 == 0 { "a" } else { "b" })).collect(),
                problems.clone().map(|p| tally.ids[1].number(i128::from(p))).collect(),
            ],
            samples: problems
                .clone()
                .map(|p| tally.sample_ids.as_mut().unwrap().number(i128::from(p % 3)))
                .collect(),
            details: Vec::new(),
            verdicts: problems.map(|p| Verdict::from(p % 5 == 0)).collect(),
            first_row: 1000 * from.cast_unsigned(),
            ..Rows::default()
        };
        tally.insert(&rows).unwrap();
        tally
    };
    let finish = |tally: Tally| tally.finalize(|row| Place::default().at_row(row)).unwrap();
    let both = |mut a: Tally, b: Tally| {
        a.combine(b).unwrap();
        a
    };
    let (left, right) = (
        finish(both(both(part(0), part(30)), part(10))),
        finish(both(part(10), both(part(30), both(Tally::new(Arc::clone(&spec)), part(0))))),
    );
    assert_eq!(left.table, right.table);
    assert_eq!(left.counters, right.counters);
    assert_eq!(left.counters.duplicates, 70);
}

#[test]
fn large_logs_are_shared_between_threads() {
    let log: Vec<_> = (0..700_000_i64)
        .map(|i| Row { model: u8::from(i % 3 == 0), problem: i / 700, sample: i, verdict: Some(i % 7 == 0) })
        .collect();
    let expected = twin(&log, OnNull::Error, false);
    let tables: Vec<_> = [1, 2, 3, 8]
        .into_iter()
        .map(|threads| count(spec(OnNull::Error, None), &[&log], threads).unwrap())
        .collect();
    assert_eq!(as_map(&tables[0]), expected);
    assert!(tables.iter().all(|finished| finished.table == tables[0].table));
}
