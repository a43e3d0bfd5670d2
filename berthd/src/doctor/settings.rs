//! Settings that contradict each other or this host, before anything is asked of a server.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use kit::ServiceName;

use super::context::Context;
use super::finding::{Check, Finding};
use super::table::{Area, Job};
use crate::config::{self, Config};
use crate::{process, wiring};

const BOUNDS: Check = Check::new("config.bounds", "Every value is within its bounds");
const STORES: Check =
    Check::new("config.stores", "Servers are named for the services that need them, and for no others");
const MAIL: Check = Check::new("config.mail", "A platform that others reach has a mail server");
const PUBLIC: Check = Check::new("config.public", "What is said of the outside fits together: proxies, addresses, TLS");
const PORTS: Check =
    Check::new("config.ports", "Ports of allocations are none that the host lends to outgoing connections");
const PUBLISH: Check = Check::new(
    "config.publish",
    "Allocations are published on an address of this host, and users are told one that they reach",
);

pub const AREA: Area = Area {
    name: "settings",
    when: "always; mail where notification, ports where the docker service is looked at",
    checks: &[BOUNDS, STORES, MAIL, PUBLIC, PORTS, PUBLISH],
    jobs,
};

fn jobs(context: &Arc<Context>) -> Vec<Job> {
    let context = context.clone();
    vec![Job::blocking(BOUNDS, move || {
        let config = &context.config;
        let mut findings = bounds(config);
        findings.extend(stores(&context));
        let listener = process::resolve(&config.listen).ok();
        if context.has(ServiceName::Notification) {
            findings.push(mail(config, listener));
        }
        findings.extend(public(config, listener));
        if context.has(ServiceName::Docker) {
            findings.push(ports(config.site.ports, config::ephemeral_ports()));
            findings.extend(publish(config, is_own));
        }
        findings
    })]
}

/// What each part says of its own settings.
fn bounds(config: &Config) -> Vec<Finding> {
    let told = |failure: &kit::Failure| failure.detail.trim_end_matches('.').to_owned();
    let parts = [
        config.user.validate().map_err(|failure| told(&failure)),
        config.notification.validate().map_err(|failure| told(&failure)),
        config.telemetry.validate(),
        config.validate().map_err(|error| error.to_string()),
        wiring::looks::settings(config).map_err(|failure| told(&failure)),
    ];
    let wrong: Vec<Finding> = parts
        .into_iter()
        .filter_map(Result::err)
        .map(|told| BOUNDS.wrong(told, "change it; docs/configuration.md says what it may be"))
        .collect();
    if wrong.is_empty() { vec![BOUNDS.ok("every value is within its bounds")] } else { wrong }
}

fn stores(context: &Context) -> Vec<Finding> {
    let config = &context.config;
    if context.is_embedded() {
        return vec![STORES.ok(format!("everything is kept in {}", config.data_dir.display()))];
    }
    let mut findings = Vec::new();
    for service in context.topology.apart() {
        if let Err(error) = config.apart(*service) {
            let advice =
                "set it, with the server's address, user and password; or start `berthd up`, which needs no server";
            findings.push(STORES.wrong(error.to_string(), advice).about(service));
        }
    }
    if config.kafka.brokers.is_none()
        && context.topology.apart().iter().any(|service| *service != ServiceName::Interact)
    {
        let told = "no Kafka is named, over which services in processes of their own tell each other what happened";
        findings.push(STORES.wrong(told, "set kafka.brokers (BERTH_KAFKA__BROKERS) to host:port of a few brokers"));
    }
    if config.redis.url.is_none() {
        let told = "no Redis is named: each replica counts requests and wrong codes for itself, so limits hold for one replica only";
        findings.push(STORES.warning(told, "set redis.url (BERTH_REDIS__URL) where a service has several replicas"));
    }
    if findings.is_empty() { vec![STORES.ok("every service has its servers")] } else { findings }
}

