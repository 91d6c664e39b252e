//! Tells the linker where the emulated machine has its memory.

fn main() {
    let here = std::env::var("CARGO_MANIFEST_DIR").expect("cargo names the folder");
    println!("cargo:rustc-link-search={here}");
    println!("cargo:rustc-link-arg-bins=-Tmemory.x");
    println!("cargo:rustc-link-arg-bins=-Tlink.x");
    println!("cargo:rerun-if-changed=memory.x");
}
