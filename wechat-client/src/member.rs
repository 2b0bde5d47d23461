//! Member cards: how they are opened, and what a member has on them.

mod activate;
mod form;
mod update;

pub use activate::Activation;
pub use form::{
    ActivationForm, CommonField, FilledForm, FilledValue, FormLink, FormPart, RichField, RichKind,
};
pub use update::{
    Change, GeneralCardUpdate, Member, MemberUpdate, NotifyOptional, Sex, UpdatedUser,
};
