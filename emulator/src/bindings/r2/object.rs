//! What is known of an object, as a guest is told it (`worker/ABI.md`, "R2").

use crate::abi::answer::Answer;
use crate::abi::frame::FrameWriter;
use crate::r2::ObjectMeta;

/// The answer to `r2.head`, whose range is the whole object.
pub(super) fn read(meta: &ObjectMeta) -> Answer {
    Answer::fields(|frame| write(frame, meta, Some((0, meta.size))))
}

/// The answer to what has written an object.
pub(super) fn written(meta: &ObjectMeta) -> Answer {
    Answer::fields(|frame| write(frame, meta, None))
}

/// Writes an object as one field. A read has a range: where its body begins, and how many bytes it has.
pub(super) fn write(frame: &mut FrameWriter<'_>, meta: &ObjectMeta, range: Option<(u64, u64)>) {
    frame.list(|pairs| {
        pairs.text("key").text(&meta.key).text("version").text(&meta.version);
        pairs.text("size").number(meta.size).text("etag").text(&meta.etag);
        pairs.text("uploaded").number(meta.uploaded_ms);
        pairs.text("storageClass").text(meta.metadata.storage_class.as_deref().unwrap_or(""));
        if let Some((offset, length)) = range {
            pairs.text("range.offset").number(offset).text("range.length").number(length);
        }
        let http = &meta.metadata.http;
        for (name, value) in [
            ("http.contentType", &http.content_type),
            ("http.contentLanguage", &http.content_language),
            ("http.contentDisposition", &http.content_disposition),
            ("http.contentEncoding", &http.content_encoding),
            ("http.cacheControl", &http.cache_control),
        ] {
            if let Some(value) = value {
                pairs.text(name).text(value);
            }
        }
        if let Some(expiry_ms) = http.cache_expiry_ms {
            pairs.text("http.cacheExpiry").number(expiry_ms);
        }
        for (name, value) in &meta.metadata.custom {
            pairs.display(format_args!("custom.{name}")).text(value);
        }
        for checksum in meta.checksums.iter() {
            pairs.display(format_args!("checksum.{}", checksum.algorithm().field())).display(checksum);
        }
    });
}
