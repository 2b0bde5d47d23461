//! One path of the control API with its methods: how it is answered, and what is said of it.
//!
//! The router, the index and the OpenAPI document are made from these, and what a call takes is read
//! off its handler's own arguments.

use axum::{
    Extension,
    extract::State,
    handler::Handler,
    http::Method,
    routing::{MethodFilter, MethodRouter},
};

#[cfg(feature = "console")]
use super::schema::{Schema, Schemas};
use super::{
    body::{JsonBody, OptionalBody, QueryOf, Segment, Segments, Text},
    schema::Shape,
};
use crate::{marks::Connection, mock::Mock};

/// What a call answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// An object with these members; a name that ends with `?` may be missing.
    Members(&'static [&'static str]),
    /// An object with these members and others beside them.
    AtLeast(&'static [&'static str]),
    /// Server-sent events.
    Events,
}

/// What a method of a path takes and answers.
#[cfg_attr(
    not(feature = "console"),
    expect(dead_code, reason = "nothing is described")
)]
#[derive(Clone, Debug)]
pub(super) struct Operation {
    pub(super) method: Method,
    pub(super) does: &'static str,
    pub(super) status: u16,
    pub(super) answer: Answer,
    #[cfg(feature = "console")]
    input: fn(&mut Schemas) -> Takes,
}

#[cfg(feature = "console")]
impl Operation {
    /// What it takes, its schemas made by `schemas`.
    pub(super) fn takes(&self, schemas: &mut Schemas) -> Takes {
        (self.input)(schemas)
    }
}

/// What a method takes beside the values in its path.
#[cfg(feature = "console")]
#[derive(Debug, Default)]
pub(super) struct Takes {
    /// An object, of which each member is a value of the query.
    pub(super) query: Option<Schema>,
    /// The body, and whether it has to be there.
    pub(super) body: Option<(Schema, bool)>,
}

/// A path of the control API.
pub(super) struct Path {
    /// Below `/_mock/v1`.
    pub(super) path: &'static str,
    pub(super) operations: Vec<Operation>,
    pub(super) route: MethodRouter<Mock>,
}

impl Path {
    pub(super) fn new(path: &'static str) -> Self {
        Self {
            path,
            operations: Vec::new(),
            route: MethodRouter::new(),
        }
    }

    fn on<H, T, A>(
        mut self,
        (filter, method, status): (MethodFilter, Method, u16),
        handler: H,
        does: &'static str,
        answer: Answer,
    ) -> Self
    where
        H: Handler<T, Mock> + Documented<A>,
        T: 'static,
    {
        self.operations.push(Operation {
            method,
            does,
            status,
            answer,
            #[cfg(feature = "console")]
            input: H::takes,
        });
        self.route = self.route.on(filter, handler);
        self
    }

    pub(super) fn get<H, T, A>(self, handler: H, does: &'static str, answer: Answer) -> Self
    where
        H: Handler<T, Mock> + Documented<A>,
        T: 'static,
    {
        self.on((MethodFilter::GET, Method::GET, 200), handler, does, answer)
    }

    pub(super) fn post<H, T, A>(self, handler: H, does: &'static str, answer: Answer) -> Self
    where
        H: Handler<T, Mock> + Documented<A>,
        T: 'static,
    {
        let how = (MethodFilter::POST, Method::POST, 200);
        self.on(how, handler, does, answer)
    }

    /// A POST that makes something, and so answers 201.
    pub(super) fn create<H, T, A>(self, handler: H, does: &'static str, answer: Answer) -> Self
    where
        H: Handler<T, Mock> + Documented<A>,
        T: 'static,
    {
        let how = (MethodFilter::POST, Method::POST, 201);
        self.on(how, handler, does, answer)
    }

    pub(super) fn put<H, T, A>(self, handler: H, does: &'static str, answer: Answer) -> Self
    where
        H: Handler<T, Mock> + Documented<A>,
        T: 'static,
    {
        self.on((MethodFilter::PUT, Method::PUT, 200), handler, does, answer)
    }

    pub(super) fn patch<H, T, A>(self, handler: H, does: &'static str, answer: Answer) -> Self
    where
        H: Handler<T, Mock> + Documented<A>,
        T: 'static,
    {
        let how = (MethodFilter::PATCH, Method::PATCH, 200);
        self.on(how, handler, does, answer)
    }

    pub(super) fn delete<H, T, A>(self, handler: H, does: &'static str, answer: Answer) -> Self
    where
        H: Handler<T, Mock> + Documented<A>,
        T: 'static,
    {
        let how = (MethodFilter::DELETE, Method::DELETE, 200);
        self.on(how, handler, does, answer)
    }
}

/// An argument of a handler, which may say what the call takes.
pub(super) trait Input {
    #[cfg(feature = "console")]
    fn describe(_: &mut Schemas, _: &mut Takes) {}
}

impl Input for State<Mock> {}
impl Input for Option<Extension<Connection>> {}
// What stands in a path is named there.
impl Input for Segment {}
impl Input for Segments {}

impl<T: Shape> Input for QueryOf<T> {
    #[cfg(feature = "console")]
    fn describe(schemas: &mut Schemas, takes: &mut Takes) {
        takes.query = Some(schemas.whole::<T>());
    }
}

impl<T: Shape> Input for JsonBody<T> {
    #[cfg(feature = "console")]
    fn describe(schemas: &mut Schemas, takes: &mut Takes) {
        takes.body = Some((schemas.named::<T>(), true));
    }
}

/// JSON that its handler reads by itself.
impl Input for Text {
    #[cfg(feature = "console")]
    fn describe(schemas: &mut Schemas, takes: &mut Takes) {
        takes.body = Some((schemas.named::<serde_json::Value>(), true));
    }
}

impl<T: Shape> Input for OptionalBody<T> {
    #[cfg(feature = "console")]
    fn describe(schemas: &mut Schemas, takes: &mut Takes) {
        takes.body = Some((schemas.named::<T>(), false));
    }
}

/// A handler whose arguments `A` say what the call takes.
pub(super) trait Documented<A> {
    #[cfg(feature = "console")]
    fn takes(schemas: &mut Schemas) -> Takes;
}

impl<F, R> Documented<()> for F
where
    F: FnOnce() -> R,
{
    #[cfg(feature = "console")]
    fn takes(_: &mut Schemas) -> Takes {
        Takes::default()
    }
}

macro_rules! documented {
    ($($argument:ident)+) => {
        impl<F, R, $($argument: Input),+> Documented<($($argument,)+)> for F
        where
            F: FnOnce($($argument),+) -> R,
        {
            #[cfg(feature = "console")]
            fn takes(schemas: &mut Schemas) -> Takes {
                let mut takes = Takes::default();
                $($argument::describe(schemas, &mut takes);)+
                takes
            }
        }
    };
}

documented!(One);
documented!(One Two);
documented!(One Two Three);
