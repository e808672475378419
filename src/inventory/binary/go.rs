//! The build information that Go puts into a binary
//! (<https://pkg.go.dev/debug/buildinfo>; the form is that of Go's
//! `debug/buildinfo/buildinfo.go` and `runtime/debug/mod.go`).

use super::error::BinaryError;
use super::image::Memory;
use crate::inventory::formats::go_mod::module::{Replaces, replaced};
use crate::inventory::formats::{PACKAGE_LIMIT, Package, Parsed};
use crate::inventory::rules;
use crate::model::{Checksum, ComponentKind, Location, Origin, Root, Scope};

/// Bytes of the list of modules. That of a program of 1,000 modules takes some 100,000.
pub const BUILD_INFO_LIMIT: usize = 16 * 1024 * 1024;

/// The name under which advisories list Go's standard library.
pub const STANDARD_LIBRARY: &str = "stdlib";

const MAGIC: &[u8] = b"\xff Go buildinf:";
const ALIGNMENT: usize = 16;
const HEADER: usize = 32;
/// Of the flags: the text follows the header (since Go 1.18); else addresses of it do.
const INLINE: u8 = 2;
const BIG_ENDIAN: u8 = 1;
/// Marks before and after the list of modules.
const FRAME: usize = 16;

/// What an image says; `None` where Go did not make it.
///
/// # Errors
/// [`BinaryError`] where the image or what it says cannot be read.
pub fn read(name: &str, image: &[u8]) -> Result<Option<Parsed>, BinaryError> {
    if image.starts_with(b"\0asm") {
        // Go puts none into wasm.
        return Ok(None);
    }
    let memory = Memory::of(image).map_err(|reason| BinaryError::Damaged {
        name: name.to_owned(),
        reason,
    })?;
    let Some(header) = memory
        .candidates
        .iter()
        .find_map(|(address, data)| find(*address, data))
    else {
        return Ok(None);
    };
    let texts = texts(&memory, header).map_err(|fault| match fault {
        Fault::TooLarge => BinaryError::BuildInfoTooLarge {
            name: name.to_owned(),
            limit: BUILD_INFO_LIMIT,
        },
        Fault::Shape(reason) => BinaryError::BuildInfo {
            name: name.to_owned(),
            reason: reason.to_owned(),
        },
    })?;
    parsed(name, &texts).map(Some)
}

/// The header at an address that is a multiple of 16, with what follows it.
fn find(address: u64, data: &[u8]) -> Option<&[u8]> {
    let misaligned = usize::try_from(address.next_multiple_of(ALIGNMENT as u64) - address).ok()?;
    let aligned = data.get(misaligned..)?;
    let found = memchr::memmem::find_iter(aligned, MAGIC)
        .find(|offset| offset.is_multiple_of(ALIGNMENT))?;
    aligned.get(found..).filter(|rest| rest.len() >= HEADER)
}

enum Fault {
    TooLarge,
    Shape(&'static str),
}

/// Go's release and the list of modules.
struct Texts {
    release: String,
    modules: String,
}

fn texts(memory: &Memory<'_>, header: &[u8]) -> Result<Texts, Fault> {
    let cut = Fault::Shape("it breaks off");
    let (Some(width), Some(flags)) = (header.get(14), header.get(15)) else {
        return Err(cut);
    };
    let (release, modules) = if flags & INLINE == 0 {
        let pointers = Pointers {
            width: usize::from(*width),
            big_endian: flags & BIG_ENDIAN != 0,
        };
        let release = pointers.text(memory, header.get(16..).unwrap_or_default())?;
        let second = 16_usize.saturating_add(pointers.width);
        let modules = pointers.text(memory, header.get(second..).unwrap_or_default())?;
        (release, modules)
    } else {
        let (release, rest) = inline(header.get(HEADER..).unwrap_or_default())?;
        let (modules, _) = inline(rest)?;
        (release, modules)
    };
    let release = std::str::from_utf8(release).map_err(|_| Fault::Shape("it is not UTF-8"))?;
    if release.is_empty() {
        return Err(Fault::Shape("it names no release of Go"));
    }
    // Sixteen bytes of frame on each side, the text between them ends a line.
    let modules = modules
        .get(FRAME..modules.len().saturating_sub(FRAME))
        .filter(|inside| inside.ends_with(b"\n"))
        .unwrap_or_default();
    let modules = std::str::from_utf8(modules).map_err(|_| Fault::Shape("it is not UTF-8"))?;
    Ok(Texts {
        release: release.to_owned(),
        modules: modules.to_owned(),
    })
}

/// A text after its length as a varint, and the rest.
fn inline(bytes: &[u8]) -> Result<(&[u8], &[u8]), Fault> {
    let mut length = 0_usize;
    let mut rest = bytes;
    for shift in [0, 7, 14, 21, 28] {
        let (byte, after) = rest.split_first().ok_or(Fault::Shape("it breaks off"))?;
        rest = after;
        length |= usize::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            if length > BUILD_INFO_LIMIT {
                return Err(Fault::TooLarge);
            }
            return rest
                .split_at_checked(length)
                .ok_or(Fault::Shape("it breaks off"));
        }
    }
    Err(Fault::TooLarge)
}

