//! What can be wrong with a site, beside what can be wrong with any request. `API.md` lists when each is used.

use pmx_edge::http::Code;

pub(super) const CHECKSUM_MISMATCH: Code = Code::new(400, "checksum_mismatch");
pub(super) const SPACE_NOT_FOUND: Code = Code::new(404, "space_not_found");
pub(super) const UNKNOWN_DEPLOY: Code = Code::new(404, "unknown_deploy");
pub(super) const WRONG_SPACE: Code = Code::new(409, "wrong_space");
pub(super) const UNPUBLISHED: Code = Code::new(410, "unpublished");
pub(super) const MISSING_BLOBS: Code = Code::new(422, "missing_blobs");
pub(super) const BAD_DOCUMENT: Code = Code::new(422, "bad_document");
pub(super) const DOCUMENTS_TOO_LARGE: Code = Code::new(422, "documents_too_large");
pub(super) const WRONG_SIZE: Code = Code::new(422, "wrong_size");
pub(super) const MISSING_BLOB: Code = Code::new(500, "missing_blob");
pub(super) const PUBLISH_DISABLED: Code = Code::new(503, "publish_disabled");

/// All of them, so that the Worker knows again what an object answered.
pub(super) const ALL: &[Code] = &[
    CHECKSUM_MISMATCH,
    SPACE_NOT_FOUND,
    UNKNOWN_DEPLOY,
    WRONG_SPACE,
    UNPUBLISHED,
    MISSING_BLOBS,
    BAD_DOCUMENT,
    DOCUMENTS_TOO_LARGE,
    WRONG_SIZE,
    MISSING_BLOB,
    PUBLISH_DISABLED,
];
