//! The container engine: reached, new enough, and able to hold containers to their limits.

use std::path::Path;
use std::sync::Arc;

use berth_docker::domain::ImageRef;
use berth_docker::engine::look::{Facts, Image};
use kit::{Failure, ServiceName};

use super::context::Context;
use super::finding::{Check, Finding, listed};
use super::table::{Area, Job};
use crate::wiring::looks;

const REACHABLE: Check = Check::new("engine.reachable", "The engine answers this user");
const VERSION: Check = Check::new("engine.version", "It speaks version 1.41 of its interface, or newer");
const STORAGE: Check = Check::new("engine.storage", "Its storage driver shares layers between containers");
const ISOLATION: Check = Check::new("engine.isolation", "It runs as root, and filters system calls");
const LIMITS: Check = Check::new("engine.limits", "It holds containers to memory, processors and process numbers");
const SWAP: Check = Check::new("engine.swap", "Containers cannot escape their memory limit into swap");
const LOGS: Check = Check::new("engine.logs", "It has the log driver that containers are given");
const RESTART: Check = Check::new("engine.restart", "Containers go on while the engine is restarted");
const POOLS: Check = Check::new("engine.pools", "Its own networks and those of tenants do not overlap");
const IMAGES: Check = Check::new("engine.images", "Images of the catalogue are there, or a registry has them");

pub const AREA: Area = Area {
    name: "engine",
    when: "for `berthd up` and for docker",
    checks: &[REACHABLE, VERSION, STORAGE, ISOLATION, LIMITS, SWAP, LOGS, RESTART, POOLS, IMAGES],
    jobs,
};

fn jobs(context: &Arc<Context>) -> Vec<Job> {
    if !context.has(ServiceName::Docker) {
        return Vec::new();
    }
    let (here, there) = (context.clone(), context.clone());
    vec![
        Job::new(REACHABLE, async move { look(&here, std::env::var("DOCKER_HOST").ok()).await }),
        Job::new(IMAGES, async move { images(&there).await }),
    ]
}

async fn look(context: &Context, host: Option<String>) -> Vec<Finding> {
    match looks::engine(&context.config, &context.ambient).look().await {
        Ok(facts) => judge(&facts, &context.config.site.subnet_pool),
        Err(failure) => vec![away(&failure, host.as_deref())],
    }
}

/// The usual one, which is asked where `DOCKER_HOST` names no other.
const SOCKET: &str = "/var/run/docker.sock";

fn away(failure: &Failure, host: Option<&str>) -> Finding {
    let host = host.filter(|host| !host.is_empty());
    let said = failure.operator.clone().unwrap_or_else(|| failure.detail.clone());
    let socket = match host {
        None => Some(SOCKET),
        Some(host) => host.strip_prefix("unix://"),
    };
    match socket {
        Some(socket) if !Path::new(socket).exists() => REACHABLE.wrong(
            format!("there is no engine's socket at {socket}"),
            "install and start Docker (systemctl start docker), or name its socket in DOCKER_HOST",
        ),
        Some(socket) if said.contains("ermission denied") => REACHABLE.wrong(
            format!("this user may not use the engine's socket {socket}"),
            "run as root, or add the user to the group docker, which is as much as root",
        ),
        Some(socket) => REACHABLE.wrong(
            format!("nobody answers at {socket}: {said}"),
            "start the engine: systemctl start docker, or see `journalctl -u docker`",
        ),
        None => REACHABLE.wrong(
            format!("the engine at {} does not answer: {said}", host.unwrap_or_default()),
            "start it, or correct DOCKER_HOST",
        ),
    }
}

fn judge(facts: &Facts, pool: &str) -> Vec<Finding> {
    vec![
        REACHABLE.ok("it answers"),
        version(facts),
        storage(&facts.storage),
        isolation(facts),
        limits(facts),
        swap(facts),
        logs(&facts.log_drivers),
        restart(facts.live_restore),
        pools(facts, pool),
    ]
}

fn version(facts: &Facts) -> Finding {
    let mut numbers = facts.api_version.split('.').map(|number| number.parse::<u32>().unwrap_or(0));
    let told = format!("{} with interface {}", facts.version, facts.api_version);
    if (numbers.next(), numbers.next()) < (Some(1), Some(41)) {
        return VERSION.wrong(format!("{told}: Berth needs 1.41"), "upgrade the engine to Docker 20.10 or newer");
    }
    VERSION.ok(told)
}

