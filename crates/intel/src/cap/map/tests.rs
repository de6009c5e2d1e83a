use super::*;
use crate::cap::Received;

const CORE: &str = "3q2-7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

fn alert(text: &str) -> Alert {
    Received::read(text.as_bytes()).unwrap_or_else(|e| panic!("{e}\n{text}")).alert().clone()
}

/// A message with passages of its own in envelope and info.
fn message(envelope: &str, info: &str) -> String {
    format!(
        "<alert xmlns=\"urn:oasis:names:tc:emergency:cap:1.2\"><identifier>a-1</identifier><sender>north.example</sender>\
         <sent>2026-12-03T14:00:00-00:00</sent><status>Actual</status>{envelope}<info><language>en</language>\
         <category>Met</category><event>Flood</event><urgency>Future</urgency><severity>Minor</severity>\
         <certainty>Possible</certainty>{info}</info></alert>"
    )
}

const PUBLIC: &str = "<msgType>Alert</msgType><scope>Public</scope>";

fn imported(envelope: &str, info: &str) -> Imported {
    import(&alert(&message(envelope, info)), "en").unwrap()
}

fn origin<'a>(earlier: &'a [Reference]) -> Origin<'a> {
    Origin {
        sender: "north.example",
        sent: 1_796_306_400,
        exchange: "exchange.example",
        wid: "AAAAAAAAAAAAAAAAAAAAAA",
        core: CORE,
        earlier,
        severity: Severity::Severe,
        event: Some("Ransomware"),
        sender_name: None,
        proof: Some(Proof { uri: "https://north.example/w/1.json", sha256: CORE }),
    }
}

fn warning() -> Fields {
    let mut fields = Fields {
        class: Some("attack.cyber.ransomware".to_owned()),
        urgency: Some(Precedence::Flash),
        tlp: Some(Tlp::Clear),
        language: Some("fa".to_owned()),
        translations: vec![Translation {
            language: "ru".to_owned(),
            summary: "Возможна атака\n\nНа больницы города.".to_owned(),
            advice: Some("Отключите сеть.".to_owned()),
        }],
        ..Fields::default()
    };
    for (field, text) in [
        (Field::Summary, "حملهٔ باج‌افزار\n\nبیمارستان‌های شهر هدف‌اند."),
        (Field::Advice, "شبکه را جدا کنید."),
        (Field::PlaceCountry, "SL"),
        (Field::PlaceCity, "South"),
        (Field::TargetSector, "health"),
        (Field::Means, "phishing & macros <xlsm>"),
        (Field::Credibility, "1"),
        (Field::OurRef, "17/b"),
    ] {
        assert_eq!(fields.set(field, text), None);
    }
    fields.set_time(1_796_320_800, Some(1_796_364_000));
    fields
}

#[test]
fn urgency_follows_the_table_for_all_125_combinations() {
    use Precedence::{Flash, Immediate, Priority, Routine};
    // Columns: grave and firm, grave, firm, otherwise, Unlikely.
    let table = [
        (Urgency::Immediate, [Flash, Immediate, Immediate, Immediate, Priority]),
        (Urgency::Expected, [Immediate, Immediate, Immediate, Immediate, Priority]),
        (Urgency::Future, [Priority, Priority, Routine, Routine, Routine]),
        (Urgency::Past, [Routine; 5]),
        (Urgency::Unknown, [Immediate, Priority, Priority, Priority, Routine]),
    ];
    let mut count = 0;
    for (urgency, row) in table {
        for &severity in Severity::ALL {
            for &certainty in Certainty::ALL {
                let grave = matches!(severity, Severity::Extreme | Severity::Severe);
                let column = match (grave, certainty) {
                    (_, Certainty::Unlikely) => 4,
                    (true, Certainty::Observed | Certainty::Likely) => 0,
                    (true, _) => 1,
                    (false, Certainty::Observed | Certainty::Likely) => 2,
                    (false, _) => 3,
                };
                assert_eq!(precedence(urgency, severity, certainty), row[column], "{urgency} {severity} {certainty}");
                count += 1;
            }
        }
    }
    assert_eq!(count, 125);
}

#[test]
fn the_tables_follow_the_order_of_the_words() {
    for (index, &category) in Category::ALL.iter().enumerate() {
        assert_eq!(CLASSES[index].0, category);
    }
    for (index, &certainty) in Certainty::ALL.iter().enumerate() {
        assert_eq!(CREDIBILITY[index].0, certainty);
    }
}

