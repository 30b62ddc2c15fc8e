//! The record of deploys, for an object that shows numbers.

use crate::memory::memory;
use pmx_edge::{
    deploys::{ACTIVATIONS_KEPT, Deploy, Deploys},
    migrations::{self, Migration},
    object::Object,
};

const TABLES: [&str; 2] = pmx_edge::deploy_tables!("number");
const MIGRATIONS: &[Migration] = &[&TABLES];
const DEPLOYS: Deploys<u32> = Deploys::new("number");

/// Makes the tables and records the deploys `d1` to `dN`, which show 1 to N.
fn record(deploys: u32) -> Object {
    let object = memory().object();
    assert_eq!(migrations::run(object, MIGRATIONS, 0), Ok(Some(1)));
    for number in 1..=deploys {
        DEPLOYS.insert(object, &Deploy { id: format!("d{number}"), content: number }, Some(&"note")).unwrap();
    }
    object
}

fn active(object: Object) -> Option<u32> {
    DEPLOYS.active(object).unwrap().map(|deploy| deploy.content)
}

#[test]
fn one_deploy_is_active_and_the_way_back_is_another_activation() {
    let object = record(3);
    assert_eq!((active(object), DEPLOYS.count(object)), (None, Ok(3)), "recorded and not active");
    for (seq, number) in [(1, 1), (2, 3), (3, 1)] {
        DEPLOYS.activate(object, &format!("d{number}"), seq).unwrap();
        assert_eq!(active(object), Some(number));
    }
    let marked = object.sql("SELECT COUNT(*) FROM deploys WHERE is_active = 1", &[]).unwrap();
    assert_eq!(marked[0][0].number(), 1);
    let shown = |seq| DEPLOYS.activated(object, seq).unwrap().map(|deploy| deploy.content);
    assert_eq!([shown(1), shown(2), shown(3), shown(4)], [Some(1), Some(3), Some(1), None]);
    let before: Vec<_> =
        DEPLOYS.activations(object, 2, 9).unwrap().into_iter().map(|shown| (shown.seq, shown.content)).collect();
    assert_eq!(before, [(2, Some(3)), (1, Some(1))]);

    let list = DEPLOYS.list::<String>(object).unwrap();
    let list: Vec<_> = list
        .iter()
        .map(|record| (record.deploy.content, record.is_active, record.activated.as_ref().map(|(seq, _)| *seq)))
        .collect();
    assert_eq!(list, [(3, false, Some(2)), (2, false, None), (1, true, Some(3))]);

    DEPLOYS.deactivate(object).unwrap();
    assert_eq!(active(object), None);
    assert_eq!(DEPLOYS.get(object, "d2").unwrap().map(|deploy| deploy.content), Some(2), "what was recorded stays");
}

#[test]
fn what_is_pruned_is_old_and_neither_active_nor_in_use() {
    let object = record(6);
    DEPLOYS.activate(object, "d1", 1).unwrap();
    let prunable = |keep, limit| DEPLOYS.prunable(object, keep, &["d3".to_owned()], limit).unwrap();
    assert_eq!(prunable(2, 9), ["d2", "d4"]);
    assert_eq!((prunable(2, 1), prunable(6, 9)), (vec!["d2".to_owned()], Vec::new()));
    DEPLOYS.delete(object, &prunable(0, 9)).unwrap();
    assert_eq!((DEPLOYS.count(object), active(object)), (Ok(2), Some(1)));
}

#[test]
fn old_activations_are_forgotten_and_deploys_are_not() {
    let object = record(1);
    for seq in 1..=ACTIVATIONS_KEPT + 5 {
        DEPLOYS.activate(object, "d1", seq).unwrap();
    }
    let kept = DEPLOYS.activations(object, u64::MAX, 1_000).unwrap();
    assert_eq!((kept.len() as u64, kept.last().map(|oldest| oldest.seq)), (ACTIVATIONS_KEPT, Some(6)));
    assert_eq!(DEPLOYS.count(object), Ok(1));
}
