use super::*;
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::path::Path;

/// Every element of the standard, in two languages, one of them written from right to left.
const FULL: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">
  <identifier>w-17.2</identifier>
  <sender>north.example</sender>
  <sent>2026-12-03T14:05:09-00:00</sent>
  <status>Actual</status>
  <msgType>Update</msgType>
  <source>desk 4</source>
  <scope>Restricted</scope>
  <restriction>TLP:AMBER</restriction>
  <addresses>south.example "civil protection" east.example</addresses>
  <code>profile:monition:1</code>
  <code>x</code>
  <note>second version</note>
  <references>north.example,w-17.1,2026-12-02T10:00:00+03:30 north.example,w-16.9,2026-12-01T10:00:00-00:00</references>
  <incidents>dam-7 "north valley"</incidents>
  <info>
    <language>en-GB</language>
    <category>Met</category>
    <category>Infra</category>
    <event>Flood</event>
    <responseType>Evacuate</responseType>
    <responseType>Monitor</responseType>
    <urgency>Immediate</urgency>
    <severity>Extreme</severity>
    <certainty>Likely</certainty>
    <audience>operators of locks</audience>
    <eventCode><valueName>OET-v1.2</valueName><value>OET-085</value></eventCode>
    <eventCode><valueName>SAME</valueName><value></value></eventCode>
    <effective>2026-12-03T14:05:09-00:00</effective>
    <onset>2026-12-03T18:00:00-00:00</onset>
    <expires>2026-12-04T06:00:00-00:00</expires>
    <senderName>Hydrological service of Northland</senderName>
    <headline>Flood on the North river &lt;tonight&gt;</headline>
    <description> Water rises
to 7 m &amp; more.</description>
    <instruction>Leave the lower town.</instruction>
    <web>https://north.example/w/17</web>
    <contact>+00 000 000</contact>
    <parameter><valueName>LEVEL</valueName><value>7.1</value></parameter>
    <parameter><valueName>LEVEL</valueName><value>7.4</value></parameter>
    <resource>
      <resourceDesc>map</resourceDesc>
      <mimeType>image/png</mimeType>
      <size>4</size>
      <uri>map.png</uri>
      <derefUri>iVBO
        Rw==</derefUri>
      <digest>A9993E364706816ABA3E25717850C26C9CD0D89D</digest>
    </resource>
    <area>
      <areaDesc>Lower town</areaDesc>
      <polygon>38.47,-120.14 38.34,-119.95 38.52,-119.74 38.47,-120.14</polygon>
      <polygon></polygon>
      <circle>32.9525,-115.5527 0</circle>
      <geocode><valueName>ISO3166-1</valueName><value>NL</value></geocode>
      <altitude>-3.5</altitude>
      <ceiling>120</ceiling>
    </area>
  </info>
  <info>
    <language>fa</language>
    <category>Met</category>
    <event>سیل</event>
    <urgency>Expected</urgency>
    <severity>Severe</severity>
    <certainty>Observed</certainty>
    <headline>سیل در رودخانهٔ شمال؛ امشب می‌رسد</headline>
  </info>
</alert>
"#;

fn read(text: &str) -> Result<Received, CapError> {
    Received::read(text.as_bytes())
}

/// The full message with one passage replaced; the passage must stand there.
fn full(old: &str, new: &str) -> String {
    assert!(FULL.contains(old), "{old:?} does not stand in the message");
    FULL.replacen(old, new, 1)
}

fn nested(depth: usize) -> String {
    let open = "<info>".repeat(depth);
    let close = "</info>".repeat(depth);
    format!("<alert xmlns=\"{NAMESPACE}\">{open}{close}</alert>")
}

fn repeated(old: &str, times: usize) -> String {
    full(old, &old.repeat(times))
}