#[test]
fn an_alert_fills_the_fields_that_it_speaks_of() {
    let found = imported(
        "<msgType>Update</msgType><scope>Public</scope><references>north.example,a-0,2026-12-02T14:00:00-00:00</references>",
        "<onset>2026-12-03T18:00:00-00:00</onset><expires>2026-12-03T20:00:00-00:00</expires><headline>High water</headline>\
         <description>7 m at the bridge.</description><instruction>Leave.</instruction><contact>desk</contact>\
         <area><areaDesc>Old town</areaDesc><circle>52.1,5.2 3</circle><geocode><valueName>ISO 3166-2</valueName>\
         <value>NL-UT</value></geocode><geocode><valueName>SAME</valueName><value>006109</value></geocode></area>",
    );
    let fields = &found.fields;
    let texts: Vec<_> = fields.texts().map(|(field, text)| (field.name(), text)).collect();
    assert_eq!(
        texts,
        [
            ("summary", "High water\n\nFlood\n\n7 m at the bridge."),
            ("advice", "Leave."),
            ("place.country", "NL"),
            ("place.region", "NL-UT"),
            ("place.city", "Old town"),
            ("time.month", "2026-12"),
            ("time.window", "2026-12-03T18:00:00Z/2026-12-03T20:00:00Z"),
            ("time.day", "2026-12-03"),
            ("rating.credibility", "3"),
            ("our_ref", "north.example,a-1,2026-12-03T14:00:00-00:00"),
        ]
    );
    assert_eq!((fields.standing, fields.tlp), (Standing::Amended, Some(Tlp::Clear)));
    assert_eq!(fields.about, ["north.example,a-0,2026-12-02T14:00:00-00:00"]);
    assert_eq!((fields.class.as_deref(), fields.urgency), (Some("hazard.met"), Some(Precedence::Routine)));
    let lost: Vec<_> = found.losses.iter().map(|loss| loss.what.as_str()).collect();
    let info = ["/area[1]/polygon", "/area[1]/geocode[2]", "/contact"].map(|what| format!("/alert/info[1]{what}"));
    assert_eq!(lost, info);
}

#[test]
fn the_size_of_an_area_chooses_its_rung() {
    let table = [
        ("<circle>52,5 0</circle>", Field::PlaceSite),
        ("<circle>52,5 25</circle>", Field::PlaceCity),
        ("<circle>52,5 26</circle>", Field::PlaceRegion),
        ("", Field::PlaceRegion),
        ("<polygon>52,5 52.001,5 52.001,5.001 52,5</polygon>", Field::PlaceSite),
        ("<polygon>40,-10 60,-10 60,20 40,-10</polygon>", Field::PlaceCountry),
    ];
    for (outline, rung) in table {
        let found = imported(PUBLIC, &format!("<area><areaDesc>here</areaDesc>{outline}</area>")).fields;
        let places: Vec<_> = found.texts().filter(|(field, _)| field.name().starts_with("place.")).collect();
        assert_eq!(places, [(rung, "here")], "{outline}");
    }
}

#[test]
fn the_label_comes_from_scope_unless_it_is_written() {
    let table = [
        ("<scope>Public</scope>", Tlp::Clear),
        ("<scope>Public</scope><code>TLP:GREEN</code>", Tlp::Green),
        ("<scope>Restricted</scope><restriction>operators only</restriction>", Tlp::Amber),
        ("<scope>Restricted</scope><restriction>TLP:AMBER+STRICT</restriction>", Tlp::AmberStrict),
        ("<scope>Restricted</scope><restriction>TLP:CLEAR</restriction>", Tlp::Amber),
        ("<scope>Private</scope><addresses>south.example</addresses>", Tlp::Red),
    ];
    for (scope, label) in table {
        assert_eq!(imported(&format!("<msgType>Alert</msgType>{scope}"), "").fields.tlp, Some(label), "{scope}");
    }
}

#[test]
fn an_onset_without_end_is_an_hour_and_an_end_without_onset_a_window_alone() {
    let hour = imported(PUBLIC, "<onset>2026-12-03T18:30:00+03:30</onset>").fields;
    assert_eq!(hour.get(Field::TimeHour), Some("2026-12-03T15:00Z"));
    assert_eq!(hour.get(Field::TimeWindow), None);
    let window = imported(PUBLIC, "<expires>2026-12-03T16:00:00-00:00</expires>").fields;
    assert_eq!(window.get(Field::TimeWindow), Some("2026-12-03T14:00:00Z/2026-12-03T16:00:00Z"));
    assert_eq!((window.get(Field::TimeDay), window.get(Field::TimeMonth)), (None, None));
}

