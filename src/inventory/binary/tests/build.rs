//! Small binaries of every kind, with the sections that a test wants.

use flate2::Compression;
use flate2::write::ZlibEncoder;
use std::io::Write as _;

/// Address of the first byte of a file in memory.
pub const BASE: u64 = 0x40_0000;

fn zeros(count: usize) -> Vec<u8> {
    vec![0; count]
}

fn padded(name: &str, length: usize) -> Vec<u8> {
    let mut bytes = name.as_bytes().to_vec();
    bytes.resize(length, 0);
    bytes
}

/// A 64-bit little-endian ELF file. Each section is a writable segment too; gives also
/// their addresses.
pub fn elf(sections: &[(&str, &[u8])]) -> (Vec<u8>, Vec<u64>) {
    let count = sections.len();
    let mut names = vec![0_u8];
    let mut body = Vec::new();
    let start = 64 + 56 * count;
    let mut places = Vec::new();
    for (name, data) in sections {
        body.resize(body.len().next_multiple_of(16), 0);
        places.push((
            names.len(),
            start.next_multiple_of(16) + body.len(),
            data.len(),
        ));
        names.extend(name.bytes().chain([0]));
        body.extend_from_slice(data);
    }
    let names_name = names.len();
    names.extend(b".shstrtab\0");
    let names_at = start.next_multiple_of(16) + body.len();
    let headers_at = names_at + names.len();
    let mut file = b"\x7fELF\x02\x01\x01".to_vec();
    file.resize(16, 0);
    file.extend(2_u16.to_le_bytes()); // executable
    file.extend(62_u16.to_le_bytes()); // x86-64
    file.extend(1_u32.to_le_bytes());
    for number in [BASE, 64, headers_at as u64] {
        file.extend(number.to_le_bytes());
    }
    file.extend(zeros(4));
    for number in [64, 56, count as u16, 64, count as u16 + 2, count as u16 + 1] {
        file.extend(number.to_le_bytes());
    }
    for (_, at, size) in &places {
        file.extend(1_u32.to_le_bytes()); // PT_LOAD
        file.extend(6_u32.to_le_bytes()); // readable, writable
        let address = BASE + *at as u64;
        for number in [*at as u64, address, address, *size as u64, *size as u64, 16] {
            file.extend(number.to_le_bytes());
        }
    }
    file.resize(start.next_multiple_of(16), 0);
    file.extend(body);
    file.extend(&names);
    file.extend(zeros(64));
    let mut header = |name: usize, kind: u32, address: u64, at: usize, size: usize| {
        file.extend((name as u32).to_le_bytes());
        file.extend(kind.to_le_bytes());
        for number in [3, address, at as u64, size as u64] {
            file.extend(number.to_le_bytes());
        }
        file.extend(zeros(8));
        for number in [16_u64, 0] {
            file.extend(number.to_le_bytes());
        }
    };
    for (name, at, size) in &places {
        header(*name, 1, BASE + *at as u64, *at, *size);
    }
    header(names_name, 3, 0, names_at, names.len());
    let addresses = places.iter().map(|(_, at, _)| BASE + *at as u64);
    (file, addresses.collect())
}

/// A 64-bit Mach-O file with one segment `__DATA` of one section.
pub fn macho(section: &str, data: &[u8]) -> Vec<u8> {
    let at = 32 + 72 + 80;
    let mut file = 0xfeed_facf_u32.to_le_bytes().to_vec();
    for number in [0x0100_000c_u32, 0, 2, 1, 72 + 80, 0, 0] {
        file.extend(number.to_le_bytes());
    }
    for number in [0x19_u32, 72 + 80] {
        file.extend(number.to_le_bytes());
    }
    file.extend(padded("__DATA", 16));
    let size = data.len() as u64;
    for number in [BASE, size, at, size] {
        file.extend(number.to_le_bytes());
    }
    for number in [3_u32, 3, 1, 0] {
        file.extend(number.to_le_bytes());
    }
    file.extend(padded(section, 16));
    file.extend(padded("__DATA", 16));
    for number in [BASE, size] {
        file.extend(number.to_le_bytes());
    }
    for number in [at as u32, 4, 0, 0, 0, 0, 0, 0] {
        file.extend(number.to_le_bytes());
    }
    file.extend_from_slice(data);
    file
}

