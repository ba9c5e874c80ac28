//! From the resolution a file names, or does not, to the size of a page with square pixels.

use record::PageSize;

/// Dots per inch across and down, as stored.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Density {
    pub(super) x: f64,
    pub(super) y: f64,
}

/// Inches of the long side of A4 and A3.
const A4_LONG_IN: f64 = 297.0 / 25.4;
const A3_LONG_IN: f64 = 420.0 / 25.4;

impl Density {
    /// Both directions alike.
    pub(super) fn square(dpi: f64) -> Self {
        Self { x: dpi, y: dpi }
    }

    /// As it lies after turning by an EXIF orientation.
    pub(super) fn oriented(self, orientation: u8) -> Self {
        if (5..=8).contains(&orientation) { Self { x: self.y, y: self.x } } else { self }
    }

    fn is_credible(self, width: u32, height: u32) -> bool {
        let in_range = |dpi: f64| (50.0..=1200.0).contains(&dpi);
        if !in_range(self.x) || !in_range(self.y) || !(0.25..=4.0).contains(&(self.x / self.y)) {
            return false;
        }
        // 72 and 96 are what programs write that do not know: believed only of what then fits on A3.
        let long_in = (f64::from(width) / self.x).max(f64::from(height) / self.y);
        let placeholder = self.x == self.y && (self.x == 72.0 || self.x == 96.0);
        !(placeholder && long_in > A3_LONG_IN)
    }
}

/// The size with square pixels of a displayed picture of `width` × `height` pixels. Where both directions
/// differ by more than 2 %, the coarser one is stretched to the finer (fax pages: 204 × 98 dpi). Without
/// a credible density (50 to 1200 dpi) the long side is taken for that of A4.
pub(super) fn page_size(width: u32, height: u32, density: Option<Density>) -> PageSize {
    let Some(density) = density.filter(|d| d.is_credible(width, height)) else {
        let dpi = (f64::from(width.max(height)) / A4_LONG_IN).round().max(1.0);
        return PageSize { width_px: width, height_px: height, dpi: dpi as u32 };
    };
    let dpi = density.x.max(density.y);
    let (mut width_px, mut height_px) = (width, height);
    if density.x / density.y > 1.02 {
        height_px = (f64::from(height) * dpi / density.y).round() as u32;
    } else if density.y / density.x > 1.02 {
        width_px = (f64::from(width) * dpi / density.x).round() as u32;
    }
    PageSize { width_px, height_px, dpi: dpi.round() as u32 }
}

/// What an EXIF block (the TIFF structure inside) says about display.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct ExifFacts {
    pub(super) orientation: Option<u8>,
    pub(super) density: Option<Density>,
}

/// Reads an EXIF block; what is broken in it counts as absent.
pub(super) fn read_exif(block: &[u8]) -> ExifFacts {
    use exif::{In, Tag, Value};
    let mut reader = exif::Reader::new();
    let reader = reader.continue_on_error(true);
    let fields = match reader.read_raw(block.to_vec()) {
        Ok(fields) => fields,
        Err(exif::Error::PartialResult(partial)) => partial.into_inner().0,
        Err(_) => return ExifFacts::default(),
    };
    let number = |tag: Tag| -> Option<f64> {
        match &fields.get_field(tag, In::PRIMARY)?.value {
            Value::Rational(v) => v.first().map(|r| r.to_f64()),
            other => other.get_uint(0).map(f64::from),
        }
    };
    let per_inch = match number(Tag::ResolutionUnit) {
        None => Some(1.0),
        Some(2.0) => Some(1.0),
        Some(3.0) => Some(2.54),
        Some(_) => None,
    };
    let density = match (per_inch, number(Tag::XResolution), number(Tag::YResolution)) {
        (Some(unit), Some(x), Some(y)) => Some(Density { x: x * unit, y: y * unit }),
        _ => None,
    };
    let orientation = number(Tag::Orientation).map(|v| v as u8).filter(|v| (1..=8).contains(v));
    ExifFacts { orientation, density }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absurd_or_absent_means_a4() {
        let a4 = PageSize { width_px: 2480, height_px: 3508, dpi: 300 };
        assert_eq!(page_size(2480, 3508, None), a4);
        assert_eq!(page_size(2480, 3508, Some(Density::square(1.0))), a4);
        assert_eq!(page_size(2480, 3508, Some(Density::square(72.0))), a4);
        assert_eq!(page_size(2480, 3508, Some(Density::square(f64::NAN))), a4);
        assert_eq!(page_size(595, 842, Some(Density::square(72.0))).dpi, 72);
    }

    #[test]
    fn fax_pages_become_square() {
        let size = page_size(1728, 1145, Some(Density { x: 204.0, y: 98.0 }));
        assert_eq!(size, PageSize { width_px: 1728, height_px: 2383, dpi: 204 });
        let nearly = page_size(1000, 1000, Some(Density { x: 300.0, y: 301.0 }));
        assert_eq!((nearly.width_px, nearly.height_px, nearly.dpi), (1000, 1000, 301));
    }
}