/// One message for each rule, and the path at which it breaks.
fn broken() -> Vec<(Rule, &'static str, String)> {
    use Rule as R;
    let two_infos = "<info>\n    <language>fa";
    let many_attributes: String = (0..17).map(|n| format!(" xmlns:p{n}=\"urn:p\"")).collect();
    let long = "x".repeat(TEXT_BYTES_MAX + 1);
    vec![
        (R::Depth, "", nested(DEPTH_MAX)),
        (R::Elements, "/alert", full("<identifier>", &format!("{}<identifier>", "<!---->".repeat(ELEMENTS_MAX)))),
        (R::Attributes, "/alert", full("<identifier>", &format!("<identifier{many_attributes}>"))),
        (R::TextLength, "/alert/note", full("second version", &long)),
        (R::Count, "/alert/code", repeated("<code>x</code>", PAIRS_MAX)),
        (R::Count, "/alert/incidents", full("dam-7 ", &"i ".repeat(LIST_MAX))),
        (R::Encoding, "", full("UTF-8", "ISO-8859-1")),
        (R::Encoding, "", full("UTF-8", "UTF-16")),
        (R::XmlVersion, "", full("1.0", "1.1")),
        (R::Character, "byte ", full("second", "se\u{b}cond")),
        (R::Character, "byte ", full("second", "se\u{ffff}cond")),
        (R::Malformed, "", full("</note>", "</not>")),
        (R::Malformed, "", full("</alert>", "")),
        (R::Malformed, "", full("<note>", "<note a=\"1\" a=\"2\">")),
        (R::Malformed, "", full("second", "]]>")),
        (R::Malformed, "", full("second", "a & b")),
        (R::Malformed, "", format!("{FULL}<alert xmlns=\"{NAMESPACE}\"/>")),
        (R::Malformed, "", format!("{FULL}tail")),
        (R::Malformed, "", String::new()),
        (R::Malformed, "", "just text".to_owned()),
        (R::Malformed, "", full("<alert", "<?xml version=\"1.0\"?><alert")),
        (R::Doctype, "", full("<alert", "<!DOCTYPE alert><alert")),
        (R::Entity, "/alert/note", full("second", "&nbsp;")),
        (R::Entity, "/alert/note", full("second", "&#0;")),
        (R::Entity, "/alert/note", full("second", "&#x+41;")),
        (R::Entity, "/alert/note", full("second", "&#xD800;")),
        (R::Entity, "/alert", full("<note>", "<note xmlns:x=\"urn:&y;\">")),
        (R::Comment, "/alert/status", full("Actual", "Act<!-- -->ual")),
        (R::Comment, "/alert/status", full("Actual", "Actual<?x y?>")),
        (R::Namespace, "", full(":1.2", ":1.1")),
        (R::Namespace, "", full(" xmlns=\"urn:oasis:names:tc:emergency:cap:1.2\"", "")),
        (R::Namespace, "/alert", full("<note>second version</note>", "<x:note>a</x:note>")),
        (R::Namespace, "/alert", full("<note>second version</note>", "<n xmlns=\"urn:other\">a</n>")),
        (R::Root, "", FULL.replace("alert", "alarm")),
        (R::Attribute, "/alert", full("<note>", "<note lang=\"en\">")),
        (R::Attribute, "/alert", full("<note>", "<note xml:lang=\"en\">")),
        (R::ElementUnknown, "/alert", full("<note>", "<remark/><note>")),
        (R::ElementUnknown, "/alert/note", full("second version", "<b/>")),
        (R::ElementUnknown, "/alert", full("<note>", "<Signature/><note>")),
        (
            R::ElementOrder,
            "/alert/identifier",
            full("<identifier>w-17.2</identifier>", "").replacen("<sent>", "<identifier>w</identifier><sent>", 1),
        ),
        (R::ElementRepeated, "/alert/note", repeated("<note>second version</note>", 2)),
        (R::ElementRepeated, "/alert/info[1]/urgency", repeated("<urgency>Immediate</urgency>", 2)),
        (R::ElementMissing, "/alert/msgType", full("<msgType>Update</msgType>", "")),
        (R::ElementMissing, "/alert/info[1]/certainty", full("<certainty>Likely</certainty>", "")),
        (R::ElementMissing, "/alert/info[1]/parameter[2]/value", full("<value>7.4</value>", "")),
        (R::ElementMissing, "/alert/info[1]/resource[1]/mimeType", full("<mimeType>image/png</mimeType>", "")),
        (R::StrayText, "/alert", full("<note>", "stray <note>")),
        (R::Empty, "/alert/info[1]/event", full("Flood</event>", " </event>")),
        (R::Empty, "/alert/info[1]/area[1]/areaDesc", full("Lower town<", "<")),
        (R::Identifier, "/alert/identifier", full("w-17.2", "w 17.2")),
        (R::Identifier, "/alert/identifier", full("w-17.2", "w,17")),
        (R::Identifier, "/alert/identifier", full("w-17.2", "w&lt;17")),
        (R::Sender, "/alert/sender", full(">north.example", ">north&amp;.example")),
        (R::Time, "/alert/sent", full("14:05:09-00:00", "14:05:09Z")),
        (R::Time, "/alert/sent", full("14:05:09-00:00", "14:05:09")),
        (R::Time, "/alert/sent", full("14:05:09-00:00", "14:05:09.5-00:00")),
        (R::Time, "/alert/sent", full("2026-12-03T14", "2026-02-29T14")),
        (R::Time, "/alert/info[1]/onset", full("18:00:00-00:00", "24:00:01-00:00")),
        (R::Time, "/alert/info[1]/expires", full("06:00:00-00:00", "06:00:00-14:01")),
        (R::Status, "/alert/status", full("Actual", "actual")),
        (R::MsgType, "/alert/msgType", full("Update", "Revoke")),
        (R::Scope, "/alert/scope", full("Restricted", "Secret")),
        (R::RestrictionMissing, "/alert/restriction", full("<restriction>TLP:AMBER</restriction>", "")),
        (R::RestrictionUnused, "/alert/restriction", full("Restricted", "Public")),
        (
            R::AddressesMissing,
            "/alert/addresses",
            full("Restricted", "Private")
                .replace("<restriction>TLP:AMBER</restriction>", "")
                .replace("south.example \"civil protection\" east.example", ""),
        ),
        (R::Listing, "/alert/addresses", full("protection\"", "protection")),
        (R::Listing, "/alert/addresses", full("protection\" ", "protection\"")),
        (R::Reference, "/alert/references", full("north.example,w-17.1,", "north.example,w-17.1")),
        (R::Reference, "/alert/references", full("10:00:00+03:30", "10:00:00Z")),
        (R::ReferencesMissing, "/alert/references", full("<references>", "<!--").replacen("</references>", "-->", 1)),
        (R::Language, "/alert/info[1]/language", full("en-GB", "en_GB")),
        (R::Category, "/alert/info[1]/category[2]", full("Infra", "Cyber")),
        (R::ResponseType, "/alert/info[1]/responseType[2]", full(">Monitor", ">Watch")),
        (R::Urgency, "/alert/info[2]/urgency", full("Expected", "Soon")),
        (R::Severity, "/alert/info[1]/severity", full("Extreme", "High")),
        (R::Certainty, "/alert/info[1]/certainty", full("Likely", "Very Likely")),
        (R::Web, "/alert/info[1]/web", full("https://north.example/w/17", "w/17")),
        (R::Uri, "/alert/info[1]/resource[1]/uri", full("map.png", "my map.png")),
        (R::MimeType, "/alert/info[1]/resource[1]/mimeType", full("image/png", "png")),
        (R::Size, "/alert/info[1]/resource[1]/size", full("<size>4", "<size>-4")),
        (R::DerefUri, "/alert/info[1]/resource[1]/derefUri", full("Rw==", "Rw=")),
        (R::DerefUri, "/alert/info[1]/resource[1]/derefUri", full("Rw==", "Rx==")),
        (R::Digest, "/alert/info[1]/resource[1]/digest", full("A9993E36", "A9993E")),
        (R::Coordinate, "/alert/info[1]/area[1]/polygon[1]", full("38.34,-119.95", "98.34,-119.95")),
        (R::Coordinate, "/alert/info[1]/area[1]/polygon[1]", full("38.34,-119.95", "1e1,2")),
        (R::Coordinate, "/alert/info[1]/area[1]/circle[1]", full("32.9525,", "NaN,")),
        (R::PolygonShort, "/alert/info[1]/area[1]/polygon[1]", full("38.34,-119.95 38.52,-119.74 ", "")),
        (
            R::PolygonOpen,
            "/alert/info[1]/area[1]/polygon[1]",
            full("38.47,-120.14</polygon>", "38.47,-120.15</polygon>"),
        ),
        (R::Circle, "/alert/info[1]/area[1]/circle[1]", full("-115.5527 0", "-115.5527 -1")),
        (R::Circle, "/alert/info[1]/area[1]/circle[1]", full("-115.5527 0", "-115.5527")),
        (R::Altitude, "/alert/info[1]/area[1]/altitude", full("-3.5", "-3.5 ft")),
        (R::CeilingAlone, "/alert/info[1]/area[1]/ceiling", full("<altitude>-3.5</altitude>", "")),
        (R::CeilingBelow, "/alert/info[1]/area[1]/altitude", full("<ceiling>120", "<ceiling>-4")),
        (R::ElementOrder, "/alert/info[2]/language", full(two_infos, "<info><event>a</event><language>fa")),
        (R::TooLarge, "", format!("{FULL}{}", " ".repeat(BYTES_MAX))),
    ]
}