struct Pointers {
    width: usize,
    big_endian: bool,
}

impl Pointers {
    /// The number at the start of some bytes.
    fn number(&self, bytes: &[u8]) -> Result<u64, Fault> {
        let cut = Fault::Shape("it breaks off");
        let number = match (self.width, self.big_endian) {
            (4, false) => bytes
                .first_chunk()
                .map(|b| u64::from(u32::from_le_bytes(*b))),
            (4, true) => bytes
                .first_chunk()
                .map(|b| u64::from(u32::from_be_bytes(*b))),
            (8, false) => bytes.first_chunk().map(|b| u64::from_le_bytes(*b)),
            (8, true) => bytes.first_chunk().map(|b| u64::from_be_bytes(*b)),
            _ => return Err(Fault::Shape("its addresses have neither 4 nor 8 bytes")),
        };
        number.ok_or(cut)
    }

    /// The text that is meant by the address of a string: of address and length.
    fn text<'b>(&self, memory: &Memory<'b>, bytes: &[u8]) -> Result<&'b [u8], Fault> {
        let outside = || Fault::Shape("it points outside the file");
        let string = self.number(bytes)?;
        if string == 0 {
            return Ok(&[]);
        }
        let string = memory.at(string).ok_or_else(outside)?;
        let start = self.number(string)?;
        let length = self.number(string.get(self.width..).unwrap_or_default())?;
        let length = usize::try_from(length).map_err(|_| Fault::TooLarge)?;
        if length > BUILD_INFO_LIMIT {
            return Err(Fault::TooLarge);
        }
        if length == 0 {
            return Ok(&[]);
        }
        memory
            .at(start)
            .and_then(|text| text.get(..length))
            .ok_or_else(outside)
    }
}

/// One line of the list: path, version, checksum.
struct Module<'t> {
    path: &'t str,
    version: &'t str,
    sum: &'t str,
    replaced_by: Option<(&'t str, &'t str, &'t str)>,
}

fn parsed(name: &str, texts: &Texts) -> Result<Parsed, BinaryError> {
    let mut parsed = Parsed::default();
    let mut main: Option<Module<'_>> = None;
    let mut command = "";
    let mut modules: Vec<Module<'_>> = Vec::new();
    let mut main_is_last = false;
    for line in texts.modules.lines() {
        let words: Vec<&str> = line.split('\t').collect();
        match words.as_slice() {
            ["path", path] => command = path,
            [kind @ ("mod" | "dep"), path, version, sum @ ..] if sum.len() <= 1 => {
                let module = Module {
                    path,
                    version,
                    sum: sum.first().copied().unwrap_or_default(),
                    replaced_by: None,
                };
                main_is_last = *kind == "mod";
                if main_is_last {
                    main = Some(module);
                } else {
                    modules.push(module);
                }
            }
            ["=>", path, version, sum] => {
                let last = if main_is_last {
                    main.as_mut()
                } else {
                    modules.last_mut()
                };
                match last.filter(|module| module.replaced_by.is_none()) {
                    Some(module) => module.replaced_by = Some((path, version, sum)),
                    None => incomplete(&mut parsed, name, line),
                }
            }
            // Settings of the build are no components.
            ["build", ..] | [""] => {}
            _ => incomplete(&mut parsed, name, line),
        }
    }
    if modules.len() > PACKAGE_LIMIT {
        return Err(BinaryError::BuildInfo {
            name: name.to_owned(),
            reason: format!("it lists more than {PACKAGE_LIMIT} modules"),
        });
    }
    let root = root(&mut parsed, main.as_ref(), command);
    for module in &modules {
        parsed.packages.push(package(module));
    }
    match release(&texts.release) {
        Some(version) => {
            let mut library = Package::new(STANDARD_LIBRARY, 0);
            library.version = Some(version);
            library.scope = Scope::Runtime;
            parsed
                .edges
                .extend(root.map(|root| (root, parsed.packages.len())));
            parsed.packages.push(library);
        }
        None => {
            let message = format!(
                "`{name}` was made by `{}`, which is no release of Go, so its standard library is not known",
                texts.release
            );
            note(&mut parsed, name, &message);
        }
    }
    if main.is_none() && modules.is_empty() {
        let message = format!("`{name}` was made by Go without modules, so it lists none");
        note(&mut parsed, name, &message);
    }
    Ok(parsed)
}

