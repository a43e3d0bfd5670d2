//! Signatures as Standard Webhooks 1.0 has them: HMAC-SHA-256 of `id.timestamp.body`, in base64 behind `v1,`. While two
//! secrets sign, both signatures stand in the header with a blank between.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, Mac as _};
use kit::{Failure, Timestamp};
use sha2::Sha256;

use crate::domain::Secret;

/// The value of `webhook-signature`.
pub fn signatures(secrets: &[Secret], id: &str, at: Timestamp, body: &str) -> Result<String, Failure> {
    let signed = secrets.iter().map(|secret| signature(secret, id, at, body)).collect::<Result<Vec<_>, _>>()?;
    Ok(signed.join(" "))
}

fn signature(secret: &Secret, id: &str, at: Timestamp, body: &str) -> Result<String, Failure> {
    let mut mac = <Hmac<Sha256>>::new_from_slice(&secret.0).map_err(Failure::internal)?;
    mac.update(format!("{id}.{}.{body}", at.as_secs()).as_bytes());
    Ok(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification's reference libraries.
    #[test]
    fn a_signature_is_the_one_that_others_compute() {
        let secret = Secret(STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap());
        let at = Timestamp::from_micros(1_614_265_330_000_000);
        let signed = signatures(&[secret], "msg_p5jXN8AQM9LWM0D4loKWxJek", at, "{\"test\": 2432232314}").unwrap();
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn two_secrets_give_two_signatures() {
        let signed = signatures(&[Secret(vec![1; 32]), Secret(vec![2; 32])], "i", Timestamp::EPOCH, "{}").unwrap();
        let parts: Vec<&str> = signed.split(' ').collect();
        assert!(parts.len() == 2 && parts[0] != parts[1] && parts.iter().all(|part| part.starts_with("v1,")));
    }
}
