//! The font of the invisible text: a TrueType font whose only glyph is empty, built here, and the table that
//! says which character each code stands for.
//!
//! A code is given to every character at its first use in the document, so every Unicode character has one and
//! `ToUnicode` lists exactly those that occur. All codes draw the same empty glyph. PDF/A-2 lets fonts that are
//! only used invisibly stay outside the file (ISO 19005-2, 6.2.11.4.1); ours is inside, at some 700 bytes.

use super::deflate;
use super::objects::ObjectFile;
use pdf_writer::types::{CidFontType, FontFlags, SystemInfo, UnicodeCmap};
use pdf_writer::{Filter, Name, Rect, Ref, Str};
use std::collections::HashMap;
use std::io::{self, Write};

/// Advance of every glyph, in em.
pub(super) const ADVANCE: f32 = 0.5;
/// From the baseline up, in em.
pub(super) const ASCENT: f32 = 0.8;
/// From the baseline down, in em.
pub(super) const DESCENT: f32 = 0.2;

const UNITS: u16 = 1000;
const ADVANCE_UNITS: u16 = 500;
const ASCENT_UNITS: i16 = 800;
const DESCENT_UNITS: i16 = -200;

const BASE_FONT: &[u8] = b"HosoInvisible";
const SYSTEM: SystemInfo<'static> =
    SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"Identity"), supplement: 0 };

/// The characters used so far and their codes.
pub(super) struct Characters {
    codes: HashMap<char, u16>,
    /// `in_order[idx]` has code `idx + 1`; code 0 is `.notdef`, which PDF/A forbids to show.
    in_order: Vec<char>,
}

impl Characters {
    pub(super) fn new() -> Self {
        let mut new = Self { codes: HashMap::new(), in_order: Vec::new() };
        new.code(char::REPLACEMENT_CHARACTER);
        new
    }

    /// Two bytes for each character.
    pub(super) fn encode(&mut self, text: &str) -> Vec<u8> {
        text.chars().flat_map(|c| self.code(c).to_be_bytes()).collect()
    }

    fn code(&mut self, c: char) -> u16 {
        // ToUnicode may not name these (ISO 19005-2, 6.2.11.7.2).
        let c = if matches!(c, '\0' | '\u{FEFF}' | '\u{FFFE}') { char::REPLACEMENT_CHARACTER } else { c };
        if let Some(code) = self.codes.get(&c) {
            return *code;
        }
        match u16::try_from(self.in_order.len() + 1) {
            Ok(code) => {
                self.codes.insert(c, code);
                self.in_order.push(c);
                code
            }
            // More than 65,535 different characters in one document.
            Err(_) => self.codes[&char::REPLACEMENT_CHARACTER],
        }
    }
}

/// Writes the six font objects, numbered from `first`.
pub(super) fn write<W: Write>(file: &mut ObjectFile<W>, first: Ref, used: &Characters) -> io::Result<()> {
    let [font, cid_font, descriptor, program, to_unicode, to_glyph] =
        std::array::from_fn(|idx| Ref::new(first.get() + idx as i32));
    file.put(|chunk| {
        chunk
            .type0_font(font)
            .base_font(Name(BASE_FONT))
            .encoding_predefined(Name(b"Identity-H"))
            .descendant_font(cid_font)
            .to_unicode(to_unicode);
    })?;
    file.put(|chunk| {
        chunk
            .cid_font(cid_font)
            .subtype(CidFontType::Type2)
            .base_font(Name(BASE_FONT))
            .system_info(SYSTEM)
            .font_descriptor(descriptor)
            .default_width(ADVANCE_UNITS.into())
            .cid_to_gid_map_stream(to_glyph);
    })?;
    file.put(|chunk| {
        chunk
            .font_descriptor(descriptor)
            .name(Name(BASE_FONT))
            .flags(FontFlags::FIXED_PITCH | FontFlags::SYMBOLIC)
            .bbox(Rect::new(0.0, DESCENT_UNITS.into(), ADVANCE_UNITS.into(), ASCENT_UNITS.into()))
            .italic_angle(0.0)
            .ascent(ASCENT_UNITS.into())
            .descent(DESCENT_UNITS.into())
            .cap_height(ASCENT_UNITS.into())
            .stem_v(80.0)
            .font_file2(program);
    })?;
    let font_file = true_type();
    let data = deflate(&font_file);
    file.put(|chunk| {
        let mut stream = chunk.stream(program, &data);
        stream.filter(Filter::FlateDecode).pair(Name(b"Length1"), font_file.len() as i32);
    })?;
    let mut cmap = UnicodeCmap::new(Name(b"HosoInvisible-UCS2"), SYSTEM);
    for (idx, c) in used.in_order.iter().enumerate() {
        cmap.pair(idx as u16 + 1, *c);
    }
    let data = deflate(cmap.finish().as_slice());
    file.put(|chunk| {
        chunk.stream(to_unicode, &data).filter(Filter::FlateDecode);
    })?;
    let glyphs: Vec<u8> =
        std::iter::once(0u16).chain(used.in_order.iter().map(|_| 1u16)).flat_map(u16::to_be_bytes).collect();
    let data = deflate(&glyphs);
    file.put(|chunk| {
        chunk.stream(to_glyph, &data).filter(Filter::FlateDecode);
    })
}

