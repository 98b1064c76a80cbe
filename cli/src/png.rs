//! QR codes as PNG images (ISO/IEC 15948).

use postern_core::qr::Modules;
use zeroize::Zeroizing;

use crate::failure::Failure;

/// One bit a pixel, black on white, eight pixels a module, with the quiet zone of four modules that the standard
/// requires.
pub(crate) fn encode(modules: &Modules) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let side = modules.side + 2 * QUIET;
    let pixels = u32::try_from(side * SCALE).map_err(Failure::system)?;
    let mut image = Zeroizing::new(Vec::new());
    let mut encoder = png::Encoder::new(&mut *image, pixels, pixels);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::One);
    let mut rows = Zeroizing::new(Vec::with_capacity(side * SCALE * side));
    for row in 0..side {
        // A module is eight pixels of one bit, one byte.
        let line: Zeroizing<Vec<u8>> = Zeroizing::new(
            (0..side).map(|column| if is_dark(modules, row, column) { 0x00 } else { 0xff }).collect(),
        );
        for _ in 0..SCALE {
            rows.extend_from_slice(&line);
        }
    }
    let fault = |error: png::EncodingError| Failure::system(format!("PNG: {error}"));
    let mut writer = encoder.write_header().map_err(fault)?;
    writer.write_image_data(&rows).map_err(fault)?;
    writer.finish().map_err(fault)?;
    Ok(image)
}

fn is_dark(modules: &Modules, row: usize, column: usize) -> bool {
    let inside = |at: usize| at.checked_sub(QUIET).and_then(|at| isize::try_from(at).ok());
    inside(row).zip(inside(column)).is_some_and(|(row, column)| modules.is_dark(row, column))
}

/// In modules.
const QUIET: usize = 4;
/// In pixels a module. Other values would need the bits of a row to be packed.
const SCALE: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_image_shows_the_modules_with_a_quiet_zone() {
        let modules =
            Modules::of("otpauth://totp/Postern:alice?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ").unwrap();
        let image = encode(&modules).unwrap();
        let mut reader = png::Decoder::new(std::io::Cursor::new(&**image)).read_info().unwrap();
        let side = modules.side + 8;
        assert_eq!(reader.info().size(), (side as u32 * 8, side as u32 * 8));
        assert_eq!(
            (reader.info().color_type, reader.info().bit_depth),
            (png::ColorType::Grayscale, png::BitDepth::One)
        );
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut pixels).unwrap();
        for (row, line) in pixels.chunks(side).enumerate() {
            for (column, byte) in line.iter().enumerate() {
                let dark = modules.is_dark((row / 8) as isize - 4, column as isize - 4);
                assert_eq!(*byte, if dark { 0x00 } else { 0xff }, "{row} {column}");
            }
        }
    }
}
