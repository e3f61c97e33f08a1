//! Whether an answer is what `openapi.json` says.

use std::sync::LazyLock;

use serde_json::Value;

static API: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("../../openapi.json")).unwrap());

/// Panics if `value` is no such thing as the description of the API says.
pub(crate) fn check(name: &str, value: &Value) {
    let schema = &API["components"]["schemas"][name];
    assert!(schema.is_object(), "no schema {name}");
    if let Err(wrong) = fits(schema, value) {
        panic!("{name}{wrong}\n{value:#}");
    }
}

/// The part of JSON Schema that the description uses.
fn fits(schema: &Value, value: &Value) -> Result<(), String> {
    if let Some(reference) = schema["$ref"].as_str() {
        return fits(
            API.pointer(reference.trim_start_matches('#')).unwrap(),
            value,
        );
    }
    if let Some(any) = schema["anyOf"].as_array() {
        let tried: Vec<_> = any.iter().map(|schema| fits(schema, value)).collect();
        // Of `X or null` it is the first that says what is wrong.
        return if tried.iter().any(Result::is_ok) {
            Ok(())
        } else {
            tried[0].clone()
        };
    }
    let types = match &schema["type"] {
        Value::String(one) => vec![one.as_str()],
        Value::Array(many) => many.iter().map(|one| one.as_str().unwrap()).collect(),
        _ => vec![],
    };
    if !types.is_empty() && !types.iter().any(|name| is(name, value)) {
        return Err(format!(": {value} is no {types:?}"));
    }
    if schema["const"] != Value::Null && schema["const"] != *value {
        return Err(format!(": {value} is not {}", schema["const"]));
    }
    if let Some(known) = schema["enum"].as_array()
        && !known.contains(value)
    {
        return Err(format!(": {value} is none of {known:?}"));
    }
    if let (Some(least), Some(number)) = (schema["minimum"].as_f64(), value.as_f64())
        && number < least
    {
        return Err(format!(": {value} is less than {least}"));
    }
    for (at, item) in value.as_array().into_iter().flatten().enumerate() {
        fits(&schema["items"], item).map_err(|wrong| format!("[{at}]{wrong}"))?;
    }
    if let Some(object) = value.as_object() {
        let required = schema["required"].as_array().into_iter().flatten();
        for name in required.map(|name| name.as_str().unwrap()) {
            if !object.contains_key(name) {
                return Err(format!(".{name} is missing"));
            }
        }
        for (name, field) in object {
            let schema = &schema["properties"][name];
            if schema.is_null() {
                return Err(format!(".{name} is not described"));
            }
            fits(schema, field).map_err(|wrong| format!(".{name}{wrong}"))?;
        }
    }
    Ok(())
}

fn is(name: &str, value: &Value) -> bool {
    match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "string" => value.is_string(),
        "integer" => value.is_u64() || value.is_i64(),
        "number" => value.is_number(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("no type {other}"),
    }
}

#[test]
fn what_does_not_fit_is_found() {
    let event = serde_json::json!({ "done": "killed" });
    check("Done", &event);
    let done = &API["components"]["schemas"]["Done"];
    for wrong in [
        serde_json::json!({}),
        serde_json::json!({ "done": 1 }),
        serde_json::json!({ "done": "killed", "more": 1 }),
        serde_json::json!("killed"),
    ] {
        assert!(fits(done, &wrong).is_err(), "{wrong}");
    }
}
