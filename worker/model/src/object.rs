//! JSON objects that are read from objects alone.

/// Makes a type readable from a JSON object and from nothing else. What serde derives reads an array, too: the members in the order
/// in which they are written down here, which is no order that anybody promised.
///
/// The type derives with `#[serde(remote = "Self")]`, which makes functions of its own instead of the traits' ones; this adds the
/// traits. `read` leaves out writing.
#[macro_export]
macro_rules! object_only {
    (read $type:ident) => {
        impl<'de> ::serde::Deserialize<'de> for $type {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Visitor;
                impl<'de> ::serde::de::Visitor<'de> for Visitor {
                    type Value = $type;

                    fn expecting(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                        f.write_str("an object")
                    }

                    fn visit_map<A: ::serde::de::MapAccess<'de>>(self, map: A) -> Result<$type, A::Error> {
                        // The derived function of the type itself, which comes before the trait's.
                        $type::deserialize(::serde::de::value::MapAccessDeserializer::new(map))
                    }
                }
                // Formats that are not for people have no names to go by: pmx keeps builds in one.
                if !deserializer.is_human_readable() {
                    return $type::deserialize(deserializer);
                }
                deserializer.deserialize_map(Visitor)
            }
        }
    };
    ($type:ident) => {
        $crate::object_only!(read $type);

        impl ::serde::Serialize for $type {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                $type::serialize(self, serializer)
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use crate::{ChangeEvent, DeployRecord, File, Manifest, Root, Roots, Route, Routes, SiteState, SourceEntry};
    use serde::{Serialize, de::DeserializeOwned};
    use serde_json::{Value, json};

    /// The same members as an array, in every nesting one at a time.
    fn arrays(value: &Value) -> Vec<Value> {
        let mut all = Vec::new();
        if let Value::Object(members) = value {
            all.push(members.values().cloned().collect::<Vec<_>>().into());
            for (name, member) in members {
                for changed in arrays(member) {
                    let mut members = members.clone();
                    members.insert(name.clone(), changed);
                    all.push(members.into());
                }
            }
        }
        all
    }

    fn is_read_from_objects_alone<T: Serialize + DeserializeOwned>(value: &Value) {
        let read: T = serde_json::from_value(value.clone()).unwrap();
        assert_eq!(serde_json::to_value(&read).unwrap(), *value);
        for array in arrays(value) {
            assert!(serde_json::from_value::<T>(array.clone()).is_err(), "{array}");
        }
    }

    #[test]
    fn an_array_is_no_object_in_any_document() {
        let hash = "0".repeat(64);
        let root = json!({ "entry": "x", "routes": hash, "manifest": hash });
        let roots = json!({ "roots": { "main": root }, "default": "main" });
        let file = json!({ "hash": hash, "size": 1 });
        let page = json!({ "type": "source", "source": "s", "path": "p" });
        let redirect = json!({ "type": "redirect", "to": "/", "status": 308 });
        is_read_from_objects_alone::<File>(&file);
        is_read_from_objects_alone::<SourceEntry>(&json!({ "hash": hash }));
        is_read_from_objects_alone::<Manifest>(
            &json!({ "files": { "a": file }, "sources": { "s": { "hash": hash } } }),
        );
        is_read_from_objects_alone::<Route>(&page);
        is_read_from_objects_alone::<Route>(&redirect);
        is_read_from_objects_alone::<Routes>(&json!({ "routes": { "/": page, "/b": redirect }, "notFound": "p" }));
        is_read_from_objects_alone::<Root>(&root);
        is_read_from_objects_alone::<Roots>(&roots);
        is_read_from_objects_alone::<ChangeEvent>(&json!({ "type": "sources-changed", "sources": ["s"] }));
        is_read_from_objects_alone::<ChangeEvent>(&json!({ "type": "artifacts-changed", "paths": ["/p"] }));
        let unpublished = json!({ "status": 410, "at": "t" });
        let tombstone = json!({ "unpublished": unpublished, "updatedAt": "t", "seq": 1 });
        is_read_from_objects_alone::<SiteState>(&tombstone);
        is_read_from_objects_alone::<SiteState>(
            &json!({ "deployId": "d", "roots": roots, "updatedAt": "t", "seq": 1, "previous": [roots] }),
        );
        is_read_from_objects_alone::<DeployRecord>(
            &json!({ "deployId": "d", "roots": roots, "createdAt": "t", "isActive": true, "activatedAt": "t",
                "unpublished": unpublished, "seq": 1, "meta": { "a": "b" } }),
        );
    }
}
