//! The reader against tables, against `serde_json`, and against hostile input.

use super::*;
use proptest::prelude::*;

fn refusal(text: impl AsRef<[u8]>) -> JsonError {
    read(text.as_ref(), &Limits::default()).expect_err("accepted")
}

#[test]
fn what_is_not_i_json_is_refused_with_its_rule() {
    for (text, rule) in [
        ("", JsonRule::Syntax),
        (" ", JsonRule::Syntax),
        ("{", JsonRule::Syntax),
        ("{\"a\":1,}", JsonRule::Syntax),
        ("[1,]", JsonRule::Syntax),
        ("[1 2]", JsonRule::Syntax),
        ("{a:1}", JsonRule::Syntax),
        ("{\"a\" 1}", JsonRule::Syntax),
        ("'a'", JsonRule::Syntax),
        ("nul", JsonRule::Syntax),
        ("True", JsonRule::Syntax),
        ("NaN", JsonRule::Syntax),
        ("01", JsonRule::Syntax),
        ("+1", JsonRule::Syntax),
        ("1.", JsonRule::Syntax),
        (".5", JsonRule::Syntax),
        ("1e", JsonRule::Syntax),
        ("-", JsonRule::Syntax),
        ("1 1", JsonRule::Syntax),
        ("\"a", JsonRule::Syntax),
        ("\"a\\", JsonRule::Syntax),
        ("\"\\x\"", JsonRule::Syntax),
        ("\"\\u12\"", JsonRule::Syntax),
        ("\"\\u12g4\"", JsonRule::Syntax),
        ("\"a\nb\"", JsonRule::Syntax),
        ("\u{feff}{}", JsonRule::Syntax),
        ("{} //", JsonRule::Syntax),
        ("\"\\ud800\"", JsonRule::CodePoint),
        ("\"\\udc00\"", JsonRule::CodePoint),
        ("\"\\ud800\\u0041\"", JsonRule::CodePoint),
        ("\"\\ufdd0\"", JsonRule::CodePoint),
        ("\"\\ud83f\\udffe\"", JsonRule::CodePoint),
        ("\"\u{fdd0}\"", JsonRule::CodePoint),
        ("\"\u{1ffff}\"", JsonRule::CodePoint),
        ("{\"a\":1,\"a\":1}", JsonRule::DuplicateKey),
        ("{\"a\":1,\"\\u0061\":2}", JsonRule::DuplicateKey),
        ("9007199254740992", JsonRule::NumberRange),
        ("-9007199254740992", JsonRule::NumberRange),
        ("99999999999999999999999999", JsonRule::NumberRange),
        ("1e400", JsonRule::NumberRange),
    ] {
        assert_eq!(refusal(text).rule, rule, "{text}");
    }
    assert_eq!(refusal(b"\"\xff\"").rule, JsonRule::Utf8);
    assert_eq!(refusal(b"\"\xc0\xaf\"").rule, JsonRule::Utf8);
    assert_eq!(refusal(b"\"\xed\xa0\x80\"").rule, JsonRule::CodePoint);
    assert_eq!(refusal("1".repeat(NUMBER_BYTES_MAX + 1)).rule, JsonRule::NumberTooLong);
}

