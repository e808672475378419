use super::*;
use serde_json::{Value, json};

fn read(value: &Value) -> Document {
    parse(value.to_string().as_bytes()).unwrap()
}

fn openvex(statements: Value) -> Value {
    json!({
        "@context": "https://openvex.dev/ns/v0.2.0", "@id": "urn:example:1",
        "author": "Acme", "timestamp": "2026-11-01T00:00:00Z", "version": 1,
        "some_new_field": {}, "statements": statements,
    })
}

const TAR: &str = "pkg:npm/tar@4.4.1";

/// A statement that can be used, with fields changed or, by null, taken away.
fn with(changes: Value) -> Value {
    let mut statement = json!({
        "vulnerability": { "name": "CVE-2026-1", "aliases": ["GHSA-1"] },
        "products": [{ "@id": TAR }],
        "status": "not_affected",
        "justification": "vulnerable_code_not_present",
    });
    for (key, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => statement.as_object_mut().unwrap().remove(key),
            value => statement
                .as_object_mut()
                .unwrap()
                .insert(key.clone(), value.clone()),
        };
    }
    statement
}

#[test]
fn a_statement_of_openvex_is_read_with_all_that_it_says() {
    let document = read(&openvex(json!([with(json!({
        "impact_statement": "not built", "last_updated": "2026-11-02T00:00:00Z", "new": 1,
    }))])));
    assert_eq!(
        (document.format, document.author.as_str()),
        ("openvex", "Acme")
    );
    assert_eq!(document.unusable, [""; 0]);
    let [statement] = document.statements.as_slice() else {
        panic!("{document:?}");
    };
    assert_eq!(
        statement.vulnerability,
        BTreeSet::from(["CVE-2026-1".to_owned(), "GHSA-1".to_owned()])
    );
    assert_eq!(statement.status, VexStatus::NotAffected);
    assert_eq!(
        statement.justification,
        Some(VexJustification::VulnerableCodeNotPresent)
    );
    assert_eq!(statement.text.as_deref(), Some("not built"));
    assert_eq!(statement.time.unwrap().to_string(), "2026-11-02T00:00:00Z");
    let inherited = read(&openvex(json!([with(json!({}))])));
    let time = inherited.statements[0].time.unwrap();
    assert_eq!(time.to_string(), "2026-11-01T00:00:00Z");
}

#[test]
fn a_statement_that_cannot_be_used_counts_for_nothing_and_says_why() {
    for (changes, why) in [
        (json!({"status": "fine"}), "the status `fine` is not known"),
        (json!({"status": null}), "the status `` is not known"),
        (
            json!({"justification": null}),
            "needs a justification or an impact statement",
        ),
        (
            json!({"justification": "trust_me"}),
            "the justification `trust_me` is not known",
        ),
        (json!({"vulnerability": null}), "names no vulnerability"),
        (
            json!({"vulnerability": {"aliases": ["CVE-1"]}}),
            "names no vulnerability",
        ),
        (json!({"products": null}), "names no product by purl"),
        (json!({"products": []}), "names no product by purl"),
        (
            json!({"products": [{"@id": "https://acme.example/app"}]}),
            "names no product by purl",
        ),
        (
            json!({"products": [{"@id": "pkg:npm/"}]}),
            "is not a valid package URL",
        ),
        (json!({"products": [7]}), "a product is not an object"),
        (
            json!({"products": [{"@id": TAR, "subcomponents": [{"hashes": {}}]}]}),
            "a subcomponent is not named by purl",
        ),
        (
            json!({"products": [{"@id": TAR, "subcomponents": "all"}]}),
            "a subcomponent is not named by purl",
        ),
        (json!({"timestamp": "yesterday"}), "`timestamp` is no time"),
    ] {
        let document = read(&openvex(json!([with(changes.clone()), with(json!({}))])));
        assert_eq!(document.statements.len(), 1, "{changes}");
        let [unusable] = document.unusable.as_slice() else {
            panic!("{changes}: {document:?}");
        };
        assert!(unusable.starts_with("statement 1: "), "{unusable}");
        assert!(unusable.contains(why), "{changes}: {unusable}");
    }
    let number = read(&openvex(json!([7])));
    assert_eq!(number.unusable, ["statement 1: it is not an object"]);
}

