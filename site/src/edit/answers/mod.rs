//! Answers to questions: what a form on a page takes, and how an answer is recorded in the topmatter of its Block.

mod form;
mod topmatter;

pub use form::{AnswerForm, AnswerRefused, Given};
pub use topmatter::{RecordError, record};