#[test]
fn each_rule_is_broken_by_a_message_of_its_own_and_named_with_its_path() {
    let mut seen = BTreeSet::new();
    for (rule, path, text) in broken() {
        let error = read(&text).expect_err(rule.code());
        assert_eq!(error.rule, rule, "{error}");
        assert!(error.path.starts_with(path), "{error}");
        let shown = error.to_string();
        assert!(
            shown.contains(rule.code()) && shown.contains(rule.section()) && shown.contains(rule.hint()),
            "{shown}"
        );
        seen.insert(rule);
    }
    let all: BTreeSet<Rule> = Rule::ALL.iter().copied().collect();
    assert_eq!(all.difference(&seen).collect::<Vec<_>>(), Vec::<&Rule>::new());
    let codes: BTreeSet<&str> = Rule::ALL.iter().map(|rule| rule.code()).collect();
    assert_eq!(codes.len(), Rule::ALL.len());
}

#[test]
fn the_full_message_keeps_every_value() {
    let received = read(FULL).unwrap();
    assert_eq!(received.bytes(), FULL.as_bytes());
    let alert = received.alert();
    assert_eq!(alert.message.kind(), MessageType::Update);
    assert_eq!(alert.message.references()[0].sent.unix(), 1_796_193_000);
    assert_eq!(alert.scope.addresses().items(), ["south.example", "civil protection", "east.example"]);
    assert_eq!(alert.incidents.items(), ["dam-7", "north valley"]);
    let info = &alert.infos[0];
    assert_eq!(info.headline.as_ref().unwrap().as_str(), "Flood on the North river <tonight>");
    assert_eq!(info.description.as_ref().unwrap().as_str(), " Water rises\nto 7 m & more.");
    let values: Vec<_> = info.parameters.iter().map(|p| p.value.as_ref().unwrap().as_str()).collect();
    assert_eq!(values, ["7.1", "7.4"]);
    assert_eq!(info.event_codes[1].value, None);
    assert_eq!(info.resources[0].content.as_ref().unwrap().decode(), [0x89, b'P', b'N', b'G']);
    assert_eq!(info.areas[0].polygons.len(), 1);
    assert_eq!(info.areas[0].elevation.unwrap().ceiling_feet(), Some(120.0));
    assert_eq!(alert.infos[1].language.primary(), "fa");
    assert!(alert.infos[1].headline.as_ref().unwrap().as_str().contains('\u{200c}'));
    assert_eq!(read(&alert.to_xml().unwrap()).unwrap().alert(), alert);
}

