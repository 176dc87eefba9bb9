//! Delta-encoded integers and strings, and floats in streams.

use passcurve_core::sources::fuzzing;

use super::{Bytes, agree, choices, unpacked};

/// Read in steps of any size, they are what a twin makes of them.
pub fn check(data: &[u8]) {
    let Some(([what, few, many, step], bytes)) = choices(data) else { return };
    // One value more than asked for would be an error in any case.
    let (count, step) = ((few + 256 * (many % 4)).max(1), step + 1);
    match what % 6 {
        0 => agree(fuzzing::integers(bytes, true, count, step), integers(bytes, 64, count)),
        1 => agree(fuzzing::integers(bytes, false, count, step), integers(bytes, 32, count)),
        2 => agree(fuzzing::strings(bytes, false, 0, (count, step)), text(lengths(bytes, count))),
        3 => agree(fuzzing::strings(bytes, true, 0, (count, step)), text(prefixes(bytes, count, None))),
        4 => {
            let width = 1 + what % 63;
            let found = fuzzing::strings(bytes, true, u8::try_from(width).unwrap(), (count, step));
            agree(found, prefixes(bytes, count, Some(width)));
        }
        _ => {
            let count = bytes.len() / 8 + usize::from(what > 200);
            agree(fuzzing::split(bytes, count), streams(bytes, count));
        }
    }
}

type Twin<T> = Result<Vec<T>, &'static str>;

fn integers(bytes: &[u8], bits: u32, count: usize) -> Twin<i64> {
    let values = deltas(&mut Bytes::new(bytes), bits, count)?;
    // Of 32 bits, the low ones.
    #[expect(clippy::cast_possible_truncation, reason = "the format's arithmetic wraps")]
    Ok(values.into_iter().map(|value| if bits == 32 { i64::from(value as i32) } else { value }).collect())
}

fn deltas(bytes: &mut Bytes<'_>, bits: u32, count: usize) -> Twin<i64> {
    let (block, parts, said) = (bytes.varint(10)?, bytes.varint(10)?, bytes.varint(10)?);
    let first = bytes.zigzag()?;
    let whole =
        parts > 0 && block.is_multiple_of(128) && block % parts == 0 && (block / parts).is_multiple_of(32);
    if said != count as u64 || !whole || block == 0 || block > 1 << 20 {
        return Err("a header that lies");
    }
    let part = usize::try_from(block / parts).unwrap();
    let mut values = vec![first];
    while values.len() < count {
        let least = bytes.zigzag()?;
        let widths = bytes.take(usize::try_from(parts).unwrap())?;
        for &width in widths {
            // What comes after the last value says nothing.
            if values.len() >= count {
                break;
            }
            if u32::from(width) > bits {
                return Err("differences too wide");
            }
            let packed = bytes.take(part * usize::from(width) / 8)?;
            for difference in unpacked(packed, width.into(), part.min(count - values.len())) {
                let last = values.last().copied().unwrap_or(0);
                values.push(last.wrapping_add(least).wrapping_add(difference.cast_signed()));
            }
        }
    }
    Ok(values)
}

fn lengths(bytes: &[u8], count: usize) -> Twin<Vec<u8>> {
    let mut bytes = Bytes::new(bytes);
    let lengths = deltas(&mut bytes, 32, count)?;
    let take = |length| Ok(bytes.take(usize::try_from(length).map_err(|_| "a negative length")?)?.to_vec());
    lengths.into_iter().map(take).collect()
}

fn prefixes(bytes: &[u8], count: usize, width: Option<usize>) -> Twin<Vec<u8>> {
    let mut bytes = Bytes::new(bytes);
    let (kept, lengths) = (deltas(&mut bytes, 32, count)?, deltas(&mut bytes, 32, count)?);
    let (mut last, mut values) = (Vec::new(), Vec::new());
    for (kept, length) in kept.into_iter().zip(lengths) {
        let kept =
            usize::try_from(kept).ok().filter(|&kept| kept <= last.len()).ok_or("a prefix too long")?;
        last.truncate(kept);
        last.extend(bytes.take(usize::try_from(length).map_err(|_| "a negative length")?)?);
        if width.is_some_and(|width| width != last.len()) {
            return Err("another width");
        }
        values.push(last.clone());
    }
    Ok(values)
}

fn text(values: Twin<Vec<u8>>) -> Twin<Vec<u8>> {
    values.and_then(|values| {
        let is_text = values.iter().all(|value| std::str::from_utf8(value).is_ok());
        if is_text { Ok(values) } else { Err("no UTF-8") }
    })
}

fn streams(bytes: &[u8], count: usize) -> Twin<u64> {
    if bytes.len() != 8 * count {
        return Err("more or fewer bytes");
    }
    let value = |at: usize| (0..8).map(|place| u64::from(bytes[place * count + at]) << (8 * place)).sum();
    Ok((0..count).map(value).collect())
}
