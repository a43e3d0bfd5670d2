//! The documented side of the endpoints: each is there under its path, and says whether it needs a token.

use actix_web::App;
use utoipa_actix_web::AppExt as _;

use crate::testing::Server;

#[actix_web::test]
async fn every_operation_is_documented_and_says_whether_it_needs_a_token() {
    let routes = Server::start().await.service.http.unwrap();
    let (_, document) = App::new().into_utoipa_app().configure(|config| routes(config)).split_for_parts();
    let document = serde_json::to_value(&document).unwrap();
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let open = operation["security"].is_null();
            found.push(format!("{method} {path} {} {}", operation["operationId"].as_str().unwrap(), u8::from(!open)));
        }
    }
    found.sort();
    let expected = [
        "delete /user/api-keys/{id} user_api_key_delete 1",
        "delete /user/me user_me_delete 1",
        "delete /user/sessions/{id} user_session_delete 1",
        "delete /user/{id} user_delete 1",
        "delete /user/{id}/admin user_admin_revoke 1",
        "delete /user/{id}/suspension user_resume 1",
        "get /user user_list 1",
        "get /user/.well-known/jwks.json user_jwks_show 0",
        "get /user/api-keys user_api_key_list 1",
        "get /user/audit user_audit_list 1",
        "get /user/me user_me_show 1",
        "get /user/me/audit user_me_audit_list 1",
        "get /user/me/export user_me_export 1",
        "get /user/sessions user_session_list 1",
        "get /user/{id} user_show 1",
        "patch /user/me user_me_update 1",
        "post /user/api-keys user_api_key_create 1",
        "post /user/login user_login 0",
        "post /user/logout user_logout 1",
        "post /user/me/email user_email_change 1",
        "post /user/me/password user_password_change 1",
        "post /user/otp user_otp 0",
        "post /user/password-reset user_password_reset 0",
        "post /user/refresh user_refresh 0",
        "post /user/signup user_signup 0",
        "post /user/verify user_verify 0",
        "post /user/{id}/admin user_admin_grant 1",
        "post /user/{id}/suspension user_suspend 1",
    ];
    assert_eq!(found, expected);
    let open_to_keys = scopes(&document);
    let expected = [
        "user_admin_grant admin:write",
        "user_admin_revoke admin:write",
        "user_audit_list admin:read",
        "user_delete admin:write",
        "user_list admin:read",
        "user_me_audit_list profile:read",
        "user_me_show profile:read",
        "user_me_update profile:write",
        "user_resume admin:write",
        "user_show admin:read",
        "user_suspend admin:write",
    ];
    assert_eq!(open_to_keys, expected);
    let schemas = document["components"]["schemas"].as_object().unwrap();
    for name in ["SignUp", "User", "Tokens", "Login", "SessionList", "Session", "UserChanges", "CodeRequest"] {
        assert!(schemas.contains_key(name), "{name} is not among {:?}", schemas.keys().collect::<Vec<_>>());
    }
}

/// The operations that API keys may call, with the scope that each needs.
fn scopes(document: &serde_json::Value) -> Vec<String> {
    let items = document["paths"].as_object().unwrap().values().flat_map(|item| item.as_object().unwrap().values());
    let scoped = items.filter_map(|operation| {
        let ways = operation["security"].as_array()?;
        let scope = ways.iter().find_map(|way| way["api_key"][0].as_str())?;
        Some(format!("{} {scope}", operation["operationId"].as_str()?))
    });
    let mut scoped: Vec<String> = scoped.collect();
    scoped.sort();
    scoped
}