#[test]
fn the_examples_of_the_standard_keep_their_values() {
    // Published by OASIS with the standard (appendix A); they lie beside the repository where it is developed.
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/cap-examples");
    let Ok(files) = std::fs::read_dir(&folder) else {
        eprintln!("not checked: {} is not here", folder.display());
        return;
    };
    let mut count = 0;
    for file in files {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        let received = Received::read(&bytes).unwrap();
        let again = received.alert().to_xml().unwrap();
        assert_eq!(Received::read(again.as_bytes()).unwrap().alert(), received.alert());
        count += 1;
    }
    assert_eq!(count, 4);
}

#[test]
fn bombs_and_external_entities_are_refused_at_the_document_type() {
    let laughs = "<!DOCTYPE alert [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;\"><!ENTITY c \"&b;&b;&b;\">]>";
    let external = "<!DOCTYPE alert [<!ENTITY x SYSTEM \"file:///etc/hostname\">]>";
    let parameter = "<!DOCTYPE alert SYSTEM \"https://north.example/cap.dtd\">";
    for (doctype, entity) in [(laughs, "&c;"), (external, "&x;"), (parameter, "")] {
        let text = full("<alert", &format!("{doctype}<alert")).replacen("second", entity, 1);
        assert_eq!(read(&text).unwrap_err().rule, Rule::Doctype);
    }
    assert_eq!(read(&full("second", "&c;")).unwrap_err().rule, Rule::Entity);
}