#[test]
fn products_and_their_parts_are_named_by_identifier_or_id() {
    let document = read(&openvex(json!([with(json!({"products": [
        { "@id": "https://acme.example/app", "identifiers": { "purl": "pkg:npm/shop@1.0.0" },
          "subcomponents": [{ "identifiers": { "purl": TAR } }] },
        { "@id": TAR, "subcomponents": [] },
        { "identifiers": { "cpe23": "cpe:2.3:a:acme:shop:1:*:*:*:*:*:*:*" } },
    ]}))])));
    let products = &document.statements[0].products;
    assert_eq!(products.len(), 2, "one is named by nothing that is read");
    let purl = |text| Purl::parse(text).unwrap();
    assert_eq!(
        products[0],
        ProductPattern {
            product: product::Named::Purl(purl("pkg:npm/shop@1.0.0")),
            subcomponents: Some(vec![purl(TAR)]),
        }
    );
    assert_eq!(products[1].subcomponents, None);
}

fn cyclonedx(rest: Value) -> Value {
    let mut document = json!({
        "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
        "metadata": { "timestamp": "2026-11-01T00:00:00Z", "authors": [{ "name": "Acme" }] },
        "new": [],
    });
    for (key, value) in rest.as_object().unwrap() {
        document[key] = value.clone();
    }
    document
}

fn vulnerability(analysis: Value, affects: Value) -> Value {
    json!([{ "id": "CVE-2026-1", "references": [{ "id": "GHSA-1", "source": {} }],
             "analysis": analysis, "affects": affects }])
}

fn reachable() -> Value {
    json!({ "state": "not_affected", "justification": "code_not_reachable",
            "detail": "never called", "lastUpdated": "2026-11-03T00:00:00Z" })
}

#[test]
fn an_analysis_of_cyclonedx_is_read_with_all_that_it_says() {
    for version in ["1.4", "1.5", "1.6", "1.7"] {
        let mut value = cyclonedx(json!({
            "vulnerabilities": vulnerability(reachable(), json!([{ "ref": TAR }])),
        }));
        value["specVersion"] = json!(version);
        let document = read(&value);
        assert_eq!(
            (document.format, document.author.as_str()),
            ("cyclonedx", "Acme")
        );
        let statement = &document.statements[0];
        assert!(statement.vulnerability.contains("GHSA-1"));
        assert_eq!(statement.status, VexStatus::NotAffected);
        assert_eq!(
            statement.justification,
            Some(VexJustification::VulnerableCodeNotInExecutePath)
        );
        assert_eq!(statement.text.as_deref(), Some("never called"));
        assert_eq!(statement.time.unwrap().to_string(), "2026-11-03T00:00:00Z");
        assert_eq!(document.unusable, [""; 0]);
    }
}

#[test]
fn every_state_has_its_status() {
    use VexStatus::{Affected, Fixed, NotAffected, UnderInvestigation};
    for (state, status) in [
        ("resolved", Fixed),
        ("resolved_with_pedigree", Fixed),
        ("exploitable", Affected),
        ("in_triage", UnderInvestigation),
        ("false_positive", NotAffected),
        ("not_affected", NotAffected),
    ] {
        let analysis = json!({ "state": state, "detail": "why" });
        let document = read(&cyclonedx(json!({
            "vulnerabilities": vulnerability(analysis, json!([{ "ref": TAR }])),
        })));
        assert_eq!(document.statements[0].status, status, "{state}");
    }
}

fn covered(document: &Value, component: &str) -> bool {
    let product = Product::of_inventory(&inventory());
    let ids = BTreeSet::from(["GHSA-1"]);
    read(document)
        .statements
        .iter()
        .any(|statement| statement.is_about(&ids, &Purl::parse(component).unwrap(), &product))
}

