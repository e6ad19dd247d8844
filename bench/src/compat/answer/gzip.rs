//! `Content-Encoding: gzip`.

use std::io::{self, Read as _};

/// More than any answer of a test: what is larger is a mistake, not an answer.
const LARGEST: u64 = 64 << 20;

pub fn open(body: &[u8]) -> io::Result<Vec<u8>> {
    let mut plain = Vec::new();
    flate2::read::MultiGzDecoder::new(body)
        .take(LARGEST)
        .read_to_end(&mut plain)?;
    Ok(plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    #[test]
    fn what_was_packed_comes_out_and_what_was_not_is_an_error() {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packer.write_all(b"hello").expect("packs");
        assert_eq!(
            open(&packer.finish().expect("packs")).expect("opens"),
            b"hello"
        );
        assert!(open(b"hello").is_err());
    }
}
