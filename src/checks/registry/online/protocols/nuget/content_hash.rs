//! `contentHash` of a package as NuGet computes it for lockfiles: SHA-512 of the package as it
//! was before it was signed. Of one without a signature that is the file; a signature is an
//! entry of the archive, `.signature.p7s`, and is taken out again: its bytes, its record in
//! the directory, and what both add to offsets and counts.
//!
//! Source: `GetPackageContentHash` in `SignedPackageArchiveUtility` of NuGet.Client.

use crate::support::hash::sha512_parts;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rawzip::ZipArchive;
use std::borrow::Cow;

const SIGNATURE: &[u8] = b".signature.p7s";
const MAX_FILES: usize = 200_000;
/// Length of a record of the directory without its texts, and of what stands before its offset.
const RECORD: usize = 46;
const BEFORE_OFFSET: usize = 42;

/// One entry: where its file and its record in the directory lie.
struct Entry {
    file: usize,
    record: usize,
    record_length: usize,
    is_signature: bool,
}

/// The value that lockfiles have of these bytes.
///
/// # Errors
/// What keeps them from being a package that NuGet would hash.
pub(super) fn content_hash(package: &[u8]) -> Result<String, String> {
    let archive = ZipArchive::from_slice(package).map_err(|error| error.to_string())?;
    let end = place(archive.eocd_offset())?;
    let mut walk = archive.entries();
    let mut entries = Vec::new();
    while let Some(header) = walk.next_entry().map_err(|error| error.to_string())? {
        if entries.len() >= MAX_FILES {
            return Err("it has more files than a package".to_owned());
        }
        let texts = [
            header.file_path().as_bytes().len(),
            header.extra_fields().remaining_bytes().len(),
            header.comment().as_bytes().len(),
        ];
        entries.push(Entry {
            file: place(header.local_header_offset())?,
            record: place(header.central_directory_offset())?,
            record_length: texts.into_iter().fold(RECORD, usize::saturating_add),
            is_signature: header.file_path().as_bytes() == SIGNATURE,
        });
    }
    let pieces = match entries.iter().filter(|entry| entry.is_signature).count() {
        0 => vec![Cow::Borrowed(package)],
        1 => unsigned(package, &entries, end).ok_or("its signature is not where NuGet has it")?,
        _ => return Err("it has several signatures".to_owned()),
    };
    let pieces: Vec<&[u8]> = pieces.iter().map(AsRef::as_ref).collect();
    Ok(STANDARD.encode(sha512_parts(&pieces)))
}

fn place(offset: u64) -> Result<usize, String> {
    usize::try_from(offset).map_err(|error| error.to_string())
}

/// The package without its signature; `None` where the parts do not lie as in a signed package.
fn unsigned<'p>(package: &'p [u8], entries: &[Entry], end: usize) -> Option<Vec<Cow<'p, [u8]>>> {
    let directory = entries.iter().map(|entry| entry.record).min()?;
    let last = entries.iter().max_by_key(|entry| entry.record)?;
    // A directory of zip64 would stand between; NuGet signs none.
    if last.record.checked_add(last.record_length)? != end {
        return None;
    }
    let mut by_file: Vec<&Entry> = entries.iter().collect();
    by_file.sort_by_key(|entry| entry.file);
    let first = by_file.first()?.file;
    let mut pieces = vec![Cow::Borrowed(package.get(..first)?)];
    // By the place of its record, where each file begins now.
    let mut records = Vec::new();
    let mut removed = None;
    for (index, entry) in by_file.iter().enumerate() {
        // A file reaches to the next one, as NuGet sees it.
        let next = by_file.get(index + 1).map_or(directory, |next| next.file);
        let bytes = package.get(entry.file..next)?;
        if entry.is_signature {
            removed = Some((bytes.len(), entry.record_length));
            continue;
        }
        let before = removed.map_or(0, |(length, _)| length);
        records.push((*entry, entry.file.checked_sub(before)?));
        pieces.push(Cow::Borrowed(bytes));
    }
    let (file_length, record_length) = removed?;
    records.sort_by_key(|(entry, _)| entry.record);
    for (entry, offset) in records {
        let record = package.get(entry.record..)?.get(..entry.record_length)?;
        let mut record = record.to_vec();
        set(
            &mut record,
            BEFORE_OFFSET,
            &u32::try_from(offset).ok()?.to_le_bytes(),
        )?;
        pieces.push(Cow::Owned(record));
    }
    let mut tail = package.get(end..)?.to_vec();
    for at in [8, 10] {
        let count = u16::from_le_bytes(tail.get(at..at + 2)?.try_into().ok()?);
        set(&mut tail, at, &count.checked_sub(1)?.to_le_bytes())?;
    }
    for (at, less) in [(12, record_length), (16, file_length)] {
        let value = u32::from_le_bytes(tail.get(at..at + 4)?.try_into().ok()?);
        let value = value.checked_sub(u32::try_from(less).ok()?)?;
        set(&mut tail, at, &value.to_le_bytes())?;
    }
    pieces.push(Cow::Owned(tail));
    Some(pieces)
}

fn set(bytes: &mut [u8], at: usize, value: &[u8]) -> Option<()> {
    let end = at.checked_add(value.len())?;
    bytes.get_mut(at..end)?.copy_from_slice(value);
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    fn archive(files: &[(&str, &str)]) -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        // A fixed date: the archive is the same with and without the signature.
        let options =
            zip::write::SimpleFileOptions::default().last_modified_time(zip::DateTime::default());
        for (name, text) in files {
            writer.start_file(*name, options).unwrap();
            writer.write_all(text.as_bytes()).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    const SIGNED: &str = ".signature.p7s";

    #[test]
    fn of_an_unsigned_package_it_is_the_hash_of_the_file() {
        let package = archive(&[("left.nuspec", "<package/>"), ("lib/left.dll", "left")]);
        let hash = STANDARD.encode(sha512_parts(&[&package]));
        assert_eq!(content_hash(&package).unwrap(), hash);
    }

    #[test]
    fn a_signature_does_not_change_it_wherever_it_lies() {
        let files = [("left.nuspec", "<package/>"), ("lib/left.dll", "left")];
        let hash = content_hash(&archive(&files)).unwrap();
        for at in 0..=files.len() {
            let mut signed = files.to_vec();
            signed.insert(at, (SIGNED, "signature"));
            let signed = archive(&signed);
            assert_ne!(STANDARD.encode(sha512_parts(&[&signed])), hash);
            assert_eq!(content_hash(&signed).unwrap(), hash, "{at}");
        }
    }

    #[test]
    fn other_content_below_the_same_signature_is_another_one() {
        let signed = |text| content_hash(&archive(&[("left.nuspec", text), (SIGNED, "s")]));
        assert_eq!(signed("<package/>").unwrap(), signed("<package/>").unwrap());
        assert_ne!(
            signed("<package/>").unwrap(),
            signed("<package />").unwrap()
        );
    }

    #[test]
    fn what_is_no_archive_or_cut_off_has_none() {
        let signed = archive(&[("left.nuspec", "<package/>"), (SIGNED, "s")]);
        assert!(content_hash(b"<html>Sign in</html>").is_err());
        for length in 0..signed.len() {
            let cut = signed.get(..length).unwrap();
            assert!(content_hash(cut).is_err(), "{length}");
        }
        // What stands behind an archive is part of the file, as NuGet reads it.
        let longer = [signed.as_slice(), b"more"].concat();
        assert_ne!(content_hash(&longer).ok(), content_hash(&signed).ok());
    }
}
