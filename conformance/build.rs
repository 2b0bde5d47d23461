//! Cases are embedded whole; a file that is added or changed has to be embedded anew.

fn main() {
    println!("cargo::rerun-if-changed=cases");
}
