//! Decompression, to exactly the size that the page header states.

use std::io::Read;

use super::fault::Fault;
use crate::sources::inflate::Zstd;
use crate::sources::read_at::no_memory;

/// How pages are compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Codec {
    #[default]
    None,
    Snappy,
    Gzip,
    Brotli,
    Lz4Hadoop,
    Zstd,
    Lz4,
    /// One that is not read; it only matters where the column is.
    Other(i32),
}

impl Codec {
    /// From the format's number.
    pub(super) fn from_code(code: i32) -> Self {
        match code {
            0 => Self::None,
            1 => Self::Snappy,
            2 => Self::Gzip,
            4 => Self::Brotli,
            5 => Self::Lz4Hadoop,
            6 => Self::Zstd,
            7 => Self::Lz4,
            other => Self::Other(other),
        }
    }

    /// The most bytes that these can stand for, where the format has a bound.
    fn most(self, input: &[u8]) -> Option<usize> {
        match self {
            Self::None => Some(input.len()),
            Self::Snappy => snap::raw::decompress_len(input).ok(),
            // A byte adds 255 to a length at most.
            Self::Lz4 | Self::Lz4Hadoop => Some(input.len().saturating_mul(255)),
            // A block takes four bytes at least, and stands for 128 KiB at most.
            Self::Zstd => Some((input.len() / 4).saturating_add(1).saturating_mul(1 << 17)),
            Self::Gzip | Self::Brotli | Self::Other(_) => None,
        }
    }

    fn name(self) -> String {
        match self {
            Self::None => "uncompressed".into(),
            Self::Snappy => "Snappy".into(),
            Self::Gzip => "gzip".into(),
            Self::Brotli => "Brotli".into(),
            Self::Lz4 | Self::Lz4Hadoop => "LZ4".into(),
            Self::Zstd => "Zstandard".into(),
            Self::Other(3) => "LZO".into(),
            Self::Other(code) => format!("unknown (number {code})"),
        }
    }
}

/// A thread's decompressor, which keeps its tables between pages.
#[derive(Default)]
pub(crate) struct Decompressor {
    zstd: Zstd,
}

impl std::fmt::Debug for Decompressor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Decompressor")
    }
}

impl Decompressor {
    /// Appends the `size` bytes that `input` stands for to `output`.
    pub(super) fn decompress(
        &mut self,
        codec: Codec,
        input: &[u8],
        size: usize,
        output: &mut Vec<u8>,
    ) -> Result<(), Fault> {
        let start = output.len();
        let end = start.checked_add(size).ok_or_else(Fault::ended)?;
        // A page that claims much and holds little takes no memory.
        if codec.most(input).is_some_and(|most| size > most) {
            let (name, bytes) = (codec.name(), input.len());
            return Err(Fault::new(format!("{bytes} bytes of {name} cannot be a page of {size} bytes")));
        }
        output.try_reserve(size).map_err(|_| no_memory(format!("a page of {size} bytes")))?;
        let written = match codec {
            Codec::Gzip => up_to(flate2::bufread::MultiGzDecoder::new(input), size, output),
            Codec::None if input.len() == size => {
                output.extend_from_slice(input);
                Ok(size)
            }
            Codec::None => Err(format!("its {} bytes are not compressed", input.len())),
            Codec::Other(_) => Err("which is not read; write it as zstd".into()),
            _ => {
                output.resize(end, 0);
                let target = output.get_mut(start..).unwrap_or_default();
                self.inflate(codec, input, target)
            }
        };
        match written {
            Ok(written) if written == size => Ok(()),
            Ok(written) => Err(Fault::new(format!(
                "the page holds {written} bytes and its header says {size} ({})",
                codec.name()
            ))),
            Err(message) => Err(Fault::new(format!("{} page of {size} bytes: {message}", codec.name()))),
        }
    }

