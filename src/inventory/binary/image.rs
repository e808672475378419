//! The images in a binary file: one, or one for each processor in a universal Mach-O.

use super::error::BinaryError;
use object::read::macho::{FatArch, MachOFatFile32, MachOFatFile64};
use object::{File, FileKind, Object as _, ObjectSection as _, ObjectSegment as _};

/// Processors that a universal file may be for. A Java class file begins with the same
/// four bytes, and a larger number then.
const PROCESSOR_LIMIT: usize = 20;

/// The images of a file.
///
/// # Errors
/// [`BinaryError::NotABinary`].
pub fn images<'b>(name: &str, bytes: &'b [u8]) -> Result<Vec<&'b [u8]>, BinaryError> {
    let not_a_binary = || BinaryError::NotABinary {
        name: name.to_owned(),
    };
    if bytes.starts_with(b"\0asm") {
        return Ok(vec![bytes]);
    }
    let images = match FileKind::parse(bytes) {
        Ok(FileKind::MachOFat32) => MachOFatFile32::parse(bytes)
            .ok()
            .and_then(|fat| parts(fat.arches(), bytes)),
        Ok(FileKind::MachOFat64) => MachOFatFile64::parse(bytes)
            .ok()
            .and_then(|fat| parts(fat.arches(), bytes)),
        Ok(
            FileKind::Elf32
            | FileKind::Elf64
            | FileKind::MachO32
            | FileKind::MachO64
            | FileKind::Pe32
            | FileKind::Pe64,
        ) => Some(vec![bytes]),
        _ => None,
    };
    images.ok_or_else(not_a_binary)
}

fn parts<'b, A: FatArch>(processors: &[A], bytes: &'b [u8]) -> Option<Vec<&'b [u8]>> {
    if processors.is_empty() || processors.len() > PROCESSOR_LIMIT {
        return None;
    }
    processors
        .iter()
        .map(|processor| processor.data(bytes).ok())
        .collect()
}

/// The memory of a program as its file fills it.
pub struct Memory<'b> {
    /// Address and content.
    segments: Vec<(u64, &'b [u8])>,
    /// Where Go's build information can be: address and content.
    pub candidates: Vec<(u64, &'b [u8])>,
}

impl<'b> Memory<'b> {
    /// The memory of an image. The candidates are the section that Go names, else what
    /// can be written and not run, as Go itself looks for them
    /// (`debug/buildinfo/buildinfo.go`, `DataStart`).
    ///
    /// # Errors
    /// What is wrong with its headers, one line.
    pub fn of(image: &'b [u8]) -> Result<Self, String> {
        let file = File::parse(image).map_err(|error| error.to_string())?;
        let mut memory = Self {
            segments: Vec::new(),
            candidates: Vec::new(),
        };
        let mut writable = Vec::new();
        for segment in file.segments() {
            // One that the file does not hold, as in a file of debug information only.
            let Ok(data) = segment.data() else { continue };
            memory.segments.push((segment.address(), data));
            let permissions = segment.permissions();
            if permissions.writable() && !permissions.executable() {
                writable.push((segment.address(), data));
            }
        }
        for section in file.sections() {
            if matches!(section.name(), Ok(".go.buildinfo" | "__go_buildinfo")) {
                let data = section.data().map_err(|error| error.to_string())?;
                memory.candidates.push((section.address(), data));
            }
        }
        if memory.candidates.is_empty() {
            memory.candidates = writable;
        }
        Ok(memory)
    }

    /// The bytes from an address to the end of its segment.
    #[must_use]
    pub fn at(&self, address: u64) -> Option<&'b [u8]> {
        self.segments.iter().find_map(|(start, data)| {
            let offset = usize::try_from(address.checked_sub(*start)?).ok()?;
            data.get(offset..).filter(|rest| !rest.is_empty())
        })
    }
}
