//! Links the module so that it stays in its host once it was loaded.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    // Rust's thread-local destructors would call into code that dlclose has taken away.
    println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
}
