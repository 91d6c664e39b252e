//! Accounts, where they can be changed over the API.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::accounts::{Account, check_name};
use crate::app::{App, Inner, Turn};
use crate::extract::{Admin, Body, Names};
use crate::password;
use crate::refusal::{Answer, Refusal, Refusals};
use crate::types::{NewUser, UserChange, UserShown};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(users, add_user))
        .routes(routes!(change_user, remove_user))
}

/// All accounts.
#[utoipa::path(
    get, path = "/api/v1/users", tag = "users",
    responses((status = 200, body = Vec<UserShown>), Refusals)
)]
async fn users(State(app): State<App>, _: Admin) -> Answer<Json<Vec<UserShown>>> {
    let found = app.work(Turn::Question, |app| app.accounts.list()).await?;
    let shown = found.into_iter().map(|account| UserShown {
        user: account.user,
        role: account.role,
    });
    Ok(Json(shown.collect()))
}

/// Makes an account.
#[utoipa::path(
    post, path = "/api/v1/users", tag = "users", request_body = NewUser,
    params(("X-CSRF" = String, Header, description = "The `csrf` of /api/v1/me.")),
    responses((status = 201, body = UserShown), Refusals)
)]
async fn add_user(
    State(app): State<App>,
    Admin(who): Admin,
    Body(new): Body<NewUser>,
) -> Answer<(StatusCode, Json<UserShown>)> {
    check_name(&new.user).map_err(Refusal::Invalid)?;
    password::check(&new.password).map_err(Refusal::Invalid)?;
    let shown = UserShown {
        user: new.user.clone(),
        role: new.role,
    };
    let deed = who.does("add_user", &new.user, new.role.word().to_owned());
    app.command(Turn::Hash, deed, move |app| {
        // Before the work of hashing.
        if app.accounts.find(&new.user)?.is_some() {
            return Err(Refusal::Conflict(format!(
                "there is an account {:?}",
                new.user
            )));
        }
        let hash = hashed(app, &new.password)?;
        app.accounts.add(Account {
            user: new.user,
            role: new.role,
            hash,
        })
    })
    .await?;
    Ok((StatusCode::CREATED, Json(shown)))
}

/// Changes role, password or both of an account; it is logged out by another password.
#[utoipa::path(
    put, path = "/api/v1/users/{user}", tag = "users", request_body = UserChange,
    params(
        ("user" = String, Path, description = "The name of the account."),
        ("X-CSRF" = String, Header, description = "The `csrf` of /api/v1/me."),
    ),
    responses((status = 204, description = "It is changed."), Refusals)
)]
async fn change_user(
    State(app): State<App>,
    Admin(who): Admin,
    Names(user): Names<String>,
    Body(change): Body<UserChange>,
) -> Answer<StatusCode> {
    check_name(&user).map_err(Refusal::NotFound)?;
    if let Some(password) = &change.password {
        password::check(password).map_err(Refusal::Invalid)?;
    }
    let role = change.role.map_or("", crate::accounts::Role::word);
    let password = if change.password.is_some() {
        "another password"
    } else {
        ""
    };
    let deed = who.does(
        "change_user",
        &user,
        format!("{role} {password}").trim().to_owned(),
    );
    app.command(Turn::Hash, deed, move |app| {
        if app.accounts.find(&user)?.is_none() {
            return Err(Refusal::NotFound(format!("there is no account {user:?}")));
        }
        let hash = change
            .password
            .map(|password| hashed(app, &password))
            .transpose()?;
        app.accounts.change(&user, change.role, hash)
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes an account away; it is out at once.
#[utoipa::path(
    delete, path = "/api/v1/users/{user}", tag = "users",
    params(
        ("user" = String, Path, description = "The name of the account."),
        ("X-CSRF" = String, Header, description = "The `csrf` of /api/v1/me."),
    ),
    responses((status = 204, description = "It is gone."), Refusals)
)]
async fn remove_user(
    State(app): State<App>,
    Admin(who): Admin,
    Names(user): Names<String>,
) -> Answer<StatusCode> {
    check_name(&user).map_err(Refusal::NotFound)?;
    let deed = who.does("remove_user", &user, String::new());
    app.command(Turn::Question, deed, move |app| app.accounts.remove(&user))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

fn hashed(app: &Inner, password: &str) -> Answer<String> {
    let mut salt = [0; 16];
    if !app.around.fill(&mut salt) {
        return Err(Refusal::Unavailable(
            "the computer has no random numbers".to_owned(),
        ));
    }
    password::hash(password, &salt).map_err(Refusal::Unavailable)
}
