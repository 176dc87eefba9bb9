//! Compressed buffers, which state their size before they are inflated.

use std::io::Read;

use arrow_buffer::Buffer;

use super::fault::Fault;
use crate::sources::inflate::Zstd;
use crate::sources::read_at::no_memory;

/// No buffer is larger than this.
const LARGEST: usize = 1 << 30;
/// What stands for the size of a buffer that is stored as it is.
const STORED: i64 = -1;

/// How buffers are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Codec {
    Lz4,
    Zstd,
}

/// What inflates, which keeps its tables between buffers.
#[derive(Default)]
pub(super) struct Inflater {
    zstd: Zstd,
}

impl Inflater {
    /// What these bytes stand for.
    pub(super) fn inflate(&mut self, codec: Codec, stored: Vec<u8>) -> Result<Buffer, Fault> {
        let fail = |message: String| Fault::new(format!("a compressed buffer ({codec:?}): {message}"));
        let Some((head, content)) = stored.split_first_chunk::<8>() else {
            return Err(fail(format!("its {} bytes do not state its size", stored.len())));
        };
        let said = i64::from_le_bytes(*head);
        if said == STORED {
            return Ok(Buffer::from_vec(stored).slice(8));
        }
        let size = usize::try_from(said).ok().filter(|&size| size <= LARGEST);
        let size = size
            .ok_or_else(|| fail(format!("it says that it holds {said} bytes; at most {LARGEST} are read")))?;
        let mut output = Vec::new();
        output.try_reserve_exact(size).map_err(|_| no_memory(format!("a buffer of {size} bytes")))?;
        let written = match codec {
            _ if size == 0 => Ok(0),
            Codec::Lz4 => lz4(content, size, &mut output),
            Codec::Zstd => self.zstd.inflate(content, &mut output),
        };
        let written = written.map_err(&fail)?;
        if written != size {
            return Err(fail(format!("it says that it holds {size} bytes, and holds {written}")));
        }
        Ok(output.into())
    }
}

/// Appends what the frame holds, but at most one byte more than `size`.
fn lz4(content: &[u8], size: usize, output: &mut Vec<u8>) -> Result<usize, String> {
    let most = u64::try_from(size).unwrap_or(u64::MAX).saturating_add(1);
    lz4_flex::frame::FrameDecoder::new(content).take(most).read_to_end(output).map_err(|e| e.to_string())
}
