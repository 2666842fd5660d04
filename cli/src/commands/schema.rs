//! `massive schema`, and the schemas for whoever validates.

use jsonschema::Validator;
use serde::Serialize;
use serde_json::Value;

use super::score;
use crate::args::{CheckFormat, SchemaArgs};
use crate::failure::{Failure, Result};
use crate::output;

/// All schemas of `schemas/`, by name.
const SCHEMAS: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/schemas.rs"));

/// The list. Its schema is `schemas/schema-list.schema.json`.
#[derive(Serialize)]
struct List {
    format: &'static str,
    schemas: Vec<Listed>,
}

#[derive(Serialize)]
struct Listed {
    name: &'static str,
    title: String,
}

pub(crate) fn run(args: &SchemaArgs) -> Result<()> {
    if let Some(name) = &args.name {
        return output::print(text(name)?);
    }
    let schemas = SCHEMAS
        .iter()
        .map(|(name, text)| Ok(Listed { name, title: title(&parsed(name, text)?) }))
        .collect::<Result<Vec<Listed>>>()?;
    match args.format {
        CheckFormat::Json => {
            output::print(&score::json(&List { format: "massive-schema-list/1", schemas })?)
        }
        CheckFormat::Table => {
            let width = SCHEMAS.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
            let lines = schemas.iter().map(|one| format!("{:width$}  {}\n", one.name, one.title));
            output::print(&lines.collect::<String>())
        }
    }
}

fn text(name: &str) -> Result<&'static str> {
    SCHEMAS.iter().find(|(known, _)| *known == name).map(|(_, text)| *text).ok_or_else(|| {
        let names: Vec<&str> = SCHEMAS.iter().map(|(name, _)| *name).collect();
        Failure::CannotRun(format!("unknown schema `{name}`: expected one of {}", names.join(", ")))
    })
}

fn parsed(name: &str, text: &str) -> Result<Value> {
    serde_json::from_str(text)
        .map_err(|error| Failure::CannotRun(format!("the schema {name} is no JSON: {error}")))
}

fn title(schema: &Value) -> String {
    schema.get("title").and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// What holds a document against a schema.
pub(crate) fn validator(name: &str) -> Result<Validator> {
    let schema = parsed(name, text(name)?)?;
    jsonschema::validator_for(&schema)
        .map_err(|error| Failure::CannotRun(format!("the schema {name} is unfit: {error}")))
}
