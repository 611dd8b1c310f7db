//! Members of the objects that INFO and CONNECT carry: only those of the outermost object are read, and
//! only as text.

/// Names and values of the outermost object, in order. Strings come without their quotes, with escapes
/// as they are written; of what is no object, or not whole, what could be read.
pub(super) fn members(text: &[u8]) -> Vec<(&[u8], &[u8])> {
    let mut members = Vec::new();
    let mut rest = text.trim_ascii().strip_prefix(b"{").unwrap_or_default();
    while let Some((name, behind)) = string(rest) {
        let Some(value) = behind.trim_ascii_start().strip_prefix(b":") else { break };
        let Some((value, behind)) = any(value.trim_ascii_start()) else { break };
        members.push((name, value));
        let Some(next) = behind.trim_ascii_start().strip_prefix(b",") else { break };
        rest = next;
    }
    members
}

/// A string, and what is behind it.
fn string(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let text = text.trim_ascii_start().strip_prefix(b"\"")?;
    let mut at = 0;
    loop {
        match text.get(at)? {
            b'"' => return Some((&text[..at], &text[at + 1..])),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

/// A value of any kind, and what is behind it.
fn any(text: &[u8]) -> Option<(&[u8], &[u8])> {
    if text.first() == Some(&b'"') {
        return string(text);
    }
    let (mut depth, mut at) = (0usize, 0);
    while let Some(byte) = text.get(at) {
        match byte {
            b'"' => {
                let (_, behind) = string(&text[at..])?;
                at = text.len() - behind.len();
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth == 0 => break,
            b'}' | b']' => depth -= 1,
            b',' if depth == 0 => break,
            _ => {}
        }
        at += 1;
    }
    (depth == 0 && at > 0).then(|| (text[..at].trim_ascii_end(), &text[at..]))
}

#[cfg(test)]
mod tests {
    use super::members;

    #[test]
    fn members_of_the_outermost_object() {
        let text = br#" {"a":"x\"y", "b" : [1,{"c":"}"}],"d":true,"e":-1.5} "#;
        let want: [(&[u8], &[u8]); 4] =
            [(b"a", br#"x\"y"#), (b"b", br#"[1,{"c":"}"}]"#), (b"d", b"true"), (b"e", b"-1.5")];
        assert_eq!(members(text), want);
        for broken in ["", "{}", "[1]", "{\"a\"", "{\"a\":", "{\"a\":}", "{\"a\":[", "{\"a"] {
            assert!(members(broken.as_bytes()).is_empty(), "{broken}");
        }
    }
}
