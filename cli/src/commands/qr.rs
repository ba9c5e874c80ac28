//! The latest checkpoint on paper: a QR code that holds it whole, and its root in syllables for whoever writes by hand.

use super::told;
use crate::say::{Exit, Failure, Speaker};
use fast_qr::qr::QRBuilder;
use pipeline::LogView;
use std::fmt::Write;
use std::path::Path;

/// Light modules around the code that every reader needs (ISO/IEC 18004).
const MARGIN: usize = 4;
/// Pixels of a module in a picture: 300 dots per inch make it a millimetre wide.
const MODULE_PX: usize = 12;

/// Rows of modules; `true` is dark.
type Modules = Vec<Vec<bool>>;

pub(super) fn print(view: &LogView, out: &Path, speaker: Speaker) -> Result<Exit, Failure> {
    let failed = |exit, message: String| Failure { exit, message, hint: None };
    let code = QRBuilder::new(view.checkpoint.as_str()).build();
    let code = code.map_err(|e| failed(Exit::Failed, format!("QR: {e:?}")))?;
    let modules: Modules =
        (0..code.size).map(|y| (0..code.size).map(|x| code[y][x].value()).collect()).collect();
    let bytes = match out.extension().and_then(|ending| ending.to_str()) {
        Some("svg") => sheet(view, &modules, speaker).into_bytes(),
        Some("png") => picture(&modules).map_err(|e| failed(Exit::Failed, e.to_string()))?,
        _ => {
            let message =
                speaker.pick("tệp phải có đuôi .svg hoặc .png", "the file must end in .svg or .png");
            return Err(failed(Exit::Misused, message.into()));
        }
    };
    pipeline::write_new_file(out, &bytes).map_err(told(speaker))?;
    Ok(Exit::Done)
}

/// An A5 sheet, in millimetres.
fn sheet(view: &LogView, modules: &Modules, speaker: Speaker) -> String {
    let mut dark = String::new();
    for (y, row) in modules.iter().enumerate() {
        for (x, _) in row.iter().enumerate().filter(|(_, dark)| **dark) {
            let _ = write!(dark, "M{x} {y}h1v1h-1z");
        }
    }
    let scale = 100.0 / modules.len() as f64;
    let title = speaker.pick("Điểm kiểm nhật ký minh bạch", "Checkpoint of the transparency log");
    let entries = speaker.pick("số mục", "entries");
    let signed = speaker.pick(
        "Ngày ......./......./............  Người ghi sổ (ký, ghi rõ họ tên):",
        "Date ......./......./............  Entered by (name, signature):",
    );
    let root = view.root.to_string();
    let lines = [
        view.origin.clone(),
        format!("{entries}: {}", view.size),
        root[..32].to_owned(),
        root[32..].to_owned(),
    ];
    // Four groups of syllables, two on a line.
    let groups: Vec<&str> = view.words.split(" - ").collect();
    let lines = lines.into_iter().chain(groups.chunks(2).map(|two| two.join(" - ")));
    let mut text = String::new();
    for (no, line) in lines.enumerate() {
        let _ = write!(text, r#"<text x="12" y="{}" font-size="4">{line}</text>"#, 140 + 8 * no);
    }
    format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" width="148mm" height="210mm" viewBox="0 0 148 210" font-family="monospace" fill="black" stroke="none">
<rect width="148" height="210" fill="white"/>
<text x="12" y="16" font-size="6">{title}</text>
<path transform="translate(24 26) scale({scale:.4})" d="{dark}"/>
{text}
<text x="12" y="192" font-size="3.4">{signed}</text>
</svg>
"#
    )
}

/// The code alone, black on white.
fn picture(modules: &Modules) -> Result<Vec<u8>, png::EncodingError> {
    let side = (modules.len() + 2 * MARGIN) * MODULE_PX;
    let at = |px: usize| (px / MODULE_PX).checked_sub(MARGIN).filter(|module| *module < modules.len());
    let is_dark = |x, y| at(x).zip(at(y)).is_some_and(|(x, y)| modules[y][x]);
    let pixels: Vec<u8> =
        (0..side * side).map(|i| if is_dark(i % side, i / side) { 0 } else { 255 }).collect();
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, side as u32, side as u32);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.write_header()?.write_image_data(&pixels)?;
    Ok(bytes)
}