fn inventory() -> crate::model::Inventory {
    crate::model::Inventory {
        root: crate::model::Root {
            name: "shop".to_owned(),
            version: Some("1.0.0".to_owned()),
        },
        components: Vec::new(),
        edges: std::collections::BTreeMap::new(),
        direct: BTreeSet::new(),
        lockfiles: Vec::new(),
        skipped: Vec::new(),
        gaps: Vec::new(),
    }
}

#[test]
fn what_affects_names_is_a_reference_a_purl_or_a_link_to_another_bom() {
    let components = json!([{ "type": "library", "name": "outer", "components": [
        { "type": "library", "name": "tar", "bom-ref": "the-tar", "purl": TAR },
    ] }]);
    for (reference, is_covered) in [
        ("the-tar", true),
        (TAR, true),
        ("pkg:npm/tar", true),
        ("pkg:npm/tar@9.9.9", false),
        (
            "urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/1#pkg:npm/tar@4.4.1",
            true,
        ),
        (
            "urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/1#pkg%3Anpm%2Ftar%404.4.1",
            true,
        ),
    ] {
        let document = cyclonedx(json!({
            "components": components,
            "vulnerabilities": vulnerability(reachable(), json!([{ "ref": reference }])),
        }));
        assert_eq!(covered(&document, TAR), is_covered, "{reference}");
    }
    for reference in [
        "elsewhere",
        "urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/1#tar",
        "pkg:",
    ] {
        let document = read(&cyclonedx(json!({
            "components": components,
            "vulnerabilities": vulnerability(reachable(), json!([{ "ref": reference }])),
        })));
        assert_eq!(document.statements, [], "{reference}");
        assert!(
            document.unusable[0].contains("leads to no component"),
            "{document:?}"
        );
    }
}

#[test]
fn a_document_about_another_product_says_nothing_about_this_one() {
    let about = |subject: Value, reference: &str| {
        let mut document = cyclonedx(json!({
            "vulnerabilities": vulnerability(reachable(), json!([{ "ref": reference }])),
        }));
        document["metadata"]["component"] = subject;
        covered(&document, TAR)
    };
    let subject = |purl: &str| json!({ "bom-ref": "it", "name": "n", "purl": purl });
    assert!(about(subject("pkg:generic/shop@1.0.0"), TAR));
    assert!(about(subject("pkg:generic/shop"), TAR));
    assert!(about(subject("pkg:generic/shop@1.0.0"), "it"));
    assert!(about(
        subject("pkg:generic/shop@1.0.0"),
        "pkg:generic/shop@1.0.0"
    ));
    assert!(!about(subject("pkg:generic/shop@2.0.0"), TAR));
    assert!(!about(subject("pkg:generic/other@1.0.0"), TAR));
    assert!(!about(subject("not a purl"), TAR));
    let named = |name: &str, version: Option<&str>| json!({ "bom-ref": "it", "name": name, "version": version });
    assert!(about(named("shop", Some("1.0.0")), "it"));
    assert!(about(named("shop", None), TAR));
    assert!(!about(named("shop", Some("2.0.0")), "it"));
    assert!(!about(named("shops", None), TAR));
}

