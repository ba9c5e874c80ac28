//! What is written, judged by programs that are not ours: xmllint, veraPDF, qpdf, poppler, ImageMagick.
#![allow(clippy::disallowed_methods, reason = "tests write scratch files and run the judges")]

mod alto;
mod hocr;
mod judges;
mod material;
mod pdf;
mod pdf_compact;
mod pdf_pictures;
mod pdf_text;