fn mail(config: &Config, listener: Option<SocketAddr>) -> Finding {
    let public = listener.is_some_and(|listener| config.is_public(listener.ip()));
    match (&config.smtp_url, public) {
        (Some(_), _) => MAIL.ok("mail goes to a server"),
        (None, true) if config.allow_file_mail => MAIL.warning(
            "others reach the platform and its mail ends in files: nobody who signs up from outside gets a code",
            "set smtp_url (BERTH_SMTP_URL), and remove allow_file_mail",
        ),
        (None, true) => MAIL.wrong(
            "others reach the platform and there is no mail server: it does not start so",
            "set smtp_url (BERTH_SMTP_URL) to smtps://user:password@host:465",
        ),
        (None, false) => MAIL.ok(format!("mail is written to files in {}", config.data_dir.join("mail").display())),
    }
}

fn public(config: &Config, listener: Option<SocketAddr>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let open = listener.is_some_and(|listener| !listener.ip().is_loopback());
    let url = config.notification.public_url.as_deref();
    let proxied = !config.limits.trusted_proxies.is_empty();
    if url.is_some_and(|url| url.starts_with("https://")) && !proxied {
        let told = "people come by https, so through a proxy, and none is trusted: all of them count as one address";
        findings.push(PUBLIC.warning(told, "set limits.trusted_proxies to the proxy's address"));
    }
    if open && url.is_some_and(|url| url.starts_with("http://")) {
        let told = "people come by http from other machines: passwords and tokens travel in the clear";
        findings
            .push(PUBLIC.warning(told, "put a proxy with TLS in front, and set notification.public_url to https://"));
    }
    if (open || proxied) && url.is_none() {
        let told = "others reach the platform, and its messages link to nothing";
        findings.push(PUBLIC.warning(told, "set notification.public_url (BERTH_NOTIFICATION__PUBLIC_URL)"));
    }
    let sms = config.notification.sms_url.as_deref();
    if sms.is_some_and(|url| url.starts_with("http://")) && config.notification.sms_token.is_some() {
        let told = "the gateway for text messages is told its token in the clear";
        findings.push(PUBLIC.warning(told, "set notification.sms_url to the gateway's https:// address"));
    }
    if findings.is_empty() {
        let told =
            if open || proxied { "it is reached from outside, and says so" } else { "only this machine reaches it" };
        findings.push(PUBLIC.ok(told));
    }
    findings
}

fn ports((first, last): (u16, u16), ephemeral: Option<(u16, u16)>) -> Finding {
    match ephemeral {
        Some((low, high)) if first <= high && low <= last => {
            let told = format!(
                "site.ports {first} to {last} overlaps {low} to {high}, which this host lends to outgoing connections: \
                 now and then a port will be taken"
            );
            let advice = if low > 21_024 {
                format!("set site.ports = [20000, {}], or sysctl net.ipv4.ip_local_port_range", (low - 1).min(29_999))
            } else {
                "sysctl -w net.ipv4.ip_local_port_range=\"32768 60999\"".to_owned()
            };
            PORTS.warning(told, advice)
        }
        _ => PORTS.ok(format!("{first} to {last}")),
    }
}

fn publish(config: &Config, is_own: impl Fn(IpAddr) -> bool) -> Vec<Finding> {
    let site = &config.site;
    let Ok(address) = site.publish_address.parse::<IpAddr>() else { return Vec::new() };
    if !is_own(address) {
        let told = format!("{address} is no address of this host: nothing could be published there");
        return vec![PUBLISH.wrong(told, "set site.publish_address to one that `ip address` shows, or to 0.0.0.0")];
    }
    let local = |host: &str| host == "localhost" || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback());
    if !address.is_loopback() && local(&site.public_host) {
        let told = format!(
            "allocations are published on {address}, and users are told to reach them at {}, their own machine",
            site.public_host
        );
        return vec![PUBLISH.warning(told, "set site.public_host to this host's name or address")];
    }
    vec![PUBLISH.ok(format!("on {address}, told as {}", site.public_host))]
}