    fn inflate(&mut self, codec: Codec, input: &[u8], output: &mut [u8]) -> Result<usize, String> {
        match codec {
            Codec::Snappy => match snap::raw::decompress_len(input) {
                Ok(length) if length == output.len() => {
                    snap::raw::Decoder::new().decompress(input, output).map_err(|e| e.to_string())
                }
                Ok(length) => Ok(length),
                Err(error) => Err(error.to_string()),
            },
            Codec::Zstd => self.zstd.inflate(input, output),
            Codec::Brotli => brotli(input, output),
            Codec::Lz4 => lz4_flex::block::decompress_into(input, output).map_err(|e| e.to_string()),
            _ => hadoop(input, output).map_or_else(
                // Writers used this number for frames and for bare blocks too.
                || {
                    if input.starts_with(&[0x04, 0x22, 0x4d, 0x18]) {
                        let mut frames = lz4_flex::frame::FrameDecoder::new(input);
                        return fill(&mut frames, output);
                    }
                    lz4_flex::block::decompress_into(input, output).map_err(|e| e.to_string())
                },
                Ok,
            ),
        }
    }
}

/// Appends what `reader` gives, but at most one byte more than `size`.
fn up_to(reader: impl Read, size: usize, output: &mut Vec<u8>) -> Result<usize, String> {
    let most = u64::try_from(size).unwrap_or(u64::MAX).saturating_add(1);
    reader.take(most).read_to_end(output).map_err(|error| error.to_string())
}

fn brotli(input: &[u8], output: &mut [u8]) -> Result<usize, String> {
    use brotli_decompressor::{BrotliDecompressStream, BrotliResult, BrotliState, StandardAlloc};
    let alloc = StandardAlloc::default;
    let mut state = BrotliState::new(alloc(), alloc(), alloc());
    let (mut input_left, mut output_left, mut read, mut written, mut total) =
        (input.len(), output.len(), 0, 0, 0);
    let result = BrotliDecompressStream(
        &mut input_left,
        &mut read,
        input,
        &mut output_left,
        &mut written,
        output,
        &mut total,
        &mut state,
    );
    match result {
        BrotliResult::ResultSuccess if input_left == 0 => Ok(written),
        BrotliResult::ResultSuccess => Err("there are bytes after its end".into()),
        BrotliResult::NeedsMoreOutput => Ok(written.saturating_add(1)),
        BrotliResult::NeedsMoreInput => Err("it ends too early".into()),
        BrotliResult::ResultFailure => Err("it is corrupt".into()),
    }
}

fn fill(reader: &mut impl Read, output: &mut [u8]) -> Result<usize, String> {
    reader.read_exact(output).map_err(|error| error.to_string())?;
    let more = reader.read(&mut [0]).map_err(|error| error.to_string())?;
    Ok(output.len().saturating_add(more))
}

/// Hadoop's framing: blocks, each behind its size and its compressed size, both big-endian.
fn hadoop(mut input: &[u8], output: &mut [u8]) -> Option<usize> {
    let mut written = 0_usize;
    while let Some((sizes, rest)) = input.split_first_chunk::<8>() {
        let [a, b, c, d, e, f, g, h] = *sizes;
        let size = usize::try_from(u32::from_be_bytes([a, b, c, d])).ok()?;
        let length = usize::try_from(u32::from_be_bytes([e, f, g, h])).ok()?;
        let (block, rest) = rest.split_at_checked(length)?;
        let end = written.checked_add(size)?;
        let target = output.get_mut(written..end)?;
        if lz4_flex::block::decompress_into(block, target).ok()? != size {
            return None;
        }
        (written, input) = (end, rest);
    }
    input.is_empty().then_some(written)
}

#[cfg(test)]
mod tests {
    use super::{Codec, Decompressor};

    #[test]
    fn a_claim_beyond_what_the_bytes_can_hold_takes_no_memory() {
        let plain = vec![7; 1 << 16];
        let zstd = zstd::bulk::compress(&plain, 1).unwrap();
        let snappy = snap::raw::Encoder::new().compress_vec(&plain).unwrap();
        let lz4 = lz4_flex::block::compress(&plain);
        for (codec, bytes) in
            [(Codec::Zstd, zstd), (Codec::Snappy, snappy), (Codec::Lz4, lz4), (Codec::None, plain.clone())]
        {
            let mut output = Vec::new();
            let error = Decompressor::default().decompress(codec, &bytes, 1 << 30, &mut output).unwrap_err();
            assert!(error.to_string().contains("cannot be a page of 1073741824 bytes"), "{error}");
            assert_eq!(output.capacity(), 0);
            Decompressor::default().decompress(codec, &bytes, 1 << 16, &mut output).unwrap();
            assert_eq!(output, plain);
        }
    }
}
