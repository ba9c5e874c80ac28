//! Compiles the few lines of C++ that `hoso-worker` is linked with (`layout.cpp`).

fn main() {
    let source = "src/bin/hoso-worker/layout.cpp";
    println!("cargo::rerun-if-changed={source}");
    let out = std::env::var("OUT_DIR").expect("cargo sets it");
    // The worker alone names the library: other programs that use this crate hold no Tesseract.
    cc::Build::new().cpp(true).std("c++17").file(source).cargo_metadata(false).compile("hoso_layout");
    println!("cargo::rustc-link-search=native={out}");
}