/// A universal Mach-O file of several others.
pub fn universal(images: &[Vec<u8>]) -> Vec<u8> {
    let mut file = 0xcafe_babe_u32.to_be_bytes().to_vec();
    file.extend((images.len() as u32).to_be_bytes());
    let mut at = 4096_u32;
    for image in images {
        for number in [0x0100_000c_u32, 0, at, image.len() as u32, 12] {
            file.extend(number.to_be_bytes());
        }
        at += (image.len() as u32).next_multiple_of(4096);
    }
    for image in images {
        file.resize(file.len().next_multiple_of(4096), 0);
        file.extend(image);
    }
    file
}

/// A 64-bit PE file with one writable section.
pub fn pe(section: &str, data: &[u8]) -> Vec<u8> {
    let mut file = b"MZ".to_vec();
    file.resize(60, 0);
    file.extend(64_u32.to_le_bytes());
    file.extend(b"PE\0\0");
    for number in [0x8664_u16, 1] {
        file.extend(number.to_le_bytes());
    }
    file.extend(zeros(12));
    for number in [240_u16, 0x22] {
        file.extend(number.to_le_bytes());
    }
    let mut optional = 0x20b_u16.to_le_bytes().to_vec();
    optional.resize(24, 0);
    optional.extend(BASE.to_le_bytes());
    for number in [0x1000_u32, 0x200] {
        optional.extend(number.to_le_bytes());
    }
    optional.resize(108, 0);
    optional.extend(16_u32.to_le_bytes());
    optional.resize(240, 0);
    file.extend(optional);
    file.extend(padded(section, 8));
    let size = data.len() as u32;
    for number in [size, 0x1000, size.next_multiple_of(0x200), 0x200] {
        file.extend(number.to_le_bytes());
    }
    file.extend(zeros(12));
    file.extend(0xc000_0040_u32.to_le_bytes());
    file.resize(0x200, 0);
    file.extend_from_slice(data);
    file.resize(file.len().next_multiple_of(0x200), 0);
    file
}

/// A wasm module with one custom section.
pub fn wasm(section: &str, data: &[u8]) -> Vec<u8> {
    let mut content = varint(section.len());
    content.extend(section.bytes());
    content.extend_from_slice(data);
    let mut file = b"\0asm\x01\0\0\0\0".to_vec();
    file.extend(varint(content.len()));
    file.extend(content);
    file
}

/// A number of up to 28 bits, seven a byte.
pub fn varint(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number >= 0x80 {
        bytes.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
    bytes
}

pub fn packed(text: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn framed(modules: &str) -> String {
    format!("{:-<16}{modules}{:-<16}", "", "")
}

/// Go's build information since 1.18: the texts follow the header.
pub fn go(release: &str, modules: &str) -> Vec<u8> {
    let mut bytes = b"\xff Go buildinf:\x08\x02".to_vec();
    bytes.resize(32, 0);
    for text in [release, &framed(modules)] {
        bytes.extend(varint(text.len()));
        bytes.extend(text.bytes());
    }
    bytes
}

/// Go's build information before 1.18: addresses of strings, which are address and length
/// of the text. `at` is the address of the result; `width` 4 or 8 bytes.
pub fn old_go(release: &str, modules: &str, at: u64, width: usize, big_endian: bool) -> Vec<u8> {
    let number = |number: u64| -> Vec<u8> {
        match (width, big_endian) {
            (4, false) => (number as u32).to_le_bytes().to_vec(),
            (4, true) => (number as u32).to_be_bytes().to_vec(),
            (_, false) => number.to_le_bytes().to_vec(),
            (_, true) => number.to_be_bytes().to_vec(),
        }
    };
    let modules = framed(modules);
    let mut bytes = b"\xff Go buildinf:".to_vec();
    bytes.extend([width as u8, u8::from(big_endian)]);
    let strings = at + 32;
    let texts = strings + 4 * width as u64;
    bytes.extend(number(strings));
    bytes.extend(number(strings + 2 * width as u64));
    bytes.resize(32, 0);
    bytes.extend(number(texts));
    bytes.extend(number(release.len() as u64));
    bytes.extend(number(texts + release.len() as u64));
    bytes.extend(number(modules.len() as u64));
    bytes.extend(release.bytes());
    bytes.extend(modules.bytes());
    bytes
}
