use data_encoding::BASE64;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _, ser::SerializeMap as _};

/// Bytes, in JSON `{"text": "…"}` where they are UTF-8 and `{"base64": "…"}` where not. Both are read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Data(pub Vec<u8>);

#[derive(Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
enum Written {
    Text(String),
    Base64(String),
}

impl Serialize for Data {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        match std::str::from_utf8(&self.0) {
            Ok(text) => map.serialize_entry("text", text)?,
            Err(_) => map.serialize_entry("base64", &BASE64.encode(&self.0))?,
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Data {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(match Written::deserialize(deserializer)? {
            Written::Text(text) => text.into_bytes(),
            Written::Base64(text) => BASE64.decode(text.as_bytes()).map_err(D::Error::custom)?,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::Data;

    #[test]
    fn bytes_come_back_as_they_went() {
        for (bytes, json) in [
            (b"".to_vec(), r#"{"text":""}"#),
            ("ä\"\n".as_bytes().to_vec(), r#"{"text":"ä\"\n"}"#),
            (vec![0xff, 0], r#"{"base64":"/wA="}"#),
        ] {
            assert_eq!(serde_json::to_string(&Data(bytes.clone())).unwrap(), json);
            assert_eq!(serde_json::from_str::<Data>(json).unwrap(), Data(bytes));
        }
        for wrong in [r#"{"base64":"/w"}"#, r#"{"text":1}"#, r#"{}"#, r#""text""#, r#"{"text":"","base64":""}"#] {
            assert!(serde_json::from_str::<Data>(wrong).is_err(), "{wrong}");
        }
    }
}