/// Whether somebody could listen there.
fn is_own(address: IpAddr) -> bool {
    std::net::TcpListener::bind((address, 0)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::super::finding::Level;
    use super::super::testing::{config, context, context_of, is};
    use super::*;

    fn address(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    #[test]
    fn what_a_part_refuses_is_told_and_the_defaults_are_well() {
        assert_eq!(bounds(&config(""))[0].level, Level::Ok);
        let wrong = bounds(&config("mail_from = \"x\"\n[site]\nports = [9, 1]\n[notification]\nhold = \"1s\""));
        assert_eq!(wrong.len(), 3, "{wrong:#?}");
        for part in ["mail_from", "site.ports", "hold"] {
            assert!(wrong.iter().any(|finding| finding.level == Level::Wrong && finding.told.contains(part)), "{part}");
        }
    }

    #[test]
    fn services_of_their_own_need_their_servers() {
        assert_eq!(stores(&context(""))[0].level, Level::Ok);
        let missing = stores(&context("[kafka]\nbrokers = \"h:1\"\n[user]\ndatabase_url = \"mysql://h/d\""));
        let services: Vec<_> = missing.iter().filter_map(|finding| finding.subject.as_deref()).collect();
        assert_eq!(services, ["machines", "allocation", "feed", "verifier", "notification"]);
        is(missing.last().unwrap(), Level::Warning, "redis.url");
        let alone = stores(&context_of(&[ServiceName::Docker], "[redis]\nurl = \"redis://h\""));
        is(&alone[0], Level::Wrong, "kafka.brokers");
    }

    #[test]
    fn whoever_others_reach_needs_a_mail_server() {
        is(&mail(&config(""), Some(address("0.0.0.0:8080"))), Level::Wrong, "smtp_url");
        is(&mail(&config("allow_file_mail = true"), Some(address("0.0.0.0:8080"))), Level::Warning, "smtp_url");
        assert_eq!(mail(&config(""), Some(address("127.0.0.1:8080"))).level, Level::Ok);
        assert_eq!(mail(&config("smtp_url = \"smtp://h\""), Some(address("0.0.0.0:8080"))).level, Level::Ok);
    }

    #[test]
    fn what_is_said_of_the_outside_fits_together() {
        let of = |text: &str, listen: &str| public(&config(text), Some(address(listen)));
        assert_eq!(of("", "127.0.0.1:1")[0].level, Level::Ok);
        is(
            &of("[notification]\npublic_url = \"https://b\"", "127.0.0.1:1")[0],
            Level::Warning,
            "limits.trusted_proxies",
        );
        is(&of("[notification]\npublic_url = \"http://b\"", "0.0.0.0:1")[0], Level::Warning, "https://");
        is(&of("", "0.0.0.0:1")[0], Level::Warning, "notification.public_url");
        let gateway = "[notification]\nsms_url = \"http://g\"\nsms_token = \"t\"";
        is(&of(gateway, "127.0.0.1:1")[0], Level::Warning, "notification.sms_url");
    }

    #[test]
    fn ports_that_the_host_lends_are_told_with_a_range_that_fits() {
        is(&ports((30_000, 40_000), Some((32_768, 60_999))), Level::Warning, "site.ports = [20000, 29999]");
        is(&ports((20_000, 29_999), Some((1024, 65_535))), Level::Warning, "ip_local_port_range");
        assert_eq!(ports((20_000, 29_999), Some((32_768, 60_999))).level, Level::Ok);
        assert_eq!(ports((20_000, 29_999), None).level, Level::Ok);
    }

    #[test]
    fn an_address_that_is_not_ours_cannot_be_published_on() {
        let site = |text: &str| config(&format!("[site]\n{text}"));
        is(&publish(&site("publish_address = \"192.0.2.7\""), |_| false)[0], Level::Wrong, "ip address");
        is(&publish(&site("publish_address = \"192.0.2.7\""), |_| true)[0], Level::Warning, "site.public_host");
        assert_eq!(publish(&config(""), is_own)[0].level, Level::Ok);
        assert!(!is_own("192.0.2.7".parse().unwrap()));
    }
}