#[test]
fn xml_that_says_the_same_gives_the_same_values() {
    let alert = read(FULL).unwrap();
    for text in [
        format!("\u{feff}{FULL}"),
        full("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", ""),
        full("encoding=\"UTF-8\"", "encoding='utf-8'"),
        full("<alert", "<?xml-stylesheet href=\"a.xsl\"?><!-- a comment --><alert"),
        full("<note>", "<!-- between elements --><note>"),
        full("second version", "<![CDATA[second version]]>"),
        full("second version", "&#x73;econd&#32;version"),
        FULL.replace('\n', "\r\n"),
        FULL.replace("</", "</c:")
            .replace("<c:", "<")
            .replace("</", "</c:")
            .replace("c:c:", "c:")
            .replace("<?xml", "<!xml")
            .replace("</c:", "\u{1}")
            .replace('<', "<c:")
            .replace('\u{1}', "</c:")
            .replace("<c:!xml", "<?xml")
            .replace("xmlns=", "xmlns:c="),
        full("<alert ", "<alert xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:schemaLocation=\"a b\" "),
    ] {
        assert_eq!(read(&text).unwrap_or_else(|e| panic!("{e}\n{text}")).alert(), alert.alert());
    }
}

#[test]
fn the_hash_of_a_file_is_compared_with_the_file() {
    let wrong = read(FULL).unwrap().alert().infos[0].resources[0].clone();
    assert_eq!(wrong.content_agrees(), Some(false));
    // FIPS 180-2 appendix A: the hash in the message is that of "abc".
    let right = Resource { content: Content::encode(b"abc"), ..wrong.clone() };
    assert_eq!(right.content_agrees(), Some(true));
    assert_eq!(Resource { content: None, ..right }.content_agrees(), None);
}

