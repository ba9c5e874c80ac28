use native::decode::*;
use std::sync::Arc;
use std::time::Instant;
fn main() {
    let args: Vec<String> = std::env::args().collect();
    let mut d = Decoder::new(Some("/work/main/.dev/pdfium/libpdfium.so".into()), 200_000_000);
    for (k, f) in args[2..].iter().enumerate() {
        let s = Source { key: k as u64, bytes: Arc::new(std::fs::read(f).unwrap()) };
        let t = Instant::now();
        let info = inspect(&mut d, &s, f);
        println!("{f}: {info:?} {:?}", t.elapsed());
        let Ok(info) = info else { continue };
        for p in 0..info.pages.min(12) {
            let t = Instant::now();
            match page(&mut d, &s, p) {
                Err(e) => println!("  {p}: {e}"),
                Ok(r) => {
                    let el = t.elapsed();
                    println!(
                        "  {p}: {:?} ch {} bilevel {} text {:?} {el:?}",
                        r.size,
                        r.channels,
                        r.bilevel,
                        r.embedded_text.map(|t| t.chars().take(60).collect::<String>())
                    );
                    if args[1] != "-" {
                        let m = if r.channels == 1 { "P5" } else { "P6" };
                        let mut o =
                            format!("{m}\n{} {}\n255\n", r.size.width_px, r.size.height_px).into_bytes();
                        o.extend(r.pixels);
                        let stem = std::path::Path::new(f).file_name().unwrap().to_str().unwrap().to_string();
                        std::fs::write(format!("{}/{stem}-{p}.pnm", args[1]), o).unwrap();
                    }
                }
            }
            let t = Instant::now();
            match picture(&mut d, &s, p) {
                Err(e) => println!("  picture {p}: {e}"),
                Ok(r) => {
                    println!(
                        "   picture {:?} stored {:?} o{} {} bytes, patches {:?} {:?}",
                        r.coding,
                        r.stored_px,
                        r.orientation,
                        r.bytes.len(),
                        r.patches.iter().map(|p| p.bbox).collect::<Vec<_>>(),
                        t.elapsed()
                    );
                    if args[1] != "-" {
                        let stem = std::path::Path::new(f).file_name().unwrap().to_str().unwrap().to_string();
                        for (i, p) in r.patches.iter().enumerate() {
                            let mut o =
                                format!("P6\n{} {}\n255\n", p.bbox.width(), p.bbox.height()).into_bytes();
                            o.extend(&p.rgb);
                            std::fs::write(format!("{}/{stem}-{:?}-{i}.ppm", args[1], p.bbox.left), o)
                                .unwrap();
                        }
                    }
                }
            }
            let t = Instant::now();
            match display(&mut d, &s, p, Some(1000)) {
                Err(e) => println!("  display {p}: {e}"),
                Ok(r) => {
                    println!("   display {} bytes {:?}", r.len(), t.elapsed());
                    if args[1] != "-" {
                        let stem = std::path::Path::new(f).file_name().unwrap().to_str().unwrap().to_string();
                        std::fs::write(format!("{}/{stem}-{p}-display.jpg", args[1]), r).unwrap();
                    }
                }
            }
        }
    }
}
