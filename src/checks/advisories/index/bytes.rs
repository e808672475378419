//! Positioned reads and little-endian fields.

use std::fs::File;

pub(super) fn usize_of(value: u64) -> usize {
    // Larger only on 32-bit machines, where the read that follows fails.
    usize::try_from(value).unwrap_or(usize::MAX)
}

fn array_at<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    bytes
        .get(at..)
        .and_then(|rest| rest.first_chunk::<N>())
        .copied()
        .unwrap_or([0; N])
}

pub(super) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(array_at(bytes, at))
}

pub(super) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(array_at(bytes, at))
}

/// A file that can be read at a position through a shared reference.
#[cfg(unix)]
pub(in crate::checks::advisories) struct SharedFile(File);

#[cfg(unix)]
impl SharedFile {
    pub(in crate::checks::advisories) fn new(file: File) -> Self {
        Self(file)
    }

    pub(in crate::checks::advisories) fn read_exact_at(
        &self,
        target: &mut [u8],
        offset: u64,
    ) -> std::io::Result<()> {
        std::os::unix::fs::FileExt::read_exact_at(&self.0, target, offset)
    }
}

/// A file that can be read at a position through a shared reference.
#[cfg(not(unix))]
pub(in crate::checks::advisories) struct SharedFile(std::sync::Mutex<File>);

#[cfg(not(unix))]
impl SharedFile {
    pub(in crate::checks::advisories) fn new(file: File) -> Self {
        Self(std::sync::Mutex::new(file))
    }

    pub(in crate::checks::advisories) fn read_exact_at(
        &self,
        target: &mut [u8],
        offset: u64,
    ) -> std::io::Result<()> {
        use std::io::{Read as _, Seek as _, SeekFrom};
        let mut file = self
            .0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        file.seek(SeekFrom::Start(offset))?;
        file.read_exact(target)
    }
}
