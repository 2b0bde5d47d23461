//! The routes, and what every call passes through.

use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware,
    routing::{get, patch, post},
};

mod auth;
mod body;
mod callback;
mod card_ext;
mod claims;
mod colors;
mod coupons;
mod csv;
mod drain;
mod error;
mod health;
mod history;
mod idempotent;
mod layers;
mod login;
mod page;
mod pushes;
mod reconcile;
mod redeem;
mod uploads;

use crate::state::AppState;

/// One line a route.
#[rustfmt::skip]
pub(crate) fn router(state: AppState) -> Router {
    Router::new()
        .route("/admin/v1/logos", post(uploads::logo))
        .route("/admin/v1/photos", post(uploads::photo))
        .route("/admin/v1/colors", get(colors::list))
        .route("/admin/v1/coupons", get(coupons::list).post(coupons::create))
        .route("/admin/v1/coupons/{id}", get(coupons::one).delete(coupons::withdraw))
        .route("/admin/v1/coupons/{id}/stock", patch(coupons::change_stock))
        .route("/admin/v1/codes/{code}/redeem", post(redeem::redeem))
        .route("/admin/v1/codes/{code}/void", post(redeem::void))
        .route("/admin/v1/claims", get(claims::list_all))
        .route("/admin/v1/history", get(history::list))
        .route("/admin/v1/reconcile", post(reconcile::run))
        .route("/admin/v1/reconciliations", get(reconcile::list))
        .route("/admin/v1/pushes", get(pushes::list))
        .route("/v1/login", post(login::login))
        .route("/v1/coupons", get(coupons::list_claimable))
        .route("/v1/coupons/{id}/card-ext", post(card_ext::sign))
        .route("/v1/claims", get(claims::list_mine).post(claims::claim))
        .route("/wechat/callback", get(callback::check).post(callback::take))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .fallback(layers::not_found)
        .method_not_allowed_fallback(layers::method_not_allowed)
        // Every reader of a body has a limit of its own.
        .layer(DefaultBodyLimit::disable())
        .layer(middleware::from_fn(layers::answer))
        .with_state(state)
}
