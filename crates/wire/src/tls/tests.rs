//! What a running process says of its certificate as the days go by.

use std::io;

use rcgen::string::Ia5String;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, SanType};
use testkit::{TestClock, until};

use super::*;

const DAY: Duration = Duration::from_secs(86_400);

/// What was logged. Its clones are one.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn times(&self, part: &str) -> usize {
        String::from_utf8_lossy(&self.0.lock().unwrap()).matches(part).count()
    }

    /// Of this thread, until the guard goes.
    fn listen(&self) -> tracing::subscriber::DefaultGuard {
        let log = self.clone();
        tracing::subscriber::set_default(tracing_subscriber::fmt().with_writer(move || log.clone()).finish())
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The feed's certificate, good from before the test's clock starts, on 2026-01-01, to the end of a day in that year.
fn write_certificates(directory: &Path, month: u8, day: u8) {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    std::fs::write(directory.join("ca.pem"), params.self_signed(&key).unwrap().pem()).unwrap();
    let issuer = Issuer::new(params, key);
    let mut params = CertificateParams::default();
    params.subject_alt_names = vec![SanType::URI(Ia5String::try_from("berth://service/feed").unwrap())];
    params.not_after = rcgen::date_time_ymd(2026, month, day);
    let key = KeyPair::generate().unwrap();
    let pem = params.signed_by(&key, &issuer).unwrap().pem() + &key.serialize_pem();
    std::fs::write(directory.join("feed.pem"), pem).unwrap();
}

#[tokio::test]
async fn a_certificate_that_comes_to_its_end_is_told_of_again_and_again_while_nobody_connects() {
    let (folder, clock, log) = (tempfile::tempdir().unwrap(), TestClock::default(), Log::default());
    let _guard = log.listen();
    write_certificates(folder.path(), 2, 1);
    let files = TlsFiles::in_directory(folder.path(), ServiceName::Feed);
    let tls = Tls::load(files, ServiceName::Feed, clock.ambient()).unwrap();
    tls.tell_every(Duration::from_millis(1));
    assert_eq!(log.times("holds until"), 0, "a month is long enough");
    clock.advance(20 * DAY);
    until(|| async { log.times("the certificate of feed holds until 2026-02-01") }, |times| *times > 2).await;
    clock.advance(20 * DAY);
    until(|| async { log.times("the certificate of feed expired at 2026-02-01") }, |times| *times > 2).await;
    write_certificates(folder.path(), 9, 1);
    until(|| async { log.times("read new certificates of feed") }, |times| *times == 1).await;
}

#[tokio::test]
async fn nothing_is_told_of_a_certificate_that_nobody_uses_any_more() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), TestClock::default());
    write_certificates(folder.path(), 2, 1);
    let files = TlsFiles::in_directory(folder.path(), ServiceName::Feed);
    let tls = Tls::load(files, ServiceName::Feed, clock.ambient()).unwrap();
    let shared = Arc::downgrade(&tls.0);
    tls.tell_every(Duration::from_millis(1));
    drop(tls);
    until(|| async { shared.strong_count() }, |count| *count == 0).await;
}
