//! Moving from another server.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test ends where something is not as expected")]

mod common;

use common::*;
use serde_json::{Value, json};

fn dates(client: &mut Client) -> Vec<(String, String)> {
    let json = client.get(&format!("{}?match[version]=all", manifest_of(COLL))).expect(200).json();
    let text = |record: &Value, name: &str| record[name].as_str().unwrap().to_owned();
    json["objects"].as_array().unwrap().iter().map(|r| (text(r, "id"), text(r, "date_added"))).collect()
}

#[test]
fn a_medallion_dump_keeps_ids_and_dates_and_may_come_twice() {
    let world = start();
    let (one, two) = (fresh_id("indicator"), fresh_id("indicator"));
    let address = "ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4";
    let record = |id: &str, version: &str, date: &str| json!({ "id": id, "version": version, "date_added": date, "media_type": "application/stix+json;version=2.1" });
    let dump = json!({
        "/discovery": { "title": "t", "api_roots": ["http://localhost:5000/trustgroup1/"] },
        "trustgroup1": {
            "information": { "title": "x" },
            "status": [],
            "collections": [
                {
                    "title": "before its id",
                    "objects": [
                        indicator(&two, "2020-01-02T00:00:00.000Z"),
                        indicator(&one, "2020-01-01T00:00:00.000Z"),
                        { "type": "ipv4-addr", "id": address, "value": "198.51.100.3", "_date_added": "2020-05-01T00:00:00.000000Z" },
                        { "type": "no id" },
                    ],
                    "id": COLL,
                    "manifest": [
                        record(&one, "2020-01-01T00:00:00.000000Z", "2020-03-01T00:00:00.000001Z"),
                        record(&two, "2020-01-02T00:00:00.000Z", "2020-03-01T00:00:00.000001Z"),
                    ],
                },
                { "id": "11111111-4d7e-4f70-b94d-d7f33742ee63", "objects": [fresh()], "manifest": [] },
            ],
        },
    });
    for round in 0..2 {
        let report = world.server.import_medallion(dump.to_string().as_bytes()).unwrap();
        let main = &report.collections[0];
        let counts = (main.added, main.present, main.refused, main.moved, main.undated);
        assert_eq!(counts, if round == 0 { (3, 0, 1, 1, 0) } else { (0, 3, 1, 0, 0) }, "{report:?}");
        assert!(main.reasons[0].contains("id"), "{report:?}");
        assert!(!report.collections[1].known && report.collections[1].added == 0);
    }
    let expected = [
        (two, "2020-03-01T00:00:00.000001Z".to_owned()),
        (one, "2020-03-01T00:00:00.000002Z".to_owned()),
        (address.to_owned(), "2020-05-01T00:00:00.000000Z".to_owned()),
    ];
    let mut alice = world.client("alice");
    assert_eq!(dates(&mut alice), expected);
    let object = alice.get(&format!("{}{address}/", objects_of(COLL))).json()["objects"][0].clone();
    assert_eq!(object, json!({ "type": "ipv4-addr", "id": address, "value": "198.51.100.3" }));
    // What comes now comes after it.
    let late = fresh();
    alice.add(COLL, std::slice::from_ref(&late));
    assert_eq!(dates(&mut alice)[3].0, id_of(&late));
}

#[test]
fn opentaxii_tables_keep_ids_and_dates() {
    let world = start();
    let file = world.dir.path().join("opentaxii.db");
    let database = rusqlite::Connection::open(&file).unwrap();
    database
        .execute_batch(
            "CREATE TABLE opentaxii_collection (id CHAR(32) PRIMARY KEY, title TEXT);
             CREATE TABLE opentaxii_stixobject (pk CHAR(32) PRIMARY KEY, id VARCHAR(100), collection_id CHAR(32),
                type VARCHAR(50), spec_version VARCHAR(10), date_added DATETIME, version DATETIME, serialized_data JSON);",
        )
        .unwrap();
    database.execute("INSERT INTO opentaxii_collection VALUES (?1, 'x')", [COLL.replace('-', "")]).unwrap();
    let object = fresh();
    let mut others = object.clone();
    for name in ["id", "type", "spec_version"] {
        others.as_object_mut().unwrap().remove(name);
    }
    let put = |pk: &str, id: &str, date: &str, data: &str| {
        let kind = id.split("--").next().unwrap();
        let sql = "INSERT INTO opentaxii_stixobject VALUES (?1, ?2, ?3, ?4, '2.1', ?5, ?5, ?6)";
        database.execute(sql, [pk, id, &COLL.replace('-', ""), kind, date, data]).unwrap();
    };
    let bare = fresh_id("x-bare");
    put("1", &id_of(&object), "2021-01-02 03:04:05.000006", &others.to_string());
    put("2", &bare, "2020-01-02 03:04:05.000000", "{}");
    let report = world.server.import_opentaxii(&file).unwrap();
    assert_eq!((report.collections[0].added, report.collections[0].moved), (2, 0), "{report:?}");
    let mut alice = world.client("alice");
    let expected =
        [(bare, "2020-01-02T03:04:05.000000Z".to_owned()), (id_of(&object), "2021-01-02T03:04:05.000006Z".to_owned())];
    assert_eq!(dates(&mut alice), expected);
    assert_eq!(alice.get(&format!("{}{}/", objects_of(COLL), id_of(&object))).json()["objects"][0], object);
    assert!(world.server.import_opentaxii(&world.dir.path().join("absent.db")).is_err());
}

#[test]
fn a_dump_that_is_none_is_refused_with_its_place() {
    let world = start();
    for text in ["", "[]", "{\"a\":[]}", "{\"a\":{\"collections\":[{\"id\":1}]}}", "{\"a\":{}} x"] {
        let error = world.server.import_medallion(text.as_bytes()).unwrap_err();
        assert!(error.to_string().contains("line"), "{error}");
    }
}
