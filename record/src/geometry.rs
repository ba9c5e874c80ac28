/// Pixels and resolution of a page as displayed: EXIF orientation and `/Rotate` applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageSize {
    /// Pixels across.
    pub width_px: u32,
    /// Pixels down.
    pub height_px: u32,
    /// Dots per inch, the same in both directions; where the source names none, what A4 would give.
    pub dpi: u32,
}

impl PageSize {
    /// The whole page.
    pub fn bounds(&self) -> PxBox {
        PxBox { left: 0, top: 0, right: self.width_px, bottom: self.height_px }
    }
    /// Width and height in PDF points (1/72 inch).
    pub fn points(&self) -> (f32, f32) {
        let scale = 72.0 / self.dpi as f32;
        (self.width_px as f32 * scale, self.height_px as f32 * scale)
    }
}

/// A box in pixels of the page as displayed, origin top left, right and bottom exclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct PxBox {
    /// First column inside.
    pub left: u32,
    /// First row inside.
    pub top: u32,
    /// First column outside.
    pub right: u32,
    /// First row outside.
    pub bottom: u32,
}

impl PxBox {
    /// Columns inside.
    pub fn width(&self) -> u32 {
        self.right.saturating_sub(self.left)
    }
    /// Rows inside.
    pub fn height(&self) -> u32 {
        self.bottom.saturating_sub(self.top)
    }
    /// Whether no pixel is inside.
    pub fn is_empty(&self) -> bool {
        self.width() == 0 || self.height() == 0
    }
    /// The smallest box that holds both; an empty one adds nothing.
    pub fn union(&self, other: &PxBox) -> PxBox {
        if self.is_empty() {
            return *other;
        }
        if other.is_empty() {
            return *self;
        }
        PxBox {
            left: self.left.min(other.left),
            top: self.top.min(other.top),
            right: self.right.max(other.right),
            bottom: self.bottom.max(other.bottom),
        }
    }
    /// What both hold; may be empty.
    pub fn intersect(&self, other: &PxBox) -> PxBox {
        let left = self.left.max(other.left);
        let top = self.top.max(other.top);
        PxBox {
            left,
            top,
            right: self.right.min(other.right).max(left),
            bottom: self.bottom.min(other.bottom).max(top),
        }
    }
    /// The same part of a picture of another size, rounded outwards; sizes are width and height in pixels.
    pub fn resized(&self, from: (u32, u32), to: (u32, u32)) -> PxBox {
        let low = |v: u32, from: u32, to: u32| (u64::from(v) * u64::from(to) / u64::from(from.max(1))) as u32;
        let high = |v: u32, from: u32, to: u32| {
            ((u64::from(v) * u64::from(to)).div_ceil(u64::from(from.max(1))) as u32).min(to)
        };
        PxBox {
            left: low(self.left, from.0, to.0),
            top: low(self.top, from.1, to.1),
            right: high(self.right, from.0, to.0),
            bottom: high(self.bottom, from.1, to.1),
        }
    }
    /// The smallest box around all; empty when there are none.
    pub fn around<'a>(boxes: impl IntoIterator<Item = &'a PxBox>) -> PxBox {
        boxes.into_iter().fold(PxBox::default(), |all, one| all.union(one))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_combine() {
        let a = PxBox { left: 10, top: 10, right: 20, bottom: 20 };
        let b = PxBox { left: 15, top: 5, right: 30, bottom: 12 };
        assert_eq!(a.union(&b), PxBox { left: 10, top: 5, right: 30, bottom: 20 });
        assert_eq!(a.intersect(&b), PxBox { left: 15, top: 10, right: 20, bottom: 12 });
        assert!(a.intersect(&PxBox { left: 40, top: 0, right: 50, bottom: 50 }).is_empty());
        assert_eq!(PxBox::around([&a, &b]), a.union(&b));
    }
}