#[test]
fn what_is_no_warning_is_refused_by_its_reason() {
    let base = message(PUBLIC, "");
    for status in [Status::Exercise, Status::System, Status::Test, Status::Draft] {
        let text = base.replace("Actual", status.as_str());
        assert_eq!(import(&alert(&text), "en"), Err(NotAWarning::Status(status)));
    }
    let references = "<references>south.example,b,2026-12-02T14:00:00-00:00</references>";
    for (word, accepted) in [("Ack", true), ("Error", false)] {
        let envelope = format!("<msgType>{word}</msgType><scope>Public</scope><note>why</note>{references}");
        let answer = alert(&message(&envelope, ""));
        assert!(matches!(import(&answer, "en"), Err(NotAWarning::Answer(_))));
        let reply = reply(&answer).unwrap();
        assert_eq!((reply.accepted, reply.note.as_deref(), reply.references.len()), (accepted, Some("why"), 1));
    }
    let start = base.find("<info>").unwrap();
    let empty = format!("{}</alert>", &base[..start]);
    assert_eq!(import(&alert(&empty), "en"), Err(NotAWarning::NoInfo(MessageType::Alert)));
    assert_eq!(reply(&alert(&base)), None);
}

#[test]
fn an_answer_goes_to_the_sender_alone_and_reads_as_a_reply() {
    let asked = alert(&message(PUBLIC, ""));
    for (accepted, note) in [(true, None), (false, Some("not our river"))] {
        let sent = answer(&asked, accepted, "r-1", "south.example", 1_796_306_500, note).unwrap();
        let read = alert(&sent.to_xml().unwrap());
        assert_eq!(read.scope.addresses().items(), ["north.example"]);
        let expected = Reply { accepted, references: vec![name_of(&asked)], note: note.map(str::to_owned) };
        assert_eq!(reply(&read), Some(expected));
    }
    assert_eq!(answer(&asked, true, "r 1", "south.example", 0, None), Err(crate::cap::Rule::Identifier));
}

#[test]
fn a_public_warning_survives_the_way_through_cap() {
    let fields = warning();
    let sent = export(&fields, &origin(&[])).unwrap();
    let xml = sent.to_xml().unwrap();
    let received = Received::read(xml.as_bytes()).unwrap();
    assert_eq!(received.alert(), &sent);
    let back = import(received.alert(), "fa").unwrap();
    assert_eq!(back.fields, fields);
    assert_eq!(back.losses, []);
    let info = &sent.infos[0];
    assert_eq!(info.headline.as_ref().unwrap().as_str(), "حملهٔ باج‌افزار");
    assert_eq!((info.urgency, info.certainty), (Urgency::Immediate, Certainty::Likely));
    assert_eq!(info.areas[0].description.as_str(), "South, SL");
    assert_eq!(info.onset.as_ref().map(CapTime::as_str), Some("2026-12-03T18:00:00-00:00"));
    assert_eq!(agrees(&received, &fields, &origin(&[])), Ok(()));
}

#[test]
fn one_changed_word_does_not_agree_with_the_signed_warning() {
    let fields = warning();
    let xml = export(&fields, &origin(&[])).unwrap().to_xml().unwrap();
    for (old, new, path) in [
        ("South", "North", "/alert/info[1]"),
        ("Immediate", "Past", "/alert/info[1]"),
        ("<msgType>Alert", "<references>a,b,2026-12-02T14:00:00-00:00</references>", "/alert/references"),
        (">north.example<", ">south.example<", "/alert/sender"),
        ("</scope>", "</scope>\n  <note>false alarm</note>", "/alert"),
    ] {
        let text = if new.starts_with("<references>") {
            xml.replacen("</scope>", &format!("</scope>{new}"), 1)
        } else {
            xml.replacen(old, new, 1)
        };
        let received = Received::read(text.as_bytes()).unwrap();
        assert_eq!(agrees(&received, &fields, &origin(&[])), Err(Mismatch { path }), "{new}");
    }
}

