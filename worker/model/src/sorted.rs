use serde::{Deserialize, Deserializer, de};
use std::{collections::BTreeMap, fmt, marker::PhantomData};

struct Visitor<V>(PhantomData<V>);

impl<'de, V: Deserialize<'de>> de::Visitor<'de> for Visitor<V> {
    type Value = BTreeMap<String, V>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map")
    }

    fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::<(String, V)>::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        let read = entries.len();
        let map: BTreeMap<_, _> = entries.into_iter().collect();
        if map.len() < read { Err(de::Error::custom("a name stands in it twice")) } else { Ok(map) }
    }
}

/// Reads a map whose keys are sorted already, as ours are, without looking for the place of each. Any other order is as good. A name
/// that stands there twice is refused: readers differ in which of the two counts.
pub(super) fn map<'de, D: Deserializer<'de>, V: Deserialize<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, V>, D::Error> {
    deserializer.deserialize_map(Visitor(PhantomData))
}

/// Reads a map, or `null` for none, for `#[serde(default, deserialize_with = "…")]`. A name that stands there twice is refused.
///
/// # Errors
/// It is neither, or a value cannot be read.
pub fn optional_map<'de, D: Deserializer<'de>, V: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<BTreeMap<String, V>>, D::Error> {
    struct Map<V>(BTreeMap<String, V>);
    impl<'de, V: Deserialize<'de>> Deserialize<'de> for Map<V> {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            map(deserializer).map(Self)
        }
    }
    Ok(Option::<Map<V>>::deserialize(deserializer)?.map(|map| map.0))
}
