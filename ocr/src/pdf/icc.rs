//! The output profile: sRGB (IEC 61966-2-1) as a version 2.1 display profile (ICC.1:2001-04), built from the
//! standard's figures, so that no licensed file has to be carried along.

/// Primaries and white adapted to D50 by the Bradford matrix, X Y Z.
const WHITE: [f64; 3] = [0.9642, 1.0, 0.8249];
const RED: [f64; 3] = [0.436_07, 0.222_49, 0.013_92];
const GREEN: [f64; 3] = [0.385_15, 0.716_87, 0.097_08];
const BLUE: [f64; 3] = [0.143_07, 0.060_61, 0.714_10];

/// Samples of the tone curve; 1,024 keep every 8-bit step apart.
const CURVE: u32 = 1024;

/// The profile's bytes, about 2.6 kB, always the same.
pub(super) fn srgb() -> Vec<u8> {
    let curve = curve();
    let tags: [(&[u8; 4], Vec<u8>); 9] = [
        (b"desc", description("sRGB IEC61966-2.1")),
        (b"cprt", text("No copyright, use freely")),
        (b"wtpt", xyz(WHITE)),
        (b"rXYZ", xyz(RED)),
        (b"gXYZ", xyz(GREEN)),
        (b"bXYZ", xyz(BLUE)),
        (b"rTRC", curve),
        (b"gTRC", Vec::new()),
        (b"bTRC", Vec::new()),
    ];
    let mut table = Vec::new();
    let mut data = Vec::new();
    let mut last = (0u32, 0u32);
    let start = 128 + 4 + 12 * tags.len() as u32;
    for (name, bytes) in &tags {
        // Green and blue share red's curve.
        if !bytes.is_empty() {
            last = (start + data.len() as u32, bytes.len() as u32);
            data.extend_from_slice(bytes);
            data.resize(data.len().next_multiple_of(4), 0);
        }
        table.extend_from_slice(*name);
        table.extend_from_slice(&last.0.to_be_bytes());
        table.extend_from_slice(&last.1.to_be_bytes());
    }
    let mut profile = header(start + data.len() as u32);
    profile.extend_from_slice(&(tags.len() as u32).to_be_bytes());
    profile.extend_from_slice(&table);
    profile.extend_from_slice(&data);
    profile
}

fn header(size: u32) -> Vec<u8> {
    let mut head = Vec::with_capacity(128);
    head.extend_from_slice(&size.to_be_bytes());
    head.extend_from_slice(&[0; 4]); // no preferred colour engine
    head.extend_from_slice(&0x0210_0000_u32.to_be_bytes());
    head.extend_from_slice(b"mntrRGB XYZ ");
    // A fixed date, 2026-01-01 00:00:00.
    for part in [2026u16, 1, 1, 0, 0, 0] {
        head.extend_from_slice(&part.to_be_bytes());
    }
    head.extend_from_slice(b"acsp");
    head.resize(68, 0);
    for value in WHITE {
        head.extend_from_slice(&fixed(value));
    }
    head.resize(128, 0);
    head
}

/// s15Fixed16Number.
fn fixed(value: f64) -> [u8; 4] {
    ((value * 65_536.0).round() as i32).to_be_bytes()
}

fn xyz(value: [f64; 3]) -> Vec<u8> {
    let mut tag = b"XYZ \0\0\0\0".to_vec();
    value.iter().for_each(|v| tag.extend_from_slice(&fixed(*v)));
    tag
}

fn text(value: &str) -> Vec<u8> {
    let mut tag = b"text\0\0\0\0".to_vec();
    tag.extend_from_slice(value.as_bytes());
    tag.push(0);
    tag
}

/// textDescriptionType with an ASCII part only.
fn description(value: &str) -> Vec<u8> {
    let mut tag = b"desc\0\0\0\0".to_vec();
    tag.extend_from_slice(&(value.len() as u32 + 1).to_be_bytes());
    tag.extend_from_slice(value.as_bytes());
    tag.push(0);
    // No Unicode text: language and count 0. No Macintosh text: code, count and 67 bytes 0.
    tag.resize(tag.len() + 8 + 3 + 67, 0);
    tag
}

fn curve() -> Vec<u8> {
    let mut tag = b"curv\0\0\0\0".to_vec();
    tag.extend_from_slice(&CURVE.to_be_bytes());
    for idx in 0..CURVE {
        let x = f64::from(idx) / f64::from(CURVE - 1);
        let linear = if x <= 0.040_45 { x / 12.92 } else { ((x + 0.055) / 1.055).powf(2.4) };
        tag.extend_from_slice(&((linear * 65_535.0).round() as u16).to_be_bytes());
    }
    tag
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_profile_says_its_own_size_and_its_primaries_make_white() {
        let profile = srgb();
        assert_eq!(u32::from_be_bytes(profile[..4].try_into().unwrap()) as usize, profile.len());
        assert_eq!(&profile[36..40], b"acsp");
        for axis in 0..3 {
            assert!((RED[axis] + GREEN[axis] + BLUE[axis] - WHITE[axis]).abs() < 3e-4);
        }
    }
}
