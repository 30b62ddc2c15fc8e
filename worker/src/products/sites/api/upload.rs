use super::bad_field;
use crate::products::sites::{blobs, codes, internal};
use pmx_edge::{
    Edge,
    http::{ApiError, Code, Request, Response},
};
use pmx_model::{Hash, MAX_BLOB};
use serde_json::json;

/// Hands the body to R2, which verifies its checksum. Everything that can be refused is refused before the body is read.
pub(super) async fn upload(edge: Edge, request: &mut Request) -> Result<Response, ApiError> {
    let hash: Hash = request
        .parameter("hash")
        .ok_or_else(|| bad_field("hash", "missing"))?
        .parse()
        .map_err(|error: pmx_model::HashError| bad_field("hash", &error.to_string()))?;
    let length = request
        .header("content-length")
        .ok_or_else(|| ApiError::new(Code::LENGTH_REQUIRED, "An upload needs a content-length"))?;
    let length: u64 = length.parse().map_err(|_| bad_field("content-length", "not a number"))?;
    if length > MAX_BLOB {
        return Err(ApiError::new(
            Code::TOO_LARGE,
            format!("A blob has at most {MAX_BLOB} bytes, this one has {length}"),
        ));
    }
    match blobs::store(edge, &hash, request.take_body()).await {
        Ok(stored) => Ok(Response::json(200, &json!({ "hash": hash, "stored": stored }))),
        Err(error) if error.message.contains("checksum") => {
            Err(ApiError::new(codes::CHECKSUM_MISMATCH, format!("The body does not hash to {hash}"))
                .detail("hash", hash.to_string()))
        }
        Err(error) => Err(internal(edge, &format!("upload of {hash}: {error}"))),
    }
}
