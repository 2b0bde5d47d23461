//! Tells cargo which files outside `src` the crate embeds, so that a change in one is noticed.

fn main() {
    for place in ["console/dist", "wx/wx.js", "wx/wx-mock.d.ts"] {
        println!("cargo:rerun-if-changed={place}");
    }
}
