//! Bodies that stay with the host: those of requests, of answers and of objects in the bucket, and those that a Worker writes
//! (`worker/ABI.md`, "Bodies"). A [`Payload`] is one of them; [`Handles`] is the table by which an instance names them.

mod error;
mod file;
mod handles;
mod limits;
mod payload;
mod pipe;
mod reader;

pub(crate) use error::BodyError;
pub(crate) use file::file_body;
pub(crate) use handles::Handles;
pub(crate) use payload::{Payload, PayloadError, TooLarge};
pub(crate) use pipe::PipeRoom;
pub(crate) use reader::SharedReader;