#[test]
fn versions_that_affects_lists_limit_the_statement() {
    let of = |reference: &str, versions: Value| {
        read(&cyclonedx(json!({
            "vulnerabilities": vulnerability(
                reachable(),
                json!([{ "ref": reference, "versions": versions }]),
            ),
        })))
    };
    let is_covered = |reference: &str, versions: Value| {
        let document = of(reference, versions);
        let product = Product::of_inventory(&inventory());
        let tar = Purl::parse(TAR).unwrap();
        let ids = BTreeSet::from(["CVE-2026-1"]);
        let mut statements = document.statements.iter();
        statements.any(|statement| statement.is_about(&ids, &tar, &product))
    };
    let unaffected = json!([{ "version": "4.4.1", "status": "unaffected" }]);
    assert!(is_covered("pkg:npm/tar", unaffected.clone()));
    assert!(is_covered(TAR, unaffected));
    let other = json!([{ "version": "4.4.2", "status": "unaffected" }]);
    assert!(!is_covered("pkg:npm/tar", other));
    for (versions, why) in [
        (
            json!([{ "version": "4.4.1", "status": "affected" }]),
            "not what its state says",
        ),
        (json!([{ "version": "4.4.1" }]), "not what its state says"),
        (
            json!([{ "range": "vers:npm/<5", "status": "unaffected" }]),
            "ranges of versions",
        ),
        (
            json!([{ "version": "4.4.1", "status": "safe" }]),
            "`safe` is not known",
        ),
        (json!(["4.4.1"]), "not a list of objects"),
    ] {
        let document = of("pkg:npm/tar", versions.clone());
        assert_eq!(document.statements, [], "{versions}");
        assert!(
            document.unusable[0].contains(why),
            "{versions}: {document:?}"
        );
    }
}

#[test]
fn an_analysis_that_cannot_be_used_counts_for_nothing_and_a_bare_vulnerability_is_none() {
    let affects = json!([{ "ref": TAR }]);
    for (analysis, why) in [
        (json!({ "state": "safe" }), "the state `safe` is not known"),
        (
            json!({ "justification": "code_not_present" }),
            "the state `` is not known",
        ),
        (
            json!({ "state": "not_affected" }),
            "needs a justification or a detail",
        ),
        (
            json!({ "state": "not_affected", "justification": "because" }),
            "the justification `because` is not known",
        ),
        (
            json!({ "state": "exploitable", "lastUpdated": "soon" }),
            "`lastUpdated` is no time",
        ),
        (json!("not_affected"), "its analysis is not an object"),
    ] {
        let document = read(&cyclonedx(json!({
            "vulnerabilities": vulnerability(analysis.clone(), affects.clone()),
        })));
        assert_eq!(document.statements, [], "{analysis}");
        assert!(document.unusable[0].contains(why), "{document:?}");
    }
    let bare = json!([{ "id": "CVE-2026-1", "affects": affects }]);
    let document = read(&cyclonedx(json!({ "vulnerabilities": bare })));
    assert_eq!((document.statements.len(), document.unusable.len()), (0, 0));
}

