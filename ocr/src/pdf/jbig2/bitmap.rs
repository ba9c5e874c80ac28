//! Black and white, one bit a pixel.

/// Rows of whole bytes, first pixel in the highest bit, 1 is ink; bits after the last column are 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bitmap {
    width: u32,
    height: u32,
    stride: usize,
    bits: Vec<u8>,
}

impl Bitmap {
    /// Without ink.
    pub(crate) fn white(width: u32, height: u32) -> Self {
        let stride = width.div_ceil(8) as usize;
        Self { width, height, stride, bits: vec![0; stride * height as usize] }
    }

    pub(crate) fn width(&self) -> u32 {
        self.width
    }

    pub(crate) fn height(&self) -> u32 {
        self.height
    }

    /// One row, packed.
    pub(crate) fn row(&self, y: u32) -> &[u8] {
        &self.bits[y as usize * self.stride..(y as usize + 1) * self.stride]
    }

    pub(crate) fn is_ink(&self, x: u32, y: u32) -> bool {
        debug_assert!(x < self.width && y < self.height);
        self.bits[y as usize * self.stride + x as usize / 8] & (0x80 >> (x % 8)) != 0
    }

    /// Makes a pixel ink.
    pub(crate) fn ink(&mut self, x: u32, y: u32) {
        debug_assert!(x < self.width && y < self.height);
        self.bits[y as usize * self.stride + x as usize / 8] |= 0x80 >> (x % 8);
    }

    /// Whether any pixel is ink.
    pub(crate) fn has_ink(&self) -> bool {
        self.bits.iter().any(|&byte| byte != 0)
    }
}
