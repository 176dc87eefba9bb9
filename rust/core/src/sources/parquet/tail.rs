//! The end of a file, which says where its footer is.

use crate::error::{Error, Place, Reason, Result};
use crate::sources::read_at::{ReadAt, failed, no_memory};

const MAGIC: &[u8; 4] = b"PAR1";
const ENCRYPTED: &[u8; 4] = b"PARE";
/// A footer of more bytes is refused.
const LONGEST_FOOTER: u64 = 1 << 30;

/// Where the footer begins, and its bytes.
pub(super) fn footer_bytes(path: &str, file: &dyn ReadAt) -> Result<(u64, Vec<u8>)> {
    let io = |source| failed(path, source);
    let data = |reason| Error::data(Place::file(path), reason);
    let malformed = |message: String| data(Reason::Malformed(message));
    let length = file.len();
    if length == 0 {
        return Err(data(Reason::EmptyFile));
    }
    let (mut head, mut tail) = ([0; 4], [0; 8]);
    let end = length.checked_sub(8).filter(|&end| end >= 4);
    if length >= 4 {
        file.read_at(0, &mut head).map_err(io)?;
    }
    if let Some(end) = end {
        file.read_at(end, &mut tail).map_err(io)?;
    }
    let [a, b, c, d, magic @ ..] = tail;
    if &magic == ENCRYPTED {
        return Err(malformed("the file is encrypted, which is not read; write it in plain".into()));
    }
    if &head != MAGIC {
        return Err(data(Reason::NotParquet));
    }
    if &magic != MAGIC {
        return Err(data(Reason::Truncated(length)));
    }
    let size = u64::from(u32::from_le_bytes([a, b, c, d]));
    let start =
        end.and_then(|end| end.checked_sub(size)).filter(|&start| start >= 4 && size <= LONGEST_FOOTER);
    let Some(start) = start else {
        return Err(malformed(format!(
            "its last bytes say that its footer has {size} bytes, which cannot be"
        )));
    };
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    let mut bytes = Vec::new();
    let full = |_| no_memory(format!("a footer of {size} bytes"));
    bytes.try_reserve_exact(size).map_err(full).map_err(io)?;
    bytes.resize(size, 0);
    file.read_at(start, &mut bytes).map_err(io)?;
    Ok((start, bytes))
}
