//! `pmx r2`

use super::{
    data::{one, open},
    kv, listing,
};
use crate::{
    cli::{R2Action, R2Args},
    data::DataOp,
    error::{Error, Result},
    report::Report,
};

/// Reads or changes R2.
///
/// # Errors
/// What R2 refuses, an object that is not there, a state folder that cannot be had.
pub(super) fn run(args: &R2Args, report: &Report) -> Result<()> {
    let place = &args.place;
    match &args.action {
        R2Action::Get { key } => kv::value(&one(place, DataOp::R2Get { key: key.clone() })?, key, "object", report),
        R2Action::Head { key } => {
            let head = one(place, DataOp::R2Head { key: key.clone() })?;
            let Some(members) = head.as_object() else { return Err(Error::new(format!("there is no object `{key}`"))) };
            if report.json() {
                report.event(&head);
            } else {
                for (name, value) in members {
                    report.data(format_args!("{name:9} {}", listing::cell(value)));
                }
            }
            Ok(())
        }
        R2Action::Put { key, file } => {
            let op = DataOp::R2Put { key: key.clone(), value: kv::read(file.as_deref())? };
            report.event(&one(place, op)?);
            report.say(format_args!("stored `{key}`"));
            Ok(())
        }
        R2Action::List(list) => {
            let objects = listing::pages(open(place, false)?, list, "objects", DataOp::R2List, report)?;
            let columns = [("key", "KEY"), ("size", "SIZE"), ("uploaded", "UPLOADED")];
            listing::print(&objects, &columns, "no objects", report);
            Ok(())
        }
        R2Action::Delete { key } => {
            kv::removed(&one(place, DataOp::R2Delete { key: key.clone() })?, key, "object", report)
        }
    }
}