#[test]
fn a_reader_with_the_dossier_needs_nothing_but_the_message() {
    let earlier = [Reference::parse("north.example,w.1,2026-12-02T14:00:00-00:00").unwrap()];
    let told = Fields { standing: Standing::Amended, translations: Vec::new(), ..warning() };
    let xml = export(&told, &origin(&earlier)).unwrap().to_xml().unwrap();
    // What the disclosures of a core say: nothing of language.
    let shown = Fields { language: None, ..told };
    let received = Received::read(xml.as_bytes()).unwrap();
    let claimed = Origin::claimed(received.alert()).unwrap();
    assert_eq!((claimed.wid, claimed.core, claimed.exchange), ("AAAAAAAAAAAAAAAAAAAAAA", CORE, "exchange.example"));
    assert_eq!(agrees(&received, &shown, &claimed), Ok(()));
    // Covered or not, as the table of the module says.
    for (old, new, expected) in [
        ("Likely", "Observed", Err(Mismatch { path: "/alert/info[1]" })),
        ("phishing", "fishing", Err(Mismatch { path: "/alert/info[1]" })),
        ("AAAA.", "AAAB.", Err(Mismatch { path: "/alert/identifier" })),
        ("Update", "Cancel", Err(Mismatch { path: "/alert/msgType" })),
        (">Ransomware<", ">Spam<", Ok(())),
        ("Severe", "Minor", Ok(())),
        ("14:00:00", "14:00:01", Ok(())),
    ] {
        let changed = Received::read(xml.replacen(old, new, 1).as_bytes()).unwrap();
        let claimed = Origin::claimed(changed.alert()).unwrap();
        assert_eq!(agrees(&changed, &shown, &claimed), expected, "{new}");
    }
    assert!(Origin::claimed(&alert(&message(PUBLIC, ""))).is_none());
}

#[test]
fn only_a_warning_for_everybody_is_exported() {
    for label in [None, Some(Tlp::Red), Some(Tlp::AmberStrict), Some(Tlp::Amber), Some(Tlp::Green)] {
        let fields = Fields { tlp: label, ..warning() };
        assert!(matches!(export(&fields, &origin(&[])), Err(NotExported::NotClear { .. })));
    }
    let later = Fields { embargo_until: Some(1_796_306_401), ..warning() };
    assert!(matches!(export(&later, &origin(&[])), Err(NotExported::Embargo { .. })));
    let now = Fields { embargo_until: Some(1_796_306_400), ..warning() };
    assert!(export(&now, &origin(&[])).is_ok());
    let sender = Origin { sender: "north example", ..origin(&[]) };
    assert!(matches!(export(&warning(), &sender), Err(NotExported::Value { rule: crate::cap::Rule::Sender, .. })));
}

#[test]
fn amend_becomes_update_and_withdraw_cancel_with_the_earlier_messages() {
    let earlier = [Reference::parse("north.example,w.1,2026-12-02T14:00:00-00:00").unwrap()];
    for (standing, kind) in [(Standing::Amended, MessageType::Update), (Standing::Withdrawn, MessageType::Cancel)] {
        let fields = Fields { standing, ..warning() };
        assert_eq!(export(&fields, &origin(&[])), Err(NotExported::EarlierMissing));
        let sent = export(&fields, &origin(&earlier)).unwrap();
        assert_eq!((sent.message.kind(), sent.message.references()), (kind, &earlier[..]));
        let past = sent.infos[0].urgency == Urgency::Past;
        assert_eq!(past, standing == Standing::Withdrawn);
        let back = import(&sent, "fa").unwrap().fields;
        assert_eq!((back.standing, back.urgency), (standing, Some(Precedence::Flash)));
    }
}

#[test]
fn files_come_along_and_the_ninth_is_named_as_lost() {
    let file = "<resource><resourceDesc>map</resourceDesc><mimeType>image/png</mimeType><derefUri>iVBORw==</derefUri></resource>";
    let found = imported(PUBLIC, &file.repeat(9));
    assert_eq!(found.fields.attachments.len(), ATTACHMENTS_MAX);
    assert_eq!(found.fields.attachments[0].content.as_deref(), Some(&b"\x89PNG"[..]));
    assert_eq!(found.losses[0].what, "/alert/info[1]/resource[9]");
    let mut fields = warning();
    fields.attachments = found.fields.attachments;
    let back = import(&export(&fields, &origin(&[])).unwrap(), "fa").unwrap();
    assert_eq!(back.fields, fields);
}