/// The font file (OpenType 1.9, TrueType outlines): `.notdef` and one more glyph, both empty.
fn true_type() -> Vec<u8> {
    let tables: [(&[u8; 4], Vec<u8>); 10] = [
        (b"OS/2", os2()),
        (b"cmap", cmap()),
        (b"glyf", vec![0]),
        (b"head", head()),
        (b"hhea", hhea()),
        (b"hmtx", be(&[ADVANCE_UNITS, 0, ADVANCE_UNITS, 0])),
        (b"loca", be(&[0, 0, 0])),
        (b"maxp", be(&[1, 0, 2, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0])),
        (b"name", name()),
        // Version 3: no glyph names.
        (b"post", be(&[3, 0, 0, 0, 0xFF9C, 50, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0])),
    ];
    let count = tables.len() as u16;
    let power = count.ilog2() as u16;
    let range = 16 << power;
    let mut directory = be(&[1, 0, count, range, power, count * 16 - range]);
    let mut data = Vec::new();
    let start = 12 + 16 * tables.len();
    let mut head_at = 0;
    for (tag, table) in &tables {
        if *tag == b"head" {
            head_at = start + data.len();
        }
        directory.extend_from_slice(*tag);
        for field in [checksum(table), (start + data.len()) as u32, table.len() as u32] {
            directory.extend_from_slice(&field.to_be_bytes());
        }
        data.extend_from_slice(table);
        data.resize(data.len().next_multiple_of(4), 0);
    }
    directory.extend_from_slice(&data);
    let adjustment = 0xB1B0_AFBA_u32.wrapping_sub(checksum(&directory));
    directory[head_at + 8..head_at + 12].copy_from_slice(&adjustment.to_be_bytes());
    directory
}

fn be(values: &[u16]) -> Vec<u8> {
    values.iter().flat_map(|v| v.to_be_bytes()).collect()
}

fn checksum(table: &[u8]) -> u32 {
    table.chunks(4).fold(0, |sum, part| {
        let mut word = [0; 4];
        word[..part.len()].copy_from_slice(part);
        u32::wrapping_add(sum, u32::from_be_bytes(word))
    })
}

fn head() -> Vec<u8> {
    let mut table = be(&[1, 0, 1, 0, 0, 0, 0x5F0F, 0x3CF5, 0b11, UNITS]);
    table.extend_from_slice(&[0; 16]); // created, modified: 1904-01-01
    // Bounding box, no style, smallest size 8, direction, short offsets, glyph format.
    table.extend(be(&[0, 0, 0, 0, 0, 8, 2, 0, 0]));
    table
}

fn hhea() -> Vec<u8> {
    let (ascent, descent) = (ASCENT_UNITS as u16, DESCENT_UNITS as u16);
    be(&[1, 0, ascent, descent, 0, ADVANCE_UNITS, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2])
}

fn os2() -> Vec<u8> {
    let (ascent, descent) = (ASCENT_UNITS as u16, DESCENT_UNITS as u16);
    // Version 3: average width, weight, width class, embedding allowed, sub- and superscripts, strike-out, class.
    let mut table = be(&[3, ADVANCE_UNITS, 400, 5, 0]);
    table.extend(be(&[500, 500, 0, 0, 500, 500, 0, 0, 50, 300, 0]));
    table.extend_from_slice(&[0; 10]); // panose
    table.extend_from_slice(&[0; 16]); // Unicode ranges
    table.extend_from_slice(b"HOSO");
    // Regular; first and last character; typographic, then Windows' heights; code pages; x-height, capitals,
    // default and break character, context.
    table.extend(be(&[
        0x40, 0x20, 0x20, ascent, descent, 0, ascent, 200, 0, 0, 0, 0, 500, ascent, 0, 0x20, 0,
    ]));
    table
}

/// One Unicode subtable, format 4: the space is glyph 1.
fn cmap() -> Vec<u8> {
    let subtable = [4, 32, 0, 4, 4, 1, 0, 0x20, 0xFFFF, 0, 0x20, 0xFFFF, 0xFFE1, 1, 0, 0];
    let mut table = be(&[0, 1, 3, 1, 0, 12]);
    table.extend(be(&subtable));
    table
}

fn name() -> Vec<u8> {
    let entries: [(u16, &str); 5] = [
        (1, "HosoInvisible"),
        (2, "Regular"),
        (3, "HosoInvisible 1.0"),
        (4, "HosoInvisible"),
        (6, "HosoInvisible"),
    ];
    let mut records = be(&[0, entries.len() as u16, 6 + 12 * entries.len() as u16]);
    let mut strings = Vec::new();
    for (id, text) in entries {
        let utf16: Vec<u16> = text.encode_utf16().collect();
        records.extend(be(&[3, 1, 0x409, id, 2 * utf16.len() as u16, strings.len() as u16]));
        strings.extend(be(&utf16));
    }
    records.extend(strings);
    records
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_has_a_code_and_only_one() {
        let mut characters = Characters::new();
        assert_eq!(characters.encode("ấ𠀋ấ"), [0, 2, 0, 3, 0, 2]);
        assert_eq!(characters.encode("\u{FEFF}"), [0, 1]);
        let all: String = (' '..=char::MAX).collect();
        let codes = characters.encode(&all);
        assert_eq!(codes.len(), 2 * all.chars().count());
        assert!(codes.chunks(2).all(|code| code != [0, 0]), "never .notdef");
    }

    #[test]
    fn the_font_file_sums_to_the_magic_number() {
        let font = true_type();
        assert_eq!(checksum(&font), 0xB1B0_AFBA);
        assert!(font.len() < 1000, "{} bytes", font.len());
    }
}
