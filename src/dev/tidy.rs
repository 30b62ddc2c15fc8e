//! Old deploys and their blobs are swept out while the loop goes on.

use super::{collect::Collector, stage::Stage};
use std::time::Duration;
use tokio::time::sleep;

/// At least so long between two sweeps: each looks at all sites of the state folder.
const PAUSE: Duration = Duration::from_secs(60);

/// Keeps so many deploys of each site, until it is dropped. The first sweep comes with the first publish after a minute, the next
/// ones when a quarter of what is kept has been added.
pub(super) async fn run(stage: &Stage) {
    let collector = Collector::new(stage.emulator.clone(), &stage.secret, stage.gate.clone());
    let mut published = stage.published.subscribe();
    let (mut swept, mut more) = (0, 1);
    loop {
        sleep(PAUSE).await;
        match published.wait_for(|published| *published >= swept + more).await {
            Ok(published) => swept = *published,
            Err(_) => return,
        }
        more = u64::from(stage.keep_deploys / 4).max(1);
        match collector.collect(stage.keep_deploys).await {
            Ok(collected) => tracing::info!(deploys = collected.deploys, blobs = collected.blobs, "swept"),
            Err(error) => tracing::warn!("{error}"),
        }
    }
}
