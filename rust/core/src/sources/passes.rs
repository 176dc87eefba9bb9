//! Verdicts of rows that all have one, as bits: the types for which that is cheap.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowDictionaryKeyType, ArrowPrimitiveType, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, DictionaryArray, PrimitiveArray, downcast_dictionary_array};
use arrow_buffer::ArrowNativeType;
use arrow_schema::DataType;

use super::verdicts::Judge;
use crate::tally::bits::Bits;
use crate::tally::verdict::{Others, Rule, Verdict};

/// Packs the verdicts of an array, which the rule can judge; false where a row has none or a bad one, and for types
/// that are judged value by value.
pub(super) fn passes(array: &dyn Array, rule: &Rule, others: &mut Others, bits: &mut Bits) -> bool {
    macro_rules! numbers {
        ($type:ty, $zero:expr, $one:expr) => {
            numbers(array.as_primitive::<$type>(), $zero, $one, bits)
        };
    }
    if array.null_count() > 0 {
        return false;
    }
    downcast_dictionary_array!(
        array => return dictionary(array, rule, others, bits),
        _ => {}
    );
    match (array.data_type(), rule.threshold) {
        (DataType::Boolean, _) => {
            bits.read(array.as_boolean().values());
            true
        }
        (DataType::Int8, None) => numbers!(Int8Type, 0, 1),
        (DataType::Int16, None) => numbers!(Int16Type, 0, 1),
        (DataType::Int32, None) => numbers!(Int32Type, 0, 1),
        (DataType::Int64, None) => numbers!(Int64Type, 0, 1),
        (DataType::UInt8, None) => numbers!(UInt8Type, 0, 1),
        (DataType::UInt16, None) => numbers!(UInt16Type, 0, 1),
        (DataType::UInt32, None) => numbers!(UInt32Type, 0, 1),
        (DataType::UInt64, None) => numbers!(UInt64Type, 0, 1),
        (DataType::Float32, None) => numbers!(Float32Type, 0.0, 1.0),
        (DataType::Float64, None) => numbers!(Float64Type, 0.0, 1.0),
        (DataType::Float64, Some(threshold)) => {
            let values = array.as_primitive::<Float64Type>().values();
            bits.pack(values.iter().map(|&value| value >= threshold));
            !values.iter().any(|value| value.is_nan())
        }
        _ => false,
    }
}

/// Packs numbers that are all zero or one.
fn numbers<T: ArrowPrimitiveType<Native: PartialEq>>(
    array: &PrimitiveArray<T>,
    zero: T::Native,
    one: T::Native,
    bits: &mut Bits,
) -> bool {
    let values = array.values();
    bits.pack(values.iter().map(|&value| value == one));
    values.iter().all(|&value| value == zero || value == one)
}

/// Packs the verdicts of a dictionary's values, of which each is judged once.
fn dictionary<K: ArrowDictionaryKeyType>(
    array: &DictionaryArray<K>,
    rule: &Rule,
    others: &mut Others,
    bits: &mut Bits,
) -> bool {
    let (keys, values) = (array.keys().values(), array.values());
    let (mut verdicts, mut unknown) = (Vec::new(), Others::default());
    let mut judge = Judge { rule, others: &mut unknown, left_out: None };
    // A slice may come with a dictionary far larger than itself, and with bad values that no row has.
    if values.len() > keys.len()
        || judge.judge(values, &mut verdicts).is_err()
        || verdicts.contains(&Verdict::Null)
    {
        return false;
    }
    let (passes, mut outside): (Vec<_>, _) = (verdicts.iter().map(|&v| v == Verdict::Pass).collect(), false);
    bits.pack(keys.iter().map(|key| {
        let pass = passes.get(key.as_usize());
        outside |= pass.is_none();
        pass == Some(&true)
    }));
    if !outside && unknown != Others::default() {
        let mut copies = vec![0_u64; values.len()];
        keys.iter().for_each(|key| copies[key.as_usize()] += 1);
        let mut judge = Judge { rule, others, left_out: None };
        for (at, &copies) in copies.iter().enumerate().filter(|&(_, &copies)| copies > 0) {
            // It was judged before, and here the string is counted.
            let _ = judge.plain(&values.slice(at, 1), &mut verdicts, copies);
        }
    }
    !outside
}
