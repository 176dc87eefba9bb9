//! Runs and bit-packed stretches in turns: levels, indices of dictionaries, booleans.

use passcurve_core::sources::fuzzing;

use super::{Bytes, agree, choices, unpacked};

/// Read in steps of any size, they are what a twin makes of them.
pub fn check(data: &[u8]) {
    let Some(([width, few, many, step], bytes)) = choices(data) else { return };
    let (width, count, step) = (width % 36, few + 256 * (many % 16), step + 1);
    let numbers = twin(bytes, width, count);
    let found = fuzzing::runs(bytes, u8::try_from(width).unwrap(), count, step);
    agree(found.map(|found| found.into_iter().map(u64::from).collect::<Vec<_>>()), numbers);
    let max = u16::try_from(width * 3).unwrap();
    agree(fuzzing::levels(bytes, max, count, step), twin_of_levels(bytes, max, count));
}

fn twin(bytes: &[u8], width: usize, count: usize) -> Result<Vec<u64>, &'static str> {
    if width > 32 {
        return Err("too wide");
    }
    let (mut bytes, mut numbers) = (Bytes::new(bytes), Vec::new());
    while numbers.len() < count {
        let (head, left) = (bytes.varint(5)?, count - numbers.len());
        let length = usize::try_from(head / 2).unwrap();
        if length == 0 {
            return Err("an empty run");
        }
        if head % 2 == 0 {
            let value = bytes
                .take(width.div_ceil(8))?
                .iter()
                .rev()
                .fold(0, |value, &byte| value * 256 + u64::from(byte));
            if length > left || value >> width != 0 {
                return Err("a run too long, or of a number too large");
            }
            numbers.extend(std::iter::repeat_n(value, length));
        } else {
            // The last stretch may go on to the end of a block of 256, and need not have the bytes of what is not there.
            if length * 8 > left + 255 {
                return Err("a stretch too long");
            }
            let all = length * width;
            let taken = left.min(length * 8);
            let rest = &bytes.bytes[bytes.at..];
            if rest.len() < (taken * width).div_ceil(8) {
                return Err("a stretch beyond the bytes");
            }
            numbers.extend(unpacked(rest, width, taken));
            bytes.at += all.min(rest.len());
        }
    }
    Ok(numbers)
}

fn twin_of_levels(bytes: &[u8], max: u16, rows: usize) -> Result<Vec<bool>, &'static str> {
    if max == 0 {
        return Ok(vec![true; rows]);
    }
    let width = (1..16).find(|bits| max >> bits == 0).unwrap();
    let (levels, max) = (twin(bytes, width, rows)?, u64::from(max));
    if levels.iter().any(|&level| level > max) {
        return Err("a level too high");
    }
    Ok(levels.iter().map(|&level| level == max).collect())
}
