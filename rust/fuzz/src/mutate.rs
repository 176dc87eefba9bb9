//! Mutations of files that keep what leads to their parts.

use libfuzzer_sys::fuzzer_mutate;

/// Length and magic number at the end of a Parquet file.
const TAIL: usize = 8;

/// Writes over some bytes of a file, all of whose parts stay where they are.
pub fn in_place(data: &mut [u8], size: usize, start: usize, end: usize, seed: u32) {
    let (start, end) = (start.min(size), end.min(size));
    if start >= end {
        return;
    }
    let width = 1 + (seed >> 4) as usize % 16;
    let at = start + (seed >> 8) as usize % (end - start);
    let mut piece = [0; 16];
    let length = width.min(end - at);
    piece[..length].copy_from_slice(&data[at..at + length]);
    fuzzer_mutate(&mut piece, length, length);
    data[at..at + length].copy_from_slice(&piece[..length]);
}

/// A Parquet file with another footer of any length, or with pages in which some bytes differ.
pub fn parquet(data: &mut [u8], size: usize, max_size: usize, seed: u32) -> usize {
    let Some(footer) = footer(&data[..size]) else { return fuzzer_mutate(data, size, max_size) };
    match seed % 8 {
        0 => fuzzer_mutate(data, size, max_size),
        1..4 => {
            let mut bytes = data[footer..size - TAIL].to_vec();
            let length = bytes.len();
            let most = (length + 64).min(max_size.saturating_sub(footer + TAIL)).max(length);
            bytes.resize(most, 0);
            let length = fuzzer_mutate(&mut bytes, length, most);
            let end = footer + length;
            data[footer..end].copy_from_slice(&bytes[..length]);
            data[end..end + 4].copy_from_slice(&u32::try_from(length).unwrap_or(0).to_le_bytes());
            data[end + 4..end + TAIL].copy_from_slice(b"PAR1");
            end + TAIL
        }
        4 => {
            in_place(data, size, footer, size - TAIL, seed);
            size
        }
        _ => {
            in_place(data, size, 4, footer, seed);
            size
        }
    }
}

/// Where the footer begins.
fn footer(file: &[u8]) -> Option<usize> {
    let end = file.len().checked_sub(TAIL)?;
    let length = u32::from_le_bytes(file[end..end + 4].try_into().ok()?);
    let start = end.checked_sub(usize::try_from(length).ok()?)?;
    (file.ends_with(b"PAR1") && start >= 4).then_some(start)
}

/// An Arrow file or stream in which some bytes differ, rarely one in which all is moved.
pub fn ipc(data: &mut [u8], size: usize, max_size: usize, seed: u32) -> usize {
    if seed.is_multiple_of(8) {
        return fuzzer_mutate(data, size, max_size);
    }
    in_place(data, size, 0, size, seed);
    size
}
