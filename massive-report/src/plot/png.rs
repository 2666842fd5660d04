//! A plot as pixels.

use std::sync::Arc;

use resvg::usvg::fontdb::{Database, FaceInfo, Source, Stretch, Style, Weight};
use resvg::{tiny_skia, usvg};

use massive_eval::error::{Error, Result};

/// Renders an SVG at twice its size.
///
/// Brings DejaVu Sans for `sans-serif`; the fonts of the system are asked only
/// for scripts that it lacks.
///
/// # Errors
/// It is no SVG, or too large.
pub fn png(svg: &str) -> Result<Vec<u8>> {
    const SCALE: f32 = 2.0;

    let mut options = usvg::Options::default();
    load_dejavu(options.fontdb_mut());
    load_system_fonts(options.fontdb_mut());
    let tree = usvg::Tree::from_str(svg, &options)
        .map_err(|error| Error::output("the SVG could not be read", error))?;
    let size = |length: f32| (length * SCALE).ceil() as u32;
    let mut image =
        tiny_skia::Pixmap::new(size(tree.size().width()), size(tree.size().height()))
            .ok_or_else(|| Error::request("the plot is too large for a PNG; write SVG instead"))?;
    let scale = tiny_skia::Transform::from_scale(SCALE, SCALE);
    resvg::render(&tree, scale, &mut image.as_mut());
    image.encode_png().map_err(|error| Error::output("the PNG could not be made", error))
}

/// DejaVu, which needs nothing of the system and looks the same everywhere.
pub(super) fn load_dejavu(fonts: &mut Database) {
    for font in [dejavu::sans::regular(), dejavu::sans::bold()] {
        fonts.load_font_source(Source::Binary(Arc::new(font)));
    }
    fonts.set_sans_serif_family("DejaVu Sans");
    fonts.set_serif_family("DejaVu Sans");
}

/// For what DejaVu lacks, the first font that has it is taken, whatever it looks
/// like: upright bold sans goes first, since it is the title that may need them.
fn load_system_fonts(fonts: &mut Database) {
    let mut system = Database::new();
    system.load_system_fonts();
    let mut faces: Vec<&FaceInfo> = system.faces().collect();
    faces.sort_by_key(|face| {
        let name = &face.post_script_name;
        (
            face.style != Style::Normal,
            name.contains("Serif"),
            face.weight.0.abs_diff(Weight::BOLD.0),
            face.stretch != Stretch::Normal,
            name,
        )
    });
    for face in faces {
        fonts.push_face_info(face.clone());
    }
}