fn storage(driver: &str) -> Finding {
    match driver {
        "vfs" => STORAGE.warning(
            "vfs copies a whole image for every container: slow, and it fills the disk",
            "set \"storage-driver\": \"overlay2\" in /etc/docker/daemon.json, on a disk that can",
        ),
        "aufs" | "devicemapper" => STORAGE.warning(
            format!("{driver} is a driver that newer engines do not have any more"),
            "set \"storage-driver\": \"overlay2\" in /etc/docker/daemon.json; images are pulled anew",
        ),
        driver => STORAGE.ok(driver),
    }
}

fn isolation(facts: &Facts) -> Finding {
    if facts.rootless {
        return ISOLATION.warning(
            "the engine runs without root: no firewall, so containers reach each other's hosts, and no sized volumes",
            "use an engine that runs as root, with \"userns-remap\" where containers' root should be nobody",
        );
    }
    if !facts.seccomp {
        let told = "the engine does not filter system calls (no seccomp)";
        return ISOLATION
            .warning(told, "use a kernel and an engine with seccomp: `docker info` lists it under Security");
    }
    ISOLATION.ok(if facts.remapped { "root, with containers' users remapped" } else { "root, with seccomp" })
}

fn limits(facts: &Facts) -> Finding {
    let held = [("memory", facts.memory), ("cpu", facts.cpu), ("pids", facts.pids)];
    let missing: Vec<&str> = held.into_iter().filter(|(_, held)| !held).map(|(name, _)| name).collect();
    if missing.is_empty() {
        return LIMITS.ok(format!("cgroup v{}: memory, cpu and pids", facts.cgroups));
    }
    LIMITS.wrong(
        format!("the kernel holds nobody to {}: one tenant can take all of it", listed(&missing)),
        "boot with cgroup_enable=memory, or enable these controllers: `docker info` warns of each",
    )
}

fn swap(facts: &Facts) -> Finding {
    if facts.swap || !facts.memory {
        return SWAP.ok("swap counts");
    }
    let told = "the kernel does not count swap: a container may use twice its memory limit, the rest swapped out";
    SWAP.warning(told, "boot with swapaccount=1, or have no swap (swapoff -a)")
}

/// What containers are given.
const LOG_DRIVER: &str = "json-file";

fn logs(drivers: &[String]) -> Finding {
    if drivers.iter().any(|driver| driver == LOG_DRIVER) {
        return LOGS.ok(LOG_DRIVER);
    }
    LOGS.wrong(
        format!("the engine has no log driver {LOG_DRIVER}: no container starts"),
        "use an engine that has it built in",
    )
}

fn restart(live: bool) -> Finding {
    if live {
        return RESTART.ok("live-restore is on");
    }
    let told = "containers stop when the engine is restarted, as by an upgrade of its package";
    RESTART.warning(told, "set \"live-restore\": true in /etc/docker/daemon.json, then systemctl reload docker")
}

fn pools(facts: &Facts, pool: &str) -> Finding {
    let ours = pool.parse::<berth_docker::domain::Cidr>();
    let overlaps = |theirs: &&String| match (&ours, theirs.parse::<berth_docker::domain::Cidr>()) {
        (Ok(ours), Ok(theirs)) => ours.overlaps(theirs),
        _ => false,
    };
    match facts.pools.iter().find(overlaps) {
        Some(theirs) => POOLS.warning(
            format!("the engine gives its networks addresses of {theirs}, and site.subnet_pool is {pool}"),
            "set site.subnet_pool to a range of your own, or change default-address-pools in /etc/docker/daemon.json",
        ),
        None => POOLS.ok(format!("tenants' networks are made from {pool}")),
    }
}

/// Where the first that is missing can be had counts for all: a registry is asked once.
async fn images(context: &Context) -> Vec<Finding> {
    let Ok(images) = looks::images(&context.config) else { return Vec::new() };
    let engine = looks::engine(&context.config, &context.ambient);
    let (mut present, mut missing) = (0, Vec::new());
    for name in &images {
        let Ok(image) = name.parse::<ImageRef>() else { continue };
        match berth_docker::ports::Engine::image_find(&engine, &image).await {
            Ok(Some(_)) => present += 1,
            Ok(None) => missing.push(image),
            // That nobody answers is told already.
            Err(_) => return Vec::new(),
        }
    }
    let Some(first) = missing.first() else { return vec![judge_images(present, &[], None)] };
    let Ok(found) = engine.look_for_image(first).await else { return Vec::new() };
    let names: Vec<String> = missing.iter().map(ToString::to_string).collect();
    vec![judge_images(present, &names, Some(&found))]
}

