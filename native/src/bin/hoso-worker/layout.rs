//! Layout analysis by Tesseract, without any of its models: where lines are is asked of the picture alone.

use crate::bilevel::Bilevel;
use crate::engine::{failed, raw, set, set_resolution, set_segmentation};
use crate::own::{self, FoundLine};
use native::GreyView;
use native::wire::Failure;
use std::ffi::c_void;
use tesseract_rs::{PageIterator, TesseractAPI};

unsafe extern "C" {
    fn TessBaseAPISetImage2(handle: *mut c_void, pix: *mut c_void);
    // `layout.cpp`
    fn hoso_layout(api: *mut c_void) -> *mut c_void;
}

/// A Tesseract that only lays out.
pub(crate) struct Layout(TesseractAPI);

impl Layout {
    pub(crate) fn new() -> Result<Self, Failure> {
        let api = TesseractAPI::new();
        api.init_for_analyse_page().map_err(|e| failed(e.to_string()))?;
        // its remarks are of no use here
        set(&api, "debug_file", "/dev/null").map_err(failed)?;
        Ok(Self(api))
    }

    /// The lines of a picture; `None` where there are none, or some do not stand upright.
    pub(crate) fn lines(
        &self,
        image: &GreyView<'_>,
        psm: u8,
    ) -> Result<Option<Vec<Vec<FoundLine>>>, Failure> {
        let bilevel = Bilevel::of(image).ok_or_else(|| failed("no memory for a picture".into()))?;
        set_segmentation(&self.0, psm);
        // SAFETY: the handle is alive as long as `self`; Tesseract takes a copy.
        unsafe { TessBaseAPISetImage2(raw(&self.0), bilevel.raw()) };
        drop(bilevel);
        set_resolution(&self.0, image.dpi)?;
        let lines = match found(&self.0) {
            Some(found) => own::lines(&found, image)?,
            None => None,
        };
        self.0.clear().map_err(|e| failed(e.to_string()))?;
        Ok(lines)
    }
}

/// What layout analysis finds, its boxes with the dots and marks of their words; `None` when nothing was found.
pub(crate) fn found(api: &TesseractAPI) -> Option<PageIterator> {
    // SAFETY: the handle is alive as long as `api`, and has a picture.
    let found = unsafe { hoso_layout(raw(api)) };
    // The wrapper deletes it.
    (!found.is_null()).then(|| PageIterator::new(found))
}