fn incomplete(parsed: &mut Parsed, name: &str, line: &str) {
    note(
        parsed,
        name,
        &format!("the build information in `{name}` has a line that is not known: `{line}`"),
    );
}

fn note(parsed: &mut Parsed, name: &str, message: &str) {
    let location = Some(Location::file(name));
    parsed.add_gap(rules::gap(
        &rules::INCOMPLETE_BINARY,
        location,
        message,
        None,
    ));
}

/// Adds the module that was built, else the command; gives its place.
fn root(parsed: &mut Parsed, main: Option<&Module<'_>>, command: &str) -> Option<usize> {
    let mut own = match main {
        Some(main) => package(main),
        None if !command.is_empty() => Package::new(command, 0),
        None => return None,
    };
    own.kind = ComponentKind::Own;
    own.scope = Scope::Runtime;
    own.origin = Origin::Path {
        path: ".".to_owned(),
    };
    parsed.root = Some(Root {
        name: own.name.clone(),
        version: own.version.clone(),
    });
    parsed.packages.push(own);
    Some(0)
}

fn package(module: &Module<'_>) -> Package {
    let mut replaces = Replaces::new();
    let mut sum = module.sum;
    if let Some((path, version, replaced_sum)) = module.replaced_by {
        let is_directory = version.is_empty() || version == "(devel)";
        let version = (!is_directory).then_some(version);
        replaces.insert((module.path, None), (path, version));
        sum = replaced_sum;
    }
    let mut package = replaced(module.path, module.version, 0, &[&replaces]);
    if module.version == "(devel)" && module.replaced_by.is_none() {
        // Built from its source tree: the main module, or one of its workspace.
        package.version = None;
        package.kind = ComponentKind::Own;
        package.origin = Origin::Path {
            path: ".".to_owned(),
        };
    }
    package.scope = Scope::Runtime;
    if !sum.is_empty() {
        package.checksums.push(Checksum::Opaque {
            scheme: "go-h1",
            value: sum.to_owned(),
        });
    }
    package
}

/// The version of the standard library in a release such as `go1.26.8`, `go1.27rc1` or
/// `go1.26.8 X:experiment`, as advisories write it; `None` for what is no release.
fn release(text: &str) -> Option<String> {
    let release = text.split(' ').next()?.strip_prefix("go")?;
    // What a distributor adds: `go1.26.8-vendor`.
    let release = release.split('-').next()?;
    let end = release.find(|c: char| !(c.is_ascii_digit() || c == '.'));
    let (numbers, stage) = release.split_at_checked(end.unwrap_or(release.len()))?;
    let numbers: Option<Vec<u32>> = numbers.split('.').map(|part| part.parse().ok()).collect();
    let (major, minor, patch) = match numbers?.as_slice() {
        [major, minor] => (*major, *minor, 0),
        [major, minor, patch] => (*major, *minor, *patch),
        _ => return None,
    };
    let stage = match stage.find(|c: char| c.is_ascii_digit()) {
        None if stage.is_empty() => String::new(),
        None => return None,
        Some(digit) => {
            let (word, number) = stage.split_at_checked(digit)?;
            let number: u32 = number.parse().ok()?;
            if !matches!(word, "rc" | "beta") {
                return None;
            }
            format!("-{word}.{number}")
        }
    };
    Some(format!("{major}.{minor}.{patch}{stage}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_of_go_is_a_version_of_its_standard_library() {
        for (text, version) in [
            ("go1.26.8", Some("1.26.8")),
            ("go1.18", Some("1.18.0")),
            ("go1.27rc2", Some("1.27.0-rc.2")),
            ("go1.26.8 X:boringcrypto", Some("1.26.8")),
            ("go1.26.8-vendor", Some("1.26.8")),
            ("devel go1.27-abcdef", None),
            ("go1", None),
            ("go1.2.3.4", None),
            ("go1.x", None),
            ("go1.26gamma1", None),
            ("", None),
        ] {
            assert_eq!(release(text).as_deref(), version, "{text}");
        }
    }

    #[test]
    fn a_length_never_leads_outside() {
        let read = |bytes: &[u8]| {
            inline(bytes)
                .map(|(text, rest)| (text.len(), rest.len()))
                .ok()
        };
        assert_eq!(read(&[2, b'a', b'b', b'c']), Some((2, 1)));
        assert_eq!(read(&[0]), Some((0, 0)));
        assert_eq!(read(&[3, b'a']), None);
        assert_eq!(read(&[]), None);
        assert_eq!(read(&[0x80]), None);
        assert!(matches!(inline(&[0xff; 40]), Err(Fault::TooLarge)));
        assert!(matches!(
            inline(&[0xff, 0xff, 0xff, 0x7f]),
            Err(Fault::TooLarge)
        ));
    }
}