fn judge_images(present: usize, missing: &[String], first: Option<&Image>) -> Finding {
    match (missing, first) {
        ([], _) => IMAGES.ok(format!("all {present} are there")),
        (missing, Some(Image::Present | Image::Pullable)) => {
            IMAGES.ok(format!("{present} are there, {} are pulled when they are asked for", missing.len()))
        }
        (missing, other) => {
            let said = match other {
                Some(Image::Nowhere(said)) => said.lines().next().unwrap_or_default(),
                _ => "",
            };
            IMAGES.warning(
                format!("{} {} not there, and no registry has {}: {said}", listed(missing), are(missing), missing[0]),
                format!("docker pull {}, load it, or build it from images/; its machine fails until then", missing[0]),
            )
        }
    }
}

const fn are(missing: &[String]) -> &'static str {
    if missing.len() == 1 { "is" } else { "are" }
}

#[cfg(test)]
mod tests {
    use kit::ErrorCode;

    use super::super::finding::Level;
    use super::super::testing::{is, only};
    use super::*;

    fn facts() -> Facts {
        Facts {
            version: "20.10.24".into(),
            api_version: "1.41".into(),
            storage: "overlay2".into(),
            cgroups: "2".into(),
            seccomp: true,
            memory: true,
            swap: true,
            cpu: true,
            pids: true,
            log_drivers: vec!["json-file".into()],
            live_restore: true,
            ..Facts::default()
        }
    }

    #[test]
    fn a_good_engine_is_well_in_all_respects() {
        let found = judge(&facts(), "10.200.0.0/14");
        assert!(found.iter().all(|finding| finding.level == Level::Ok), "{found:#?}");
    }

    #[test]
    fn what_an_engine_lacks_is_told_with_what_to_do() {
        is(&version(&Facts { api_version: "1.40".into(), ..facts() }), Level::Wrong, "20.10");
        is(&storage("vfs"), Level::Warning, "overlay2");
        is(&storage("devicemapper"), Level::Warning, "overlay2");
        is(&isolation(&Facts { rootless: true, ..facts() }), Level::Warning, "root");
        is(&isolation(&Facts { seccomp: false, ..facts() }), Level::Warning, "seccomp");
        let unlimited = limits(&Facts { memory: false, pids: false, ..facts() });
        is(&unlimited, Level::Wrong, "cgroup_enable=memory");
        assert!(unlimited.told.contains("memory and pids"), "{}", unlimited.told);
        is(&swap(&Facts { swap: false, ..facts() }), Level::Warning, "swapaccount=1");
        is(&logs(&["local".to_owned()]), Level::Wrong, "built in");
        is(&restart(false), Level::Warning, "live-restore");
        is(
            &pools(&Facts { pools: vec!["10.0.0.0/8".into()], ..facts() }, "10.200.0.0/14"),
            Level::Warning,
            "site.subnet_pool",
        );
        assert_eq!(pools(&Facts { pools: vec!["172.17.0.0/16".into()], ..facts() }, "10.200.0.0/14").level, Level::Ok);
    }

    #[test]
    fn an_engine_that_is_away_is_told_by_why() {
        let failure = |text: &str| Failure::of(ErrorCode::EngineUnavailable).operator(text);
        let of = |text: &str, host| away(&failure(text), host);
        is(&of("x", Some("unix:///nowhere/docker.sock")), Level::Wrong, "systemctl start docker");
        is(&of("Permission denied (os error 13)", Some("unix:///proc/version")), Level::Wrong, "group docker");
        is(&of("refused", Some("unix:///proc/version")), Level::Wrong, "journalctl");
        is(&of("refused", Some("tcp://far:2375")), Level::Wrong, "DOCKER_HOST");
    }

    #[test]
    fn images_are_there_or_can_be_had() {
        let missing = ["redis:7.4".to_owned(), "nginx:1".to_owned()];
        assert_eq!(judge_images(8, &[], None).level, Level::Ok);
        assert!(judge_images(6, &missing, Some(&Image::Pullable)).told.contains("2 are pulled"));
        is(
            &judge_images(6, &missing, Some(&Image::Nowhere("no route".into()))),
            Level::Warning,
            "docker pull redis:7.4",
        );
    }

    #[tokio::test]
    async fn the_real_engine_is_looked_at() {
        let context = super::super::testing::context("");
        let found = look(&context, None).await;
        assert_eq!(only(&found, "engine.reachable").level, Level::Ok);
        assert_eq!(only(&found, "engine.limits").level, Level::Ok);
    }
}
