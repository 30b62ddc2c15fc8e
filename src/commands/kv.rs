//! `pmx kv`

use super::{
    data::{one, open},
    listing,
};
use crate::{
    cli::{KvAction, KvArgs},
    data::{Data, DataOp},
    error::{Error, Result},
    report::Report,
};
use serde_json::Value as Json;
use std::{
    io::{self, Read as _},
    path::Path,
};

/// Reads or changes KV.
///
/// # Errors
/// What KV refuses, a key that is not there, a state folder that cannot be had.
pub(super) fn run(args: &KvArgs, report: &Report) -> Result<()> {
    let place = &args.place;
    match &args.action {
        KvAction::Get { key } => value(&one(place, DataOp::KvGet { key: key.clone() })?, key, "key", report),
        KvAction::Put { key, value, file, expiration_ttl, metadata } => {
            let metadata = metadata.as_deref().map(parse_metadata).transpose()?;
            let value = match value {
                Some(text) => Data(text.clone().into_bytes()),
                None => read(file.as_deref())?,
            };
            let expiration_ttl = *expiration_ttl;
            let op = DataOp::KvPut { key: key.clone(), value, expiration: None, expiration_ttl, metadata };
            report.event(&one(place, op)?);
            report.say(format_args!("stored `{key}`"));
            Ok(())
        }
        KvAction::List(list) => {
            let keys = listing::pages(open(place, false)?, list, "keys", DataOp::KvList, report)?;
            let columns = [("name", "NAME"), ("expiration", "EXPIRATION"), ("metadata", "METADATA")];
            listing::print(&keys, &columns, "no keys", report);
            Ok(())
        }
        KvAction::Delete { key } => removed(&one(place, DataOp::KvDelete { key: key.clone() })?, key, "value", report),
    }
}

/// Says that something is removed; that it never was there is an error, as a name may be mistyped.
pub(super) fn removed(answer: &Json, key: &str, what: &str, report: &Report) -> Result<()> {
    if answer["existed"] == false {
        return Err(Error::new(format!("there is no {what} `{key}`; nothing was removed")));
    }
    report.event(answer);
    report.say(format_args!("removed `{key}`"));
    Ok(())
}

fn parse_metadata(text: &str) -> Result<Json> {
    serde_json::from_str(text).map_err(|error| Error::usage(format!("--metadata is no JSON: {error}")))
}

/// The bytes of a file, or of stdin.
pub(super) fn read(file: Option<&Path>) -> Result<Data> {
    Ok(Data(match file {
        Some(file) => fs_err::read(file)?,
        None => {
            let mut bytes = Vec::new();
            io::stdin().lock().read_to_end(&mut bytes)?;
            bytes
        }
    }))
}

/// Prints the `value` of an answer: its bytes, or with `--json` all of the answer.
pub(super) fn value(answer: &Json, key: &str, what: &str, report: &Report) -> Result<()> {
    if answer.is_null() {
        return Err(Error::new(format!("there is no {what} `{key}`")));
    }
    if report.json() {
        report.event(answer);
        return Ok(());
    }
    let value: Data = serde_json::from_value(answer["value"].clone()).map_err(Error::new)?;
    report.bytes(&value.0);
    Ok(())
}
