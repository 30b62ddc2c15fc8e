/// Names and values of a form or a query as browsers encode them (`application/x-www-form-urlencoded`).
pub fn urlencoded(text: &[u8]) -> impl Iterator<Item = (Vec<u8>, Vec<u8>)> {
    text.split(|byte| *byte == b'&').filter(|part| !part.is_empty()).map(|part| {
        let equals = part.iter().position(|byte| *byte == b'=').unwrap_or(part.len());
        (decode(&part[..equals]), decode(part.get(equals + 1..).unwrap_or_default()))
    })
}

fn decode(text: &[u8]) -> Vec<u8> {
    let spaced: Vec<u8> = text.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    pmx_site::percent_decode(&spaced)
}