#[test]
fn what_is_no_vex_document_is_refused_with_the_reason() {
    let refused = |text: &str| parse(text.as_bytes()).unwrap_err();
    assert!(matches!(refused("{"), VexError::Json(_)));
    assert!(matches!(
        refused(r#"{"@context":"a","@context":"b"}"#),
        VexError::Json(_)
    ));
    assert!(matches!(refused(&"[".repeat(10_000)), VexError::Json(_)));
    assert!(matches!(refused("[]"), VexError::UnknownFormat));
    assert!(matches!(refused("{}"), VexError::UnknownFormat));
    assert!(matches!(
        refused(r#"{"@context":["x"]}"#),
        VexError::UnknownFormat
    ));
    assert!(matches!(
        refused(r#"{"@context":"https://openvex.dev/ns/v9.0.0","statements":[]}"#),
        VexError::UnsupportedVersion {
            format: "OpenVEX",
            ..
        }
    ));
    assert!(matches!(
        refused(r#"{"bomFormat":"CycloneDX","specVersion":"1.3","vulnerabilities":[]}"#),
        VexError::UnsupportedVersion {
            format: "CycloneDX",
            ..
        }
    ));
    assert!(matches!(
        refused(r#"{"bomFormat":"CycloneDX","specVersion":"1.6","components":[]}"#),
        VexError::Malformed {
            field: "vulnerabilities",
            ..
        }
    ));
    let mut dated = openvex(json!([with(json!({}))]));
    dated["timestamp"] = json!("2026");
    assert!(matches!(
        parse(dated.to_string().as_bytes()).unwrap_err(),
        VexError::Malformed {
            field: "timestamp",
            ..
        }
    ));
    let statements = vec![json!(1); MAX_STATEMENTS + 1];
    assert!(matches!(
        parse(openvex(json!(statements)).to_string().as_bytes()).unwrap_err(),
        VexError::TooManyStatements
    ));
}

fn draft() -> Draft {
    let statement = |id: &str, status, justification| DraftStatement {
        vulnerability: id.to_owned(),
        aliases: vec![format!("{id}-alias")],
        component: Purl::parse("pkg:npm/%40acme/tar@4.4.1").unwrap(),
        status,
        justification,
        text: "why".to_owned(),
    };
    let mut statements: Vec<DraftStatement> = VexJustification::ALL
        .into_iter()
        .enumerate()
        .map(|(i, label)| statement(&format!("CVE-{i}"), VexStatus::NotAffected, Some(label)))
        .collect();
    statements.extend([
        statement("GHSA-0", VexStatus::NotAffected, None),
        statement("GHSA-1", VexStatus::Affected, None),
        statement("GHSA-2", VexStatus::Fixed, None),
        statement("GHSA-3", VexStatus::UnderInvestigation, None),
    ]);
    Draft {
        id: [0xab; 16],
        author: "Acme".to_owned(),
        timestamp: "2026-11-23T00:00:00Z".parse().unwrap(),
        tool_version: "0.1.0".to_owned(),
        product: Purl::parse("pkg:generic/shop@1.0.0").unwrap(),
        product_name: "shop".to_owned(),
        product_version: Some("1.0.0".to_owned()),
        statements,
    }
}

#[test]
fn what_is_written_is_read_back_and_is_about_the_product_and_the_component_only() {
    let product = Product::of_inventory(&inventory());
    let other = Product::of_inventory(&crate::model::Inventory {
        root: crate::model::Root {
            name: "other".to_owned(),
            version: None,
        },
        ..inventory()
    });
    let component = Purl::parse("pkg:npm/%40acme/tar@4.4.1").unwrap();
    for format in [Written::OpenVex, Written::CycloneDx] {
        let mut draft = draft();
        let text = draft.render(format);
        let document = parse(text.as_bytes()).unwrap();
        assert_eq!(document.unusable, [""; 0]);
        assert_eq!(document.author, "Acme");
        assert_eq!(document.statements.len(), draft.statements.len());
        for (read, written) in document.statements.iter().zip(&draft.statements) {
            let ids = BTreeSet::from([written.aliases[0].as_str()]);
            assert!(read.is_about(&ids, &component, &product), "{read:?}");
            assert!(!read.is_about(&ids, &component, &other), "{read:?}");
            assert_eq!(read.status, written.status);
            assert_eq!(read.text.as_deref(), Some("why"));
            assert_eq!(read.time, Some(draft.timestamp));
            assert_eq!(
                read.justification.is_some(),
                written.justification.is_some()
            );
            if format == Written::OpenVex {
                assert_eq!(read.justification, written.justification);
            }
        }
        draft.statements.reverse();
        assert_eq!(draft.render(format), text, "their order does not matter");
    }
}

#[test]
fn a_written_statement_of_openvex_has_the_one_text_that_its_status_asks_for() {
    let value: Value = serde_json::from_str(&draft().render(Written::OpenVex)).unwrap();
    assert_eq!(
        value["@id"],
        format!("urn:sealgate:vex:{}", "ab".repeat(16))
    );
    for statement in value["statements"].as_array().unwrap() {
        let has = |field: &str| !statement[field].is_null();
        // The published schema allows one of the two.
        assert!(
            !(has("justification") && has("impact_statement")),
            "{statement}"
        );
        match statement["status"].as_str().unwrap() {
            "not_affected" => assert!(has("justification") || has("impact_statement")),
            "affected" => assert!(has("action_statement")),
            _ => assert!(has("status_notes")),
        }
    }
}