#[test]
fn bytes_that_are_not_utf_8_are_refused() {
    let wide: Vec<u8> = [0xff, 0xfe].into_iter().chain(FULL.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    assert_eq!(Received::read(&wide).unwrap_err().rule, Rule::Encoding);
    let mut bytes = full("second", "secXnd").into_bytes();
    let at = bytes.iter().position(|&b| b == b'X').unwrap();
    bytes[at] = 0xe9;
    assert_eq!(Received::read(&bytes).unwrap_err(), CapError::new(Rule::Encoding, format!("byte {at}"), ""));
}

#[test]
fn an_enveloped_signature_stays_in_the_bytes_and_is_not_interpreted() {
    let signature = "<ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\" Id=\"s\"><ds:SignedInfo>\
        <ds:Reference URI=\"\"><x xmlns=\"urn:any?a&amp;b\">a<!-- b -->c</x></ds:Reference></ds:SignedInfo></ds:Signature>";
    let text = full("</alert>", &format!("{signature}</alert>"));
    for bytes in [text.clone(), format!("\u{feff}{text}")] {
        let received = read(&bytes).unwrap();
        assert_eq!(received.bytes(), bytes.as_bytes());
        assert_eq!(received.signatures().collect::<Vec<_>>(), [signature.as_bytes()]);
        assert_eq!(received.alert(), read(FULL).unwrap().alert());
    }
    let early = full("<note>", &format!("{signature}<note>"));
    assert_eq!(read(&early).unwrap_err().rule, Rule::ElementOrder);
    let inner = full("</event>", &format!("{signature}</event>"));
    assert_eq!(read(&inner).unwrap_err().rule, Rule::Namespace);
    let object = full("</alert>", "<Object xmlns=\"http://www.w3.org/2000/09/xmldsig#\"/></alert>");
    assert_eq!(read(&object).unwrap_err().rule, Rule::Namespace);
}

#[test]
fn a_language_is_american_english_unless_said() {
    for text in [full("<language>en-GB</language>", ""), full("en-GB", "")] {
        assert_eq!(read(&text).unwrap().alert().infos[0].language.as_str(), "en-US");
    }
}

#[test]
fn times_compare_by_instant_and_print_utc_without_letters() {
    let table = [
        ("2002-05-24T16:49:00-07:00", 1_022_284_140),
        ("1970-01-01T00:00:00-00:00", 0),
        ("1969-12-31T23:59:59+00:00", -1),
        ("2000-02-29T12:00:00+14:00", 951_775_200),
        ("1999-12-31T24:00:00-00:00", 946_684_800),
    ];
    for (text, unix) in table {
        let time = CapTime::parse(text).unwrap();
        assert_eq!((time.unix(), time.as_str()), (unix, text));
    }
    assert_eq!(CapTime::from_unix(1_796_306_709).as_str(), "2026-12-03T14:05:09-00:00");
    assert_eq!(CapTime::from_unix(u64::MAX).as_str(), "9999-12-31T23:59:59-00:00");
}

#[test]
fn a_message_past_a_limit_is_not_written() {
    let mut alert = read(FULL).unwrap().alert().clone();
    alert.infos = vec![alert.infos[1].clone(); INFOS_MAX + 1];
    assert_eq!(alert.to_xml().unwrap_err().rule, Rule::Count);
}

#[test]
fn a_large_hostile_message_is_refused_in_bounded_time() {
    let attributes: String = (0..40_000).map(|n| format!(" xmlns:p{n}=\"urn:p\"")).collect();
    assert_eq!(read(&full("<note>", &format!("<note{attributes}>"))).unwrap_err().rule, Rule::Attributes);
    assert_eq!(read(&nested(60_000)).unwrap_err().rule, Rule::Depth);
    assert_eq!(read(&full("second", &"&amp;".repeat(150_000))).unwrap_err().rule, Rule::TextLength);
}

fn text() -> impl Strategy<Value = CapText> {
    let letters = "[ \t\n\rA-Za-z0-9<>&'\"\\]ա-ֆا-ی\u{200c}\u{301}а-я😀]{1,24}";
    letters.prop_filter_map("blank", |text| CapText::parse(&text).ok())
}

fn pairs() -> impl Strategy<Value = Vec<Pair>> {
    let pair = (text(), proptest::option::of(text())).prop_map(|(name, value)| Pair { name, value });
    proptest::collection::vec(pair, 0..3)
}

fn area() -> impl Strategy<Value = Area> {
    let point = (-90.0..90.0_f64, -180.0..180.0_f64).prop_map(|(a, b)| Point::parse(&format!("{a},{b}")).unwrap());
    let polygon = proptest::collection::vec(point, 3..6).prop_map(|mut points| {
        points.push(points[0]);
        Polygon::new(points).unwrap()
    });
    let height = (-1e3..1e3_f64, proptest::option::of(1e3..1e5_f64))
        .prop_map(|(low, high)| Elevation::parse(&low.to_string(), high.map(|h| h.to_string()).as_deref()).unwrap());
    (text(), proptest::collection::vec(polygon, 0..3), pairs(), proptest::option::of(height)).prop_map(
        |(description, polygons, geocodes, elevation)| Area {
            description,
            polygons,
            circles: vec![],
            geocodes,
            elevation,
        },
    )
}

fn resource() -> impl Strategy<Value = Resource> {
    (text(), proptest::collection::vec(any::<u8>(), 0..9), any::<u64>()).prop_map(|(description, bytes, size)| {
        Resource {
            description,
            mime_type: MimeType::parse("application/octet-stream").unwrap(),
            size: Some(size),
            uri: Uri::parse("a/b?c=1&d").ok(),
            content: Content::encode(&bytes),
            digest: None,
        }
    })
}

fn alert() -> impl Strategy<Value = Alert> {
    let info = (text(), text(), proptest::option::of(text()), pairs(), 0_u64..1 << 40, resource(), area());
    let info = info.prop_map(|(event, headline, description, parameters, onset, resource, area)| Info {
        headline: Some(headline),
        description,
        parameters,
        onset: Some(CapTime::from_unix(onset)),
        resources: vec![resource],
        areas: vec![area],
        ..Info::new(
            Categories::new(Category::Met, [Category::Other]),
            event,
            Urgency::Future,
            Severity::Minor,
            Certainty::Possible,
        )
    });
    let names = proptest::collection::vec("[a-z ]{0,5}[a-z,;]{1,5}", 1..4);
    let base = (names, proptest::collection::vec(info, 0..3), proptest::option::of(text()), any::<bool>());
    base.prop_map(|(names, infos, note, private)| {
        let addresses = Listing::new(names.clone()).unwrap();
        Alert {
            identifier: Identifier::parse("w").unwrap(),
            sender: Sender::parse("a.example").unwrap(),
            sent: CapTime::from_unix(0),
            status: Status::Actual,
            message: Message::new(MessageType::Alert, vec![]).unwrap(),
            source: None,
            scope: if private {
                Scope::Private(Recipients::new(addresses).unwrap())
            } else {
                Scope::Public { addresses }
            },
            codes: vec![],
            note,
            incidents: Listing::new(names).unwrap(),
            infos,
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn what_is_written_reads_as_the_same_values(alert in alert()) {
        let xml = alert.to_xml().unwrap();
        let again = read(&xml).unwrap();
        prop_assert_eq!(again.alert(), &alert, "{}", xml);
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = Received::read(&bytes);
    }

    #[test]
    fn no_change_of_a_message_makes_the_reader_panic_or_lose_values(
        at in 0..FULL.len(), cut in 0_usize..12, new in "[<>/&;#!?\\[\\]\"'=a-zA-Z0-9:. -]{0,8}",
    ) {
        let start = (0..=at).rev().find(|&i| FULL.is_char_boundary(i)).unwrap();
        let end = (at + cut..=FULL.len()).find(|&i| FULL.is_char_boundary(i)).unwrap_or(FULL.len());
        let text = format!("{}{new}{}", &FULL[..start], &FULL[end.max(start)..]);
        if let Ok(received) = read(&text) {
            let again = received.alert().to_xml().unwrap();
            let again = read(&again).unwrap();
            prop_assert_eq!(again.alert(), received.alert());
        }
    }
}
