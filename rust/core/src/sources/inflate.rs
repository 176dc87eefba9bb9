//! Decompression that several formats share.

/// A Zstandard decompressor, which is made when it is first needed and keeps its tables.
#[derive(Default)]
pub(crate) struct Zstd(Option<zstd::bulk::Decompressor<'static>>);

impl Zstd {
    /// Fills `output` with what `input` stands for; returns how many bytes that is.
    pub(crate) fn inflate(
        &mut self,
        input: &[u8],
        output: &mut (impl zstd::zstd_safe::WriteBuf + ?Sized),
    ) -> Result<usize, String> {
        let zstd = match &mut self.0 {
            Some(zstd) => zstd,
            none => none.insert(zstd::bulk::Decompressor::new().map_err(|error| error.to_string())?),
        };
        zstd.decompress_to_buffer(input, output).map_err(|error| error.to_string())
    }
}
