//! Publishes the keys that access tokens are checked with.

use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpResponse, get, web};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use wire::{Problem, Problems};

use super::views::{KeySetView, KeyView};
use crate::domain::SigningKey;
use crate::use_cases::App;
use crate::use_cases::keys_publish::keys_publish;

/// Show the public keys.
#[utoipa::path(operation_id = "user_jwks_show", tag = "user",
    responses((status = 200, description = "The key set, the next key included", body = KeySetView), Problems))]
#[get("/.well-known/jwks.json")]
pub async fn handler(app: web::Data<App>) -> Result<HttpResponse, Problem> {
    let keys = keys_publish(&app).await?.into_iter().map(KeyView::from).collect();
    // Far below the hour that a key is published before its use.
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "public, max-age=300")).json(KeySetView { keys }))
}

impl From<SigningKey> for KeyView {
    fn from(key: SigningKey) -> Self {
        let x = URL_SAFE_NO_PAD.encode(key.public_key);
        Self { kty: "OKP", crv: "Ed25519", alg: "EdDSA", usage: "sig", kid: key.kid, x }
    }
}

#[cfg(test)]
mod tests {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    use jsonwebtoken::{Algorithm, DecodingKey, Validation};
    use serde_json::json;
    use wire::auth::Claims;

    use crate::testing::Server;

    #[actix_web::test]
    async fn a_token_checks_with_the_published_key() {
        let server = Server::start().await;
        let id = server.sign_up("ada").await.text("id");
        let token = server.token("ada").await;
        let keys = server.call("GET", "/user/.well-known/jwks.json", None, None).await;
        let key = &keys.body["keys"][0];
        assert_eq!((&key["kty"], &key["crv"], &key["alg"]), (&json!("OKP"), &json!("Ed25519"), &json!("EdDSA")));
        let header = jsonwebtoken::decode_header(&token).unwrap();
        assert_eq!(header.kid.as_deref(), key["kid"].as_str());
        assert_eq!(URL_SAFE_NO_PAD.decode(key["x"].as_str().unwrap()).unwrap().len(), 32);
        let decoding = DecodingKey::from_ed_components(key["x"].as_str().unwrap()).unwrap();
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_audience(&["berth"]);
        // The token is of the test's clock.
        validation.validate_exp = false;
        let claims = jsonwebtoken::decode::<Claims>(&token, &decoding, &validation).unwrap().claims;
        assert_eq!((claims.sub.to_string(), claims.rev, claims.exp - claims.iat), (id, 1, 900));
    }
}