#[test]
fn an_error_says_where() {
    let error = refusal(r#"{"a":[{"b/c":1},{"b/c":1,"b/c":2}]}"#);
    assert_eq!((error.offset, error.pointer.as_str()), (25, "/a/1/b~1c"));
    assert_eq!(
        error.to_string(),
        "json-duplicate-key: this member name stands twice in one object (byte 25, at /a/1/b~1c)"
    );
    // A large object takes the other way to the same answer.
    let members: Vec<String> = (0..100).map(|n| format!("\"k{}\":0", n % 99)).collect();
    let error = refusal(format!("{{{}}}", members.join(",")));
    assert_eq!((error.rule, error.pointer.as_str()), (JsonRule::DuplicateKey, "/k0"));
}

#[test]
fn every_limit_is_kept() {
    let limits = Limits {
        bytes_max: 100,
        depth_max: 3,
        members_max: 2,
        items_max: 3,
        values_max: 8,
        string_bytes_max: 5,
        ..Limits::default()
    };
    for (text, rule) in [
        (" ".repeat(101), Some(JsonRule::TooLong)),
        ("[[[[]]]]".to_owned(), Some(JsonRule::TooDeep)),
        ("[[[1]]]".to_owned(), None),
        (r#"{"a":1,"b":2,"c":3}"#.to_owned(), Some(JsonRule::TooManyMembers)),
        (r#"{"a":1,"b":2}"#.to_owned(), None),
        ("[1,2,3,4]".to_owned(), Some(JsonRule::TooManyItems)),
        ("[1,2,3]".to_owned(), None),
        ("[[1,2],[1,2],[1,2]]".to_owned(), Some(JsonRule::TooManyValues)),
        ("\"abcdef\"".to_owned(), Some(JsonRule::StringTooLong)),
        ("{\"abcdef\":1}".to_owned(), Some(JsonRule::StringTooLong)),
        ("\"abcde\"".to_owned(), None),
    ] {
        assert_eq!(read(text.as_bytes(), &limits).err().map(|error| error.rule), rule, "{text}");
    }
}

#[test]
fn what_is_read_has_its_values_and_its_bytes() {
    let text = r#" {"a":"x\n\u00e9\ud83d\ude00","b":[true,false,null,-1.5e3,9007199254740991],"":{}} "#;
    let node = read(text.as_bytes(), &Limits::default()).unwrap();
    assert_eq!(node.span.of(text.as_bytes()), text.trim().as_bytes());
    assert_eq!(node.get("a").unwrap().as_str(), Some("x\n\u{e9}\u{1f600}"));
    let items = node.get("b").unwrap().as_array().unwrap();
    assert_eq!(items[3].as_number(), Some(-1500.0));
    assert_eq!((items[3].as_integer(), items[4].as_integer()), (None, Some(INTEGER_MAX)));
    assert_eq!(items[3].span.of(text.as_bytes()), b"-1.5e3");
    assert_eq!(node.get("").unwrap().as_object(), Some(&[][..]));
}

#[test]
fn the_canonical_form_is_that_of_rfc_8785() {
    let canonical_of =
        |text: &str| String::from_utf8(canonical(&read(text.as_bytes(), &Limits::default()).unwrap())).unwrap();
    // RFC 8785 §3.2.2, with an integer that I-JSON can carry in place of one that it cannot.
    let text = r#"{"numbers":[4.5e0,2e-3,1E30,0.000000000000000000000000001,-0,100],
        "string":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/","literals":[null,true,false]}"#;
    assert_eq!(
        canonical_of(text),
        "{\"literals\":[null,true,false],\"numbers\":[4.5,0.002,1e+30,1e-27,0,100],\
         \"string\":\"\u{20ac}$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}"
    );
    // §3.2.3: by UTF-16 code units, so the emoji comes before U+FB33.
    assert_eq!(
        canonical_of("{\"\u{fb33}\":1,\"\u{1f600}\":2,\"\\r\":3,\"1\":4}"),
        "{\"\\r\":3,\"1\":4,\"\u{1f600}\":2,\"\u{fb33}\":1}"
    );
    for (number, printed) in [
        ("1e21", "1e+21"),
        ("1e20", "100000000000000000000"),
        ("123456789.125", "123456789.125"),
        ("1e-6", "0.000001"),
        ("1e-7", "1e-7"),
        ("1.5e300", "1.5e+300"),
        ("5e-324", "5e-324"),
        ("1.7976931348623157e308", "1.7976931348623157e+308"),
        ("-1.50", "-1.5"),
    ] {
        assert_eq!(canonical_of(number), printed);
    }
}

#[test]
fn one_bad_object_does_not_sink_its_neighbours() {
    let body =
        br#"{"type":"bundle","objects":[{"a":1} , {"b":1,"b":2},{"c":"}]\""},5,{"d":tru},[{}],{"e":[1}]],"more":false}"#;
    let found = split_objects(body, &Limits::default()).unwrap();
    let rules: Vec<_> = found.iter().map(|entry| entry.as_ref().map_err(|error| error.rule)).collect();
    assert_eq!(
        rules,
        [
            Ok(&&br#"{"a":1}"#[..]),
            Err(JsonRule::DuplicateKey),
            Ok(&&br#"{"c":"}]\""}"#[..]),
            Err(JsonRule::NotAnObject),
            Err(JsonRule::Syntax),
            Err(JsonRule::NotAnObject),
            Err(JsonRule::Syntax),
        ]
    );
    let error = found[1].as_ref().unwrap_err();
    assert_eq!((error.pointer.as_str(), &body[error.offset..error.offset + 3]), ("/objects/1/b", &b"\"b\""[..]));
    let utf8 = split_objects(b"{\"objects\":[{\"a\":\"\xff\"},{}]}", &Limits::default()).unwrap();
    assert_eq!((utf8[0].as_ref().unwrap_err().rule, utf8[1].is_ok()), (JsonRule::Utf8, true));
}

#[test]
fn a_body_is_refused_as_a_whole_only_for_what_concerns_the_whole() {
    let split = |text: &str| split_objects(text.as_bytes(), &Limits::default()).map(|found| found.len());
    assert_eq!(split("{}"), Ok(0));
    assert_eq!(split(r#" { "more" : true , "next" : "x" } "#), Ok(0));
    assert_eq!(split(r#"{"objects":[]}"#), Ok(0));
    for (text, rule) in [
        ("", JsonRule::NotAnObject),
        ("[]", JsonRule::NotAnObject),
        (r#"{"objects":{}}"#, JsonRule::NotAnObject),
        (r#"{"objects":[{}]"#, JsonRule::Syntax),
        (r#"{"objects":[{}}"#, JsonRule::Syntax),
        (r#"{"objects":[{},]}"#, JsonRule::Syntax),
        (r#"{"objects":[{} {}]}"#, JsonRule::Syntax),
        (r#"{"objects":[{"a":1]}"#, JsonRule::Syntax),
        (r#"{"objects":[{"a":"b]}"#, JsonRule::Syntax),
        (r#"{"objects":[]} x"#, JsonRule::Syntax),
        (r#"{"objects":[],"objects":[]}"#, JsonRule::DuplicateKey),
        (r#"{"more":true,"\u006dore":true}"#, JsonRule::DuplicateKey),
        (r#"{"more":tru}"#, JsonRule::Syntax),
    ] {
        assert_eq!(split(text).map_err(|error| error.rule), Err(rule), "{text}");
    }
    let limits = Limits { objects_max: 2, body_bytes_max: 24, ..Limits::default() };
    assert_eq!(split_objects(br#"{"objects":[{},{},{}]}"#, &limits).unwrap_err().rule, JsonRule::TooManyItems);
    assert_eq!(split_objects(br#"{"objects":[{},{}],"a":1}"#, &limits).unwrap_err().rule, JsonRule::TooLong);
}

#[test]
fn depth_bombs_end_without_exhausting_the_stack() {
    let bomb = "[".repeat(10 << 20);
    assert_eq!(refusal(&bomb).rule, JsonRule::TooDeep);
    let nested = format!("{{\"objects\":[{}{},{{}}]}}", "[".repeat(5 << 20), "]".repeat(5 << 20));
    let found = split_objects(nested.as_bytes(), &Limits::default()).unwrap();
    assert_eq!((found[0].as_ref().unwrap_err().rule, found[1].is_ok()), (JsonRule::NotAnObject, true));
}

/// Any JSON value that I-JSON allows.
fn value() -> impl Strategy<Value = serde_json::Value> {
    let text = "[a-z\"\\\\\n\u{e9}\u{1f600} ]{0,8}";
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        (-INTEGER_MAX..=INTEGER_MAX).prop_map(Into::into),
        (-1e300_f64..1e300).prop_map(Into::into),
        text.prop_map(Into::into),
    ];
    leaf.prop_recursive(5, 64, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
            prop::collection::btree_map(text, inner, 0..6)
                .prop_map(|members| members.into_iter().collect::<serde_json::Map<_, _>>().into()),
        ]
    })
}

/// The tree as `serde_json` would have it.
fn to_serde(node: &Node<'_>) -> serde_json::Value {
    match &node.value {
        Value::Null => serde_json::Value::Null,
        Value::Bool(value) => (*value).into(),
        Value::Number(text) => serde_json::from_str(text).unwrap(),
        Value::String(text) => text.as_ref().into(),
        Value::Array(items) => items.iter().map(to_serde).collect::<Vec<_>>().into(),
        Value::Object(members) => members
            .iter()
            .map(|member| (member.key.to_string(), to_serde(&member.node)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
    }
}

/// Every span reads again to the same value.
fn spans_hold(node: &Node<'_>, text: &[u8]) {
    let again = read(node.span.of(text), &Limits::default()).unwrap();
    assert_eq!(to_serde(&again), to_serde(node));
    assert_eq!(again.span.of(node.span.of(text)), node.span.of(text));
    for item in node.as_array().unwrap_or_default() {
        spans_hold(item, text);
    }
    for member in node.as_object().unwrap_or_default() {
        spans_hold(&member.node, text);
    }
}

proptest! {
    #[test]
    fn what_serde_json_writes_is_read_to_the_same_value(value in value(), pretty in any::<bool>()) {
        let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) }.unwrap();
        let node = read(text.as_bytes(), &Limits::default()).unwrap();
        // Through its own text: serde_json's default reading of a double is not exact.
        prop_assert_eq!(to_serde(&node), serde_json::from_str::<serde_json::Value>(&text).unwrap());
        spans_hold(&node, text.as_bytes());
        // The canonical form is a fixed point and keeps the value.
        let once = canonical(&node);
        let again = read(&once, &Limits::default()).unwrap();
        prop_assert_eq!(&canonical(&again), &once);
    }

    #[test]
    fn objects_are_found_whatever_stands_around_them(values in prop::collection::vec(value(), 0..6), space in "[ \n\t]{0,3}") {
        let objects: Vec<String> = values.iter().map(|value| format!("{{\"v\":{value}}}")).collect();
        let body = format!("{space}{{{space}\"id\":\"x\",\"objects\":{space}[{space}{}{space}]}}{space}", objects.join(&format!("{space},{space}")));
        let found = split_objects(body.as_bytes(), &Limits::default()).unwrap();
        let found: Vec<&str> = found.into_iter().map(|entry| std::str::from_utf8(entry.unwrap()).unwrap()).collect();
        prop_assert_eq!(found, objects);
    }

    #[test]
    fn reading_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = read(&bytes, &Limits::default());
        let _ = split_objects(&bytes, &Limits::default());
    }

    #[test]
    fn damaged_json_never_panics_and_serde_json_agrees_on_what_is_taken(
        value in value(), at in any::<prop::sample::Index>(), byte in prop::sample::select(b"\"\\{}[],:0e-.u \n\xff".to_vec()),
    ) {
        let mut bytes = serde_json::to_vec(&value).unwrap();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let body = [b"{\"objects\":[", bytes.as_slice(), b"]}"].concat();
        let _ = split_objects(&body, &Limits::default());
        if let Ok(node) = read(&bytes, &Limits::default()) {
            prop_assert_eq!(to_serde(&node), serde_json::from_slice::<serde_json::Value>(&bytes).unwrap());
        }
    }
}
