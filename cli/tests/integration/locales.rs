//! `massive locales`

use super::support::{Run, assert_valid, run};

fn locales(options: &[&str]) -> Run {
    run([&["locales"], options].concat())
}

#[test]
fn the_release_is_listed_with_its_facts() {
    let table = locales(&[]);
    assert_eq!(table.code, 0, "{}", table.stderr);
    let rows: Vec<&str> = table.stdout.lines().collect();
    assert_eq!(rows.len(), 2 + 52);
    let urdu = rows.iter().find(|row| row.contains("ur-PK")).unwrap();
    for fact in ["Urdu", "urd", "Arab", "rtl", "Indo-European", "Indic", "SOV", "words", "yes"] {
        assert!(urdu.contains(fact), "{fact}: {urdu}");
    }
    let document = locales(&["--format", "json"]).json();
    assert_valid("locales", &document);
    assert_eq!(document["locales"].as_array().unwrap().len(), 52);
    let csv = locales(&["--format", "csv"]).ok();
    assert_eq!(csv.lines().count(), 53);
    assert!(csv.contains("\nja-JP,Japanese,jpn,Jpan,ltr,Japanese,Japanese,SOV,"), "{csv}");
}

#[test]
fn any_tag_has_a_script_and_otherwise_no_data() {
    let document = locales(&["gl_es", "hau-NG", "sr-Latn-RS", "qaa", "--format", "json"]).json();
    assert_valid("locales", &document);
    let rows = document["locales"].as_array().unwrap();
    let tags: Vec<&str> = rows.iter().map(|row| row["locale"].as_str().unwrap()).collect();
    assert_eq!(tags, ["gl-ES", "hau-NG", "sr-Latn-RS", "qaa"]);
    assert!(rows[..3].iter().all(|row| row["script"] == "Latn" && row["family"].is_null()));
    assert!(rows[3]["script"].is_null());
    let table = locales(&["hau-NG"]).ok();
    assert!(table.contains("no data") && table.contains("no\n"), "{table}");
    locales(&["german"]).fails(2, "unknown locale `german`");
}
